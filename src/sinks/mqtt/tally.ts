import type { Entry, Receipt, Rejected } from '#plugin/api.ts';

/** Counts, entry by entry, what became of the rows of one delivery. */
export class Tally {
  readonly #entries: readonly Entry[];
  /** Rows of each entry that are neither confirmed, nor refused, nor left out. */
  readonly #open: Int32Array;
  readonly #confirmed: Int32Array;
  readonly #rejected: Rejected[] = [];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#open = Int32Array.from(entries, ({ batch }) => batch.rows);
    this.#confirmed = new Int32Array(entries.length);
  }

  confirmed(entry: number): void {
    this.#confirmed[entry] = (this.#confirmed[entry] as number) + 1;
    this.leftOut(entry);
  }

  leftOut(entry: number): void {
    this.#open[entry] = (this.#open[entry] as number) - 1;
  }

  rejected(entry: number, row: number, reason: string): void {
    this.#rejected.push({ seq: this.#entries[entry]?.seq ?? 0, row, reason });
    this.leftOut(entry);
  }

  /** What holds for the entries that are complete, up to the first that is not; undefined when that is the first. */
  receipt(): Receipt | undefined {
    let entries = 0;
    let rows = 0;
    while (this.#open[entries] === 0) rows += this.#confirmed[entries++] as number;
    const last = this.#entries[entries - 1];
    if (!last) return undefined;
    return { confirmed: last.seq, rows, rejected: this.#rejected.filter(({ seq }) => seq <= last.seq) };
  }
}
