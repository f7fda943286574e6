export interface TurnsLimits {
  /** Under way at once. */
  readonly atOnce: number;
  /** Whoever would have to wait longer is sent away at once: his own patience would end before. */
  readonly waitMs: number;
  /** Until it is known how long a turn takes. */
  readonly turnMs: number;
}

/** Sent away: there is a place for him in this time. */
export interface Later {
  readonly afterMs: number;
}

interface Waiting {
  begin(): void;
  isGone(): boolean;
}

/** What is known of how long turns take follows the last so many. */
const REMEMBERED = 32;
/** Whoever is told more than this would be gone for longer than the storm. */
const LONGEST_MS = 120_000;

/**
 * Lets in as many as can be served, keeps a short queue, and gives everybody else a time of his own to come again, one
 * after the other: thousands that come at once are served at the pace of the hub, and each only a few times.
 */
export class Turns {
  readonly #limits: TurnsLimits;
  readonly #nowMs: () => number;
  readonly #queue: Waiting[] = [];
  #underWay = 0;
  #turnMs: number;
  /** Places were given away up to there. */
  #promisedMs = 0;

  constructor(limits: TurnsLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#turnMs = limits.turnMs;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Time between two that are let in, as things go. */
  get #paceMs(): number {
    return this.#turnMs / this.#limits.atOnce;
  }

  /**
   * @param isGone asked before a turn is given to one who waited
   * @param begin called with how to give the turn back, once or more often; perhaps at once
   * @returns when to come again, where there is no turn for him
   */
  take(isGone: () => boolean, begin: (done: () => void) => void): Later | undefined {
    if (this.#underWay < this.#limits.atOnce) {
      this.#begin(begin);
      return undefined;
    }
    if ((this.#queue.length + 1) * this.#paceMs > this.#limits.waitMs) return this.#later();
    this.#queue.push({ isGone, begin: () => this.#begin(begin) });
    return undefined;
  }

  #later(): Later {
    const nowMs = this.#nowMs();
    this.#promisedMs = Math.max(this.#promisedMs, nowMs + this.#limits.waitMs) + this.#paceMs;
    return { afterMs: Math.min(LONGEST_MS, this.#promisedMs - nowMs) };
  }

  #begin(begin: (done: () => void) => void): void {
    this.#underWay++;
    const atMs = this.#nowMs();
    let isOver = false;
    begin(() => {
      if (isOver) return;
      isOver = true;
      this.#underWay--;
      this.#turnMs += (this.#nowMs() - atMs - this.#turnMs) / REMEMBERED;
      this.#next();
    });
  }

  #next(): void {
    while (this.#underWay < this.#limits.atOnce) {
      const next = this.#queue.shift();
      if (!next) return;
      if (!next.isGone()) next.begin();
    }
  }
}
