import * as z from 'zod';
import { topicProblem } from '#codec/mqtt/filter.ts';
import type { Json } from '#kernel/event.ts';
import { neverRetained } from '#wire/mqtt/command.ts';

/** What stands before a payload. */
export const Head = z.strictObject({
  topic: z.string().superRefine((text, context) => {
    const problem = topicProblem(text, false);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  }),
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
  retain: neverRetained,
});
/** An action in the site file. */
export const Fields = Head.extend({
  payload: z.json().default(null).describe('Text is sent as it is, everything else as JSON.'),
});

interface CheckedHead {
  readonly topic: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}
export type Message = CheckedHead & { readonly payload: Uint8Array };

/** Topics of rules are few; those that an expression makes may be any number. */
const MOST_TOPICS = 4096;

/** Makes messages of actions. What was checked or written once is kept: to do it each time costs more than to publish. */
export class Messages {
  readonly #known = new Map<string, Uint8Array>();
  /** Of actions that are the same each time. */
  readonly #fixed = new WeakMap<object, Message>();

  /** @returns with `reason` what is wrong with it */
  of(config: { readonly [field: string]: Json }): Message | { readonly reason: string } {
    const isFixed = Object.isFrozen(config);
    const made = isFixed ? this.#fixed.get(config) : undefined;
    if (made) return made;
    const head = this.#head(config);
    if ('reason' in head) return head;
    // The payload is JSON already: to check it again would cost more than all the rest.
    const { payload = null } = config;
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const message = { ...head, payload: Buffer.from(text) };
    if (isFixed) this.#fixed.set(config, message);
    return message;
  }

  #head(config: { readonly [field: string]: Json }): CheckedHead | { readonly reason: string } {
    const { topic: name, qos = 1, retain } = config;
    const topic = typeof name === 'string' ? this.#known.get(name) : undefined;
    const isPlain = (qos === 0 || qos === 1) && retain === undefined && hasFieldsOnly(config);
    if (topic && isPlain) return { topic, qos, retain: false };
    const { payload: _, ...head } = config;
    const fields = Head.safeParse(head);
    if (!fields.success) return { reason: z.prettifyError(fields.error) };
    const checked = { ...fields.data, topic: Buffer.from(fields.data.topic) };
    if (this.#known.size >= MOST_TOPICS) this.#known.clear();
    this.#known.set(fields.data.topic, checked.topic);
    return checked;
  }
}

function hasFieldsOnly(config: object): boolean {
  for (const field in config) if (!(field in Fields.shape)) return false;
  return true;
}
