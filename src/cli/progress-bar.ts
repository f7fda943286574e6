import { age, number } from '#cli/text.ts';

const EVERY_MS = 100;
const WIDTH = 30;

/** One line on a terminal that says how far something has come, how fast, and how long it will take; elsewhere nothing. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream;
  readonly #startMs = performance.now();
  #shownMs = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** @param part from 0 to 1 @param what the rows are */
  show(part: number, rows: number, rowsPerS: number, what = 'samples'): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || nowMs - this.#shownMs < EVERY_MS) return;
    this.#shownMs = nowMs;
    const full = Math.round(part * WIDTH);
    const leftMs = part > 0.01 ? ((nowMs - this.#startMs) * (1 - part)) / part : undefined;
    const left = leftMs === undefined ? '' : `, ${age(Math.round(leftMs))} left`;
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
    const rate = `${number(Math.round(rowsPerS))} ${what}/s`;
    this.#out.write(`\r\x1b[K${bar} ${Math.floor(part * 100)} %  ${number(rows)} ${what}, ${rate}${left}`);
  }

  clear(): void {
    if (this.#out.isTTY && this.#shownMs > 0) this.#out.write('\r\x1b[K');
  }
}
