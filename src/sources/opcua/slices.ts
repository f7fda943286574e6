import { messageOf } from '#kernel/fault.ts';

/** What a server that names no limit is asked for at once: many small ones refuse more. */
const MODEST = 100;
/** What servers answer to a request that was too large for them. */
const TOO_LARGE = /BadTooManyOperations|BadRequestTooLarge|BadResponseTooLarge|BadEncodingLimitsExceeded/;

/**
 * Asks in slices, one request after the other. A server that refuses a slice as too large is asked for half of it,
 * and for no more than that from then on: not every limit is announced (OPC UA Part 5, 6.3.11).
 */
export class Slices {
  #most: number;

  /** @param announced the server's limit of nodes in one request; 0 or absent where it names none */
  constructor(announced = 0) {
    this.#most = announced > 0 ? Math.min(announced, MODEST) : MODEST;
  }

  get most(): number {
    return this.#most;
  }

  /** One answer an item, in their order. @throws what `ask` throws, once a single item is too large as well */
  async all<T, A>(
    items: readonly T[],
    ask: (slice: T[]) => Promise<readonly A[]>,
    signal: AbortSignal,
  ): Promise<A[]> {
    const answers: A[] = [];
    while (answers.length < items.length) {
      signal.throwIfAborted();
      const slice = items.slice(answers.length, answers.length + this.#most);
      try {
        const got = await ask(slice);
        if (got.length !== slice.length)
          throw new Error(`${got.length} answers to ${slice.length} questions`);
        answers.push(...got);
      } catch (error) {
        if (slice.length === 1 || !TOO_LARGE.test(messageOf(error))) throw error;
        this.#most = Math.floor(slice.length / 2);
      }
    }
    return answers;
  }
}
