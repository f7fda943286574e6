import { MOST_CONTEXTS } from '#decide/detectors/visits.ts';

/** Longer ones are messages, and no names of anything. */
const LONGEST = 200;

/**
 * Numbers for the texts of a period, so that they fit into its columns. What is learned of it names the texts themselves:
 * the numbers mean nothing outside.
 */
export class Texts {
  /** By their numbers. */
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** That of a text that is too long, or one too many, is the number of none. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (text.length > LONGEST || this.all.length === MOST_CONTEXTS) return MOST_CONTEXTS;
    this.#numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}
