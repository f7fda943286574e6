interface Sample {
  readonly atUs: number;
  readonly gone: number;
  readonly come: number;
}

const WINDOW_US = 10_000_000;
const EVERY_US = 1_000_000;

/** How fast a backlog goes, from two counters that only rise: rows gone, and rows come. Memory of ten samples. */
export class DrainRate {
  #samples: Sample[] = [];

  /** @param atUs steady time */
  sample(atUs: number, gone: number, come: number): void {
    const last = this.#samples.at(-1);
    if (last && atUs - last.atUs < EVERY_US) return;
    this.#samples.push({ atUs, gone, come });
    while (this.#samples.length > 2 && atUs - (this.#samples[1]?.atUs ?? atUs) >= WINDOW_US)
      this.#samples.shift();
  }

  /**
   * @param rows in the backlog now
   * @returns rows gone a second over the last ten seconds, and the time until the backlog is empty while it shrinks
   */
  read(
    atUs: number,
    gone: number,
    come: number,
    rows: number,
  ): { readonly rowsPerS: number; readonly emptyInS: number | undefined } {
    const first = this.#samples[0];
    const seconds = first ? (atUs - first.atUs) / 1e6 : 0;
    if (!first || seconds <= 0) return { rowsPerS: 0, emptyInS: rows === 0 ? 0 : undefined };
    const rowsPerS = (gone - first.gone) / seconds;
    const net = rowsPerS - (come - first.come) / seconds;
    const emptyInS = rows === 0 ? 0 : net > 0 ? Math.round(rows / net) : undefined;
    return { rowsPerS: Math.round(rowsPerS), emptyInS };
  }
}
