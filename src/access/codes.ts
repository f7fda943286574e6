import { digestOf, newCode, plainCode } from '#access/secrets.ts';
import type { Clock } from '#kernel/clock.ts';

/** 80 bits, for some hours. */
const GROUPS = 4;

/**
 * Codes that open something once, within some time, and in this run of the site only: they are kept in memory.
 * @typeParam T what a code is good for
 */
export class OneTimeCodes<T> {
  readonly #clock: Pick<Clock, 'steadyUs'>;
  readonly #codes = new Map<string, { readonly what: T; readonly untilUs: number }>();

  constructor(clock: Pick<Clock, 'steadyUs'>) {
    this.#clock = clock;
  }

  make(what: T, validForMs: number): string {
    const code = newCode(GROUPS);
    const untilUs = this.#clock.steadyUs() + validForMs * 1000;
    this.#codes.set(digestOf(plainCode(code)), { what, untilUs });
    return code;
  }

  /**
   * Uses a code up for some work; where that throws, the code stays.
   * @param fits whether it is good for what is asked @returns undefined where there is no such code any more
   */
  async use<R>(
    code: string,
    fits: (what: T) => boolean,
    work: (what: T) => R | Promise<R>,
  ): Promise<R | undefined> {
    const digest = digestOf(plainCode(code));
    const found = this.#codes.get(digest);
    if (!found || this.#clock.steadyUs() >= found.untilUs || !fits(found.what)) return undefined;
    this.#codes.delete(digest); // before the work: twice at once is once
    try {
      return await work(found.what);
    } catch (error) {
      this.#codes.set(digest, found);
      throw error;
    }
  }

  /** Ends all that are good for this. */
  clear(which: (what: T) => boolean): void {
    for (const [digest, { what }] of this.#codes) if (which(what)) this.#codes.delete(digest);
  }
}
