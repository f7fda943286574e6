import type { BacktestTally } from '#contract/backtest.ts';

/** More than a picture can show; how often and how long is counted on. */
const MOST_SPANS = 20_000;

/** When something was on, within a span of time. */
export class Activity {
  readonly #fromUs: number;
  readonly #spans: number[] = [];
  #count = 0;
  #refused = 0;
  #firstUs: number | undefined;
  #lastUs: number | undefined;
  #activeUs = 0;
  #onSinceUs: number | undefined;
  #known = false;

  constructor(fromUs: number) {
    this.#fromUs = fromUs;
  }

  /** It goes from one state to another. The first change tells how it was until then. */
  change(was: boolean, is: boolean, timeUs: number): void {
    if (!this.#known && was) this.#onSinceUs = this.#fromUs;
    this.#known = true;
    if (is === (this.#onSinceUs !== undefined)) return;
    if (is) {
      this.#onSinceUs = Math.max(timeUs, this.#fromUs);
      if (timeUs >= this.#fromUs) this.#seen(timeUs);
    } else this.#end(timeUs);
  }

  /** Something that takes no time. */
  moment(timeUs: number, refused: boolean): void {
    if (timeUs < this.#fromUs) return;
    this.#seen(timeUs);
    if (refused) this.#refused++;
    this.#span(timeUs, timeUs);
  }

  tally(toUs: number, isMoment: boolean): BacktestTally {
    this.#end(toUs);
    const [firstUs, lastUs] = [this.#firstUs, this.#lastUs];
    const rest = { count: this.#count, firstUs, lastUs, spans: this.#spans };
    return isMoment ? { ...rest, refused: this.#refused } : { ...rest, activeUs: this.#activeUs };
  }

  #seen(timeUs: number): void {
    this.#count++;
    this.#firstUs ??= timeUs;
    this.#lastUs = timeUs;
  }

  #end(timeUs: number): void {
    const fromUs = this.#onSinceUs;
    this.#onSinceUs = undefined;
    if (fromUs === undefined || timeUs <= fromUs) return;
    this.#activeUs += timeUs - fromUs;
    this.#span(fromUs, timeUs);
  }

  #span(fromUs: number, toUs: number): void {
    if (this.#spans.length < 2 * MOST_SPANS) this.#spans.push(fromUs, toUs);
  }
}
