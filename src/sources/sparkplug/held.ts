import type { MessageType } from './topic.ts';

/** A message that waits for those before it. */
export interface HeldMessage {
  readonly type: MessageType;
  readonly device: string | undefined;
  readonly seq: number;
  /** ms since 1970; NaN without one. */
  readonly time: number;
  readonly metrics: number;
  readonly payload: Uint8Array;
}

/** Sequence numbers wrap from 255 to 0 (Sparkplug 3.0, 6.4.3). */
export const nextSeq = (seq: number): number => (seq + 1) & 0xff;

/** How many messages after `from` this one comes, if it is not from before. */
const ahead = (from: number, seq: number): number => (seq - from) & 0xff;

/** Messages of one node that overtook others, bounded. */
export class Held {
  #messages: HeldMessage[] = [];
  #bytes = 0;

  get count(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(message: HeldMessage): void {
    this.#messages.push(message);
    this.#bytes += message.payload.length;
  }

  /** Takes the message of this number out, if it is there. */
  take(seq: number): HeldMessage | undefined {
    const place = this.#messages.findIndex((message) => message.seq === seq);
    if (place < 0) return undefined;
    const [message] = this.#messages.splice(place, 1);
    this.#bytes -= message?.payload.length ?? 0;
    return message;
  }

  /** Number of the first one that can follow. */
  first(expected: number): number {
    const [head, ...rest] = this.#messages;
    return rest.reduce(
      (best, { seq }) => (ahead(expected, seq) < ahead(expected, best) ? seq : best),
      head?.seq ?? expected,
    );
  }

  /** Takes all out, in the order of their arrival. */
  clear(): readonly HeldMessage[] {
    const all = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return all;
  }

  /** Takes out what was sent before the birth: all but the unbroken row behind it that is no older than it. */
  before(birthSeq: number, birthTime: number): readonly HeldMessage[] {
    const follows = new Set<HeldMessage>();
    for (let seq = nextSeq(birthSeq); follows.size < this.#messages.length; seq = nextSeq(seq)) {
      const next = this.#messages.find((message) => message.seq === seq && !(message.time < birthTime));
      if (!next || follows.has(next)) break;
      follows.add(next);
    }
    const old = this.#messages.filter((message) => !follows.has(message));
    this.#messages = [...follows];
    this.#bytes = this.#messages.reduce((sum, { payload }) => sum + payload.length, 0);
    return old;
  }
}
