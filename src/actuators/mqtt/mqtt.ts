import { hostname } from 'node:os';
import * as z from 'zod';
import { topicProblem } from '#codec/mqtt/filter.ts';
import type { Json } from '#kernel/event.ts';
import { type Fault, messageOf } from '#kernel/fault.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps } from '#plugin/api.ts';
import { notSent } from '#plugin/not-sent.ts';
import { readSecret } from '#plugin/secret.ts';
import { expiryS, neverRetained } from '#wire/mqtt/command.ts';
import { connectionFields } from '#wire/mqtt/config.ts';
import { confirmation } from '#wire/mqtt/confirmation.ts';
import { openSession, type Session, type SessionEvents } from '#wire/mqtt/session.ts';

const Config = z.strictObject({
  ...connectionFields,
  confirmTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(5000)
    .describe("Wait for the broker's confirmation of a QoS 1 message; after it the result is unknown."),
});
type Config = z.output<typeof Config>;

const Head = z.strictObject({
  topic: z.string().superRefine((text, context) => {
    const problem = topicProblem(text, false);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  }),
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
  retain: neverRetained,
});
const Fields = Head.extend({
  payload: z.json().default(null).describe('Text is sent as it is, everything else as JSON.'),
});

/** Publishes messages. Done means: the broker confirmed it (QoS 1), or it left this process (QoS 0). */
export const mqttActuator: ActuatorDef<typeof Config> = {
  kind: 'mqtt',
  config: Config,
  action: Fields,
  notice: {
    fields: Head,
    render: ({ subject, text, detail }, fields) => ({
      ...(fields as z.output<typeof Head>),
      payload: { subject, text, ...detail },
    }),
  },
  async open(config, deps, signal) {
    const publisher = new Publisher(config, deps);
    await publisher.connected(signal); // an unreachable broker should show at once, not at the first alarm
    return publisher;
  },
};

class Publisher implements Actuator {
  readonly #config: Config;
  readonly #deps: Deps;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;

  constructor(config: Config, deps: Deps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** @throws Fault `actuator.not-sent` when there is no session: the action may be given again */
  async act(action: Action, signal: AbortSignal): Promise<ActionResult> {
    // The payload is JSON already: to check it again would cost more than all the rest.
    const { payload = null, ...head } = action.config as { readonly [field: string]: Json };
    const fields = Head.safeParse(head);
    if (!fields.success) return { state: 'failed', reason: z.prettifyError(fields.error) };
    const { topic, qos, retain } = fields.data;
    const session = await this.connected(signal).catch((cause) => {
      throw notSent(cause);
    });
    const nowUs = this.#deps.clock.steadyUs();
    if (nowUs >= action.deadlineUs) return { state: 'failed', reason: 'too late' };
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    let answer: Promise<number> | undefined;
    try {
      answer = session.publish({
        topic: Buffer.from(topic),
        payload: bytes,
        qos,
        retain,
        expiryS: expiryS(action.deadlineUs, nowUs),
      });
    } catch (error) {
      return { state: 'failed', reason: messageOf(error) };
    }
    if (!answer) return { state: 'done' };
    const { confirmTimeoutMs } = this.#config;
    // That nobody listens just now is no failure of a message, as against a write to a device.
    const result = await confirmation(answer, confirmTimeoutMs, this.#deps.clock, signal, true);
    if (result.state === 'done') return result;
    return { state: result.state === 'unknown' ? 'unknown' : 'failed', reason: result.reason };
  }

  /** The session, opened again where it was lost; callers at the same time share the attempt. */
  connected(signal: AbortSignal): Promise<Session> {
    if (this.#session) return Promise.resolve(this.#session);
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const { clock, id } = this.#deps;
    const events: SessionEvents = {
      chunk() {},
      message() {}, // nothing is subscribed
      oversized() {},
      chunkDone() {},
      lost: (fault: Fault) => {
        this.#session = undefined;
        this.#deps.log.warn({ actuator: id, code: fault.code }, fault.message);
      },
    };
    const options = {
      connection: this.#config,
      clientId: this.#config.clientId ?? `holdfast-${hostname()}-${id}-out`,
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: 1,
      maxPacketBytes: 65_536,
      password: await readSecret('password', this.#config.passwordEnv, this.#config.passwordFile),
    };
    this.#session = await openSession(options, events, clock, signal);
    return this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
  }
}
