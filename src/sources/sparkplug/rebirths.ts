/** Requests at once before the limit over all nodes holds. */
const BURST = 5;
/** A pause grows up to this, or to the one that the configuration gives where that is longer. */
const LONGEST_US = 3600e6;
/** A node that needed none for so many pauses begins with a short one again. */
const QUIET_PAUSES = 4;
/** A birth after which all was well for so long has helped. */
const HELPED_US = 10e6;
/** Nodes remembered from one session to the next, beside those that must not be asked yet. */
const MOST_KEPT = 10_000;

interface Asked {
  /** A message of it came, in this session or an earlier one. */
  isHeard: boolean;
  pauseUs: number;
  lastUs: number;
  /** Its last birth. */
  bornUs: number;
  /** Steady time at which it may be asked; undefined while it need not. */
  dueUs: number | undefined;
}

export interface RebirthLimits {
  /** Least pause between two requests to one node. */
  readonly everyMs: number;
  readonly perMinute: number;
}

/**
 * When to ask which node for a birth (Sparkplug 3.0, 6.4.20). A birth is the largest message of a node, and a thing that
 * is wrong with one is often wrong with all: without limits the host would be the storm.
 */
export class Rebirths {
  #limits: RebirthLimits;
  readonly #nodes = new Map<string, Asked>();
  #tokens = BURST;
  #filledUs: number;

  constructor(limits: RebirthLimits, nowUs: number) {
    this.#limits = limits;
    this.#filledUs = nowUs;
  }

  use(limits: RebirthLimits): void {
    this.#limits = limits;
  }

  /**
   * A session begins. What was wanted is void, but when each node was asked last still holds: a line that breaks every few
   * seconds would make a storm otherwise. A session that broke is no sign that asking does not help: pauses are short again.
   */
  begin(limits: RebirthLimits, nowUs: number): void {
    this.#limits = limits;
    const baseUs = limits.everyMs * 1000;
    for (const [node, asked] of this.#nodes) {
      asked.pauseUs = baseUs;
      asked.dueUs = undefined;
      const isFree = nowUs - asked.lastUs >= baseUs;
      if (isFree && this.#nodes.size > MOST_KEPT) this.#nodes.delete(node);
    }
  }

  /** A birth of the node is wanted, not before a steady time. @returns whether that is new */
  want(node: string, nowUs: number, notBeforeUs = nowUs): boolean {
    const baseUs = this.#limits.everyMs * 1000;
    const asked = this.#nodes.get(node);
    if (!asked) {
      this.#nodes.set(node, { ...never(baseUs), dueUs: notBeforeUs });
      return true;
    }
    if (asked.dueUs !== undefined) return false;
    const hasHelped = asked.bornUs >= asked.lastUs && nowUs - asked.bornUs >= HELPED_US;
    if (hasHelped || nowUs - asked.lastUs > asked.pauseUs * QUIET_PAUSES) asked.pauseUs = baseUs;
    asked.dueUs = Math.max(notBeforeUs, asked.lastUs + asked.pauseUs);
    return true;
  }

  /** Nothing is to be asked for now. The pause stays, or nodes that are never right would be a storm. */
  born(node: string, nowUs: number): void {
    this.settled(node);
    const asked = this.#nodes.get(node);
    if (asked) asked.bornUs = nowUs;
  }

  /** It is gone: nothing is to be asked. */
  settled(node: string): void {
    const asked = this.#nodes.get(node);
    if (asked) asked.dueUs = undefined;
  }

  /** A message of it came. Its very first: what was asked before, nobody may have heard, and does not count. */
  heard(node: string): void {
    if (this.#nodes.get(node)?.isHeard) return;
    this.#nodes.set(node, { ...never(this.#limits.everyMs * 1000), isHeard: true });
  }

  /** Nodes to ask now. */
  take(nowUs: number): readonly string[] {
    this.#fill(nowUs);
    const due = [...this.#nodes]
      .filter(([, asked]) => asked.dueUs !== undefined && asked.dueUs <= nowUs)
      .sort(([, a], [, b]) => (a.dueUs as number) - (b.dueUs as number))
      .slice(0, Math.floor(this.#tokens));
    this.#tokens -= due.length;
    const mostUs = Math.max(LONGEST_US, this.#limits.everyMs * 1000);
    for (const [, asked] of due) {
      if (Number.isFinite(asked.lastUs)) asked.pauseUs = Math.min(mostUs, asked.pauseUs * 2);
      asked.lastUs = nowUs;
      asked.dueUs = undefined;
    }
    return due.map(([node]) => node);
  }

  /** When `take` has something to give next; Infinity while nothing is wanted. */
  nextUs(nowUs: number): number {
    this.#fill(nowUs);
    const wanted = [...this.#nodes.values()].map(({ dueUs }) => dueUs ?? Number.POSITIVE_INFINITY);
    const dueUs = wanted.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const tokenUs = this.#tokens >= 1 ? nowUs : nowUs + (1 - this.#tokens) * this.#perTokenUs;
    return Math.max(dueUs, tokenUs);
  }

  get #perTokenUs(): number {
    return 60e6 / this.#limits.perMinute;
  }

  #fill(nowUs: number): void {
    this.#tokens = Math.min(BURST, this.#tokens + (nowUs - this.#filledUs) / this.#perTokenUs);
    this.#filledUs = nowUs;
  }
}

const never = (pauseUs: number): Asked => ({
  isHeard: false,
  pauseUs,
  lastUs: Number.NEGATIVE_INFINITY,
  bornUs: Number.NEGATIVE_INFINITY,
  dueUs: undefined,
});

const memories = new WeakMap<object, Rebirths>();

/**
 * The one memory of a source, for a session that begins.
 * @param owner what is the same in each of its sessions: its load
 */
export function rebirthsOf(owner: object, limits: RebirthLimits, nowUs: number): Rebirths {
  const known = memories.get(owner) ?? new Rebirths(limits, nowUs);
  memories.set(owner, known);
  known.begin(limits, nowUs);
  return known;
}
