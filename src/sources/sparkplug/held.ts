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
  /** Number that was expected when it came. */
  readonly expected: number;
  /** Wall clock at its arrival. */
  readonly sinceUs: number;
  /** Steady time at which it has waited long enough. */
  readonly untilUs: number;
}

/** Sequence numbers wrap from 255 to 0 (Sparkplug 3.0, 6.4.3). */
export const nextSeq = (seq: number): number => (seq + 1) & 0xff;

/** How many messages after `from` this one comes, if it is not from before. */
const ahead = (from: number, seq: number): number => (seq - from) & 0xff;

/** A number is taken to lie behind where it is less far than ahead: they wrap. */
export const isBehind = (next: number, seq: number): boolean => ahead(next, seq) >= 128;

/** Whether the others went on without a message that waits: it came twice, or is of before the birth. */
export const isPast = ({ expected, time, seq }: HeldMessage, next: number, birthTime: number): boolean =>
  expected !== next && (time < birthTime || isBehind(next, seq));

/** A birth has the number 0 (6.4.3): is that among those from `expected` to before `first`? */
export const mayMissBirth = (expected: number, first: number): boolean => first < expected || expected === 0;

/** Data messages in the order of their numbers, so far as it can be told. */
export const dataInOrder = (messages: readonly HeldMessage[], expected: number): readonly HeldMessage[] =>
  messages
    .filter(({ type }) => type === 'NDATA' || type === 'DDATA')
    .sort((a, b) => ahead(expected, a.seq) - ahead(expected, b.seq));

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

  /** Steady time at which the first of them has waited long enough; Infinity for none. */
  get untilUs(): number {
    return this.#messages.reduce((least, { untilUs }) => Math.min(least, untilUs), Number.POSITIVE_INFINITY);
  }

  /** Wall clock at the arrival of the first of them. */
  get sinceUs(): number | undefined {
    return this.#messages[0]?.sinceUs;
  }

  /** Takes out those of which something is true, in the order of their arrival. */
  takeAll(isMeant: (message: HeldMessage) => boolean): readonly HeldMessage[] {
    const taken = this.#messages.filter(isMeant);
    this.#keep(this.#messages.filter((message) => !taken.includes(message)));
    return taken;
  }

  /** Takes all out, in the order of their arrival. */
  clear(): readonly HeldMessage[] {
    const all = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return all;
  }

  /** Takes out all but the unbroken row behind a birth that is no older than it. */
  notAfter(birthSeq: number, birthTime: number): readonly HeldMessage[] {
    const follows = new Set<HeldMessage>();
    for (let seq = nextSeq(birthSeq); follows.size < this.#messages.length; seq = nextSeq(seq)) {
      const next = this.#messages.find((message) => message.seq === seq && !(message.time < birthTime));
      if (!next || follows.has(next)) break;
      follows.add(next);
    }
    return this.takeAll((message) => !follows.has(message));
  }

  #keep(messages: HeldMessage[]): void {
    this.#messages = messages;
    this.#bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
  }
}
