/** Spells of the state that are told apart; beyond it the two oldest are joined, which keeps their sum exact. */
const SPELLS = 1024;

/**
 * How long a condition held within the last `lengthUs`. Time before the first known value, and time while it was
 * unknown, does not count; while it is unknown the answer is unknown.
 */
export class StateWindow {
  readonly lengthUs: number;
  #from: number[] = [];
  #to: number[] = [];
  /** Sum of the closed spells; whole µs, so that adding and taking away is exact. */
  #closedUs = 0;
  #sinceUs = Number.NaN;
  #state: boolean | undefined;
  #newestUs = Number.NEGATIVE_INFINITY;

  constructor(lengthUs: number) {
    this.lengthUs = lengthUs;
  }

  /** Goes on with the spells of another one of the same length, which is of no use afterwards. */
  adopt(earlier: StateWindow): void {
    this.#from = earlier.#from;
    this.#to = earlier.#to;
    this.#closedUs = earlier.#closedUs;
    this.#sinceUs = earlier.#sinceUs;
    this.#state = earlier.#state;
    this.#newestUs = earlier.#newestUs;
  }

  /** @param state undefined when unknown */
  update(timeUs: number, state: boolean | undefined): void {
    this.#newestUs = Math.max(timeUs, this.#newestUs);
    if (state === this.#state) return;
    if (this.#state === true) this.#close(this.#newestUs);
    if (state === true) this.#sinceUs = this.#newestUs;
    this.#state = state;
  }

  /** Seconds; NaN when unknown. */
  value(nowUs: number): number {
    if (this.#state === undefined) return Number.NaN;
    const endUs = Math.max(nowUs, this.#newestUs);
    const beginUs = endUs - this.lengthUs;
    this.#drop(beginUs);
    const cutUs = this.#from.length > 0 ? Math.max(0, beginUs - (this.#from[0] as number)) : 0;
    const openUs = this.#state ? endUs - Math.max(this.#sinceUs, beginUs) : 0;
    return (this.#closedUs - cutUs + openUs) / 1e6;
  }

  /** True while the value moves with time alone. */
  get moving(): boolean {
    if (this.#state === undefined) return false;
    return this.#from.length > 0 || (this.#state && this.#newestUs - this.#sinceUs < this.lengthUs);
  }

  /** Tells the window that time has passed, so that `moving` can end. */
  pass(nowUs: number): void {
    this.#newestUs = Math.max(nowUs, this.#newestUs);
    this.#drop(this.#newestUs - this.lengthUs);
  }

  #close(endUs: number): void {
    if (endUs <= this.#sinceUs) return;
    this.#from.push(this.#sinceUs);
    this.#to.push(endUs);
    this.#closedUs += endUs - this.#sinceUs;
    this.#drop(endUs - this.lengthUs);
    if (this.#from.length > SPELLS) this.#joinOldest();
  }

  /** Moves the oldest spell up to the next one: when it happened becomes less sharp, how long it was does not. */
  #joinOldest(): void {
    const lengthUs = (this.#to[0] as number) - (this.#from[0] as number);
    this.#from.shift();
    this.#to.shift();
    this.#from[0] = (this.#from[0] as number) - lengthUs;
  }

  #drop(beginUs: number): void {
    while (this.#to.length > 0 && (this.#to[0] as number) <= beginUs) {
      this.#closedUs -= (this.#to[0] as number) - (this.#from[0] as number);
      this.#from.shift();
      this.#to.shift();
    }
  }
}
