import type { Comparison, Threshold } from '#decide/expressions/threshold.ts';
import type { ConditionSink } from '#decide/sink.ts';
import { isBad, isLost, Quality } from '#kernel/quality.ts';

/** A threshold and whom it serves. */
export interface ThresholdEntry {
  /** Unique; the same for the same condition of another compilation. */
  readonly name: string;
  readonly threshold: Threshold;
  /** Once true, it stays true until the value is this far inside the limit; for orders only. */
  readonly deadband: number;
  readonly sink: ConditionSink;
  /** Whether it was true when last known: the deadband starts from there. */
  readonly held: boolean;
}

/** Bits of a state. Held stays as it was while the input is unknown. */
const HELD = 1;
const UNKNOWN = 2;
const WAITING = 4;
/** Unknown because the input cannot be reached. */
const LOST = 8;

/**
 * All conditions that compare one tag with a constant, by column. A comparison is a closed interval that the value
 * lies in or not, so that one loop without branches on the operator serves all; a second interval, wider by the
 * deadband, holds while the condition is true.
 */
export class Thresholds {
  /** Thresholds of tag t are at places first[t] to first[t + 1]. */
  readonly first: Int32Array;
  readonly #names: readonly string[];
  readonly #sinks: readonly ConditionSink[];
  /** Four for each: low and high while false, low and high while true. */
  readonly #bounds: Float64Array;
  /** 1 where the value must lie outside. */
  readonly #outside: Uint8Array;
  readonly #state: Uint8Array;

  /** @param tags one more than the highest tag number that is concerned */
  constructor(entries: readonly ThresholdEntry[], tags: number) {
    const sorted = entries.map((entry, i) => ({ entry, i }));
    sorted.sort((a, b) => a.entry.threshold.tag - b.entry.threshold.tag || a.i - b.i);
    this.first = new Int32Array(tags + 1);
    for (const { threshold } of entries) (this.first[threshold.tag + 1] as number)++;
    for (let tag = 0; tag < tags; tag++) this.first[tag + 1] = this.#sum(tag);
    this.#names = sorted.map(({ entry }) => entry.name);
    this.#sinks = sorted.map(({ entry }) => entry.sink);
    this.#bounds = Float64Array.from(sorted.flatMap(({ entry }) => bounds(entry)));
    this.#outside = Uint8Array.from(sorted.map(({ entry }) => (entry.threshold.op === '!=' ? 1 : 0)));
    this.#state = Uint8Array.from(sorted.map(({ entry }) => startState(entry.held)));
  }

  /**
   * Goes on where the same conditions of an earlier machine are.
   * @param how for each condition: whether it is the same, else whether it counts as held now
   */
  adopt(earlier: Thresholds, how: (name: string) => 'same' | 'held' | 'new'): void {
    const places = new Map(earlier.#names.map((name, k) => [name, k]));
    for (const [k, name] of this.#names.entries()) {
      const is = how(name);
      const before = is === 'same' ? places.get(name) : undefined;
      this.#state[k] = before === undefined ? startState(is === 'held') : (earlier.#state[before] as number);
    }
  }

  #sum(tag: number): number {
    return (this.first[tag] as number) + (this.first[tag + 1] as number);
  }

  /** Looks at one row. Allocates nothing; only changes leave it. @returns thresholds looked at */
  row(tag: number, value: number, quality: number, atUs: number): number {
    const from = this.first[tag] as number;
    const end = this.first[tag + 1] as number;
    const unusable = isBad(quality) || Number.isNaN(value);
    for (let k = from; k < end; k++) {
      const before = this.#state[k] as number;
      const held = before & HELD;
      let after = UNKNOWN | held;
      if (unusable) {
        if (isLost(quality)) after |= LOST;
      } else {
        const bound = 4 * k + 2 * held;
        const inside =
          value >= (this.#bounds[bound] as number) && value <= (this.#bounds[bound + 1] as number);
        after = Number(inside) ^ (this.#outside[k] as number);
      }
      if (after === before) continue;
      if ((before & WAITING) !== 0 && quality === Quality.badWaitingForInitialData) continue;
      this.#state[k] = after;
      const sink = this.#sinks[k] as ConditionSink;
      if ((after & UNKNOWN) === 0) sink.decide((after & HELD) !== 0, undefined, atUs);
      else sink.decide(undefined, (after & LOST) === 0 ? 'bad' : 'lost', atUs);
    }
    return end - from;
  }
}

const startState = (held: boolean): number => WAITING | UNKNOWN | (held ? HELD : 0);

/** Low and high while false, low and high while true. */
function bounds({ threshold: { op, limit }, deadband }: ThresholdEntry): number[] {
  return [...interval(op, limit), ...interval(op, limit - inward(op) * deadband)];
}

/** +1 where a larger value is worse, −1 where a smaller one is. */
function inward(op: Comparison): number {
  return op === '>' || op === '>=' ? 1 : op === '<' || op === '<=' ? -1 : 0;
}

function interval(op: Comparison, limit: number): [low: number, high: number] {
  switch (op) {
    case '>':
      return [nextUp(limit), Number.POSITIVE_INFINITY];
    case '>=':
      return [limit, Number.POSITIVE_INFINITY];
    case '<':
      return [Number.NEGATIVE_INFINITY, -nextUp(-limit)];
    case '<=':
      return [Number.NEGATIVE_INFINITY, limit];
    default:
      return [limit, limit];
  }
}

/** The next larger double. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const number = new Float64Array(bits.buffer);
  number[0] = value;
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n);
  return number[0];
}
