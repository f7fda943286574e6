import type { Json } from '#contract/client.ts';
import { Quality } from '#kernel/quality.ts';
import { siteNowMs } from '../../data/clock.ts';
import { firstFrom } from './compose.ts';
import { type Piece, pieceOf } from './piece.ts';

/** The code of a quality by its name; that of a reason without a name is in it. */
export function codeOf(name: string): number {
  const code = Quality[name as keyof typeof Quality];
  return code ?? Number.parseInt(/0x([0-9a-f]{4})/.exec(name)?.[1] ?? '8000', 16);
}

/** What the stream told of one line since the past was asked last. */
export class Tail {
  #times: number[] = [];
  #values: Json[] = [];
  #qualities: number[] = [];

  /** A sample that is not newer than the last one says nothing new. */
  add(time: number, value: Json, quality: number): void {
    const last = this.#times.at(-1);
    if (last !== undefined && time <= last) return;
    this.#times.push(time);
    this.#values.push(value);
    this.#qualities.push(quality);
  }

  /** The past has it until then; the last value before holds on. */
  dropBefore(time: number): void {
    const needless = firstFrom(this.#times, time) - 1;
    if (needless < 0) return;
    for (const column of [this.#times, this.#values, this.#qualities]) column.splice(0, needless);
    if ((this.#times[0] as number) < time) this.#times[0] = time;
  }

  /** Behind everything that the past has: shown only where that says nothing yet. */
  piece(): Piece | undefined {
    const [from] = this.#times;
    if (from === undefined) return undefined;
    const to = Math.max(siteNowMs() / 1000, this.#times.at(-1) as number);
    const series = {
      tag: '',
      timeUs: this.#times.map((time) => time * 1e6),
      value: this.#values,
      quality: this.#qualities,
    };
    const answers = { series, known: undefined, gaps: [], before: undefined };
    return { ...pieceOf(answers, { from, to }, 1), stepS: Number.POSITIVE_INFINITY };
  }
}
