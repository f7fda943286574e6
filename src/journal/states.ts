import type { Json } from '#kernel/event.ts';

/**
 * The newest text of every state, to be written again should the database break. While that of the last run is not
 * known nothing is to be written: a site without its tag-outs would store that there are none.
 */
export class States {
  readonly #texts = new Map<string, string>();
  #unread: string | undefined;

  /** @param unread why the state of the last run could not be read */
  constructor(stored: ReadonlyMap<string, Json>, unread: string | undefined) {
    for (const [key, value] of stored) this.#texts.set(key, JSON.stringify(value));
    this.#unread = unread;
  }

  get unread(): string | undefined {
    return this.#unread;
  }

  /** @returns whether it is news that is to be written */
  set(key: string, text: string | undefined): boolean {
    if (this.#texts.get(key) === text) return false;
    if (text === undefined) this.#texts.delete(key);
    else this.#texts.set(key, text);
    return this.#unread === undefined;
  }

  giveUp(): void {
    this.#unread = undefined;
  }

  /** All that is to be written. */
  *[Symbol.iterator](): Iterator<readonly [key: string, text: string]> {
    if (this.#unread === undefined) yield* this.#texts;
  }
}
