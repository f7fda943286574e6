import type { Inputs } from '#decide/expressions/inputs.ts';
import type { SlotType } from '#decide/expressions/language.ts';
import type { Threshold } from '#decide/expressions/threshold.ts';
import type { Unknown } from '#decide/sink.ts';
import type { SampleFunction } from '#decide/windows/sample-window.ts';
import type { Value } from '#kernel/batch.ts';
import { isBad, isLost, isStandIn, worseQuality } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** Something from outside that an expression reads, under the name that it has in the rewritten text. */
export type Slot = {
  readonly name: string;
  readonly type: SlotType;
} & (
  | { readonly kind: 'tag'; readonly tag: Tag; readonly place: number }
  | { readonly kind: 'window'; readonly window: number; readonly fn: SampleFunction | 'time_in_state' }
);

/** A value of CEL; `undefined` is unknown. */
export type CelValue = Value | undefined;
type Context = { [slot: string]: CelValue };

/**
 * The parts of an expression. Logic is ours, so that it has three values (after Kleene: false && unknown is false,
 * true || unknown is true); what lies between is CEL's, and unknown as soon as one of its slots is.
 */
export type Part =
  | { readonly op: 'and' | 'or'; readonly left: Part; readonly right: Part }
  | { readonly op: 'not'; readonly of: Part }
  | { readonly op: 'choose'; readonly when: Part; readonly then: Part; readonly otherwise: Part }
  | { readonly op: 'cel'; readonly run: (context: Context) => unknown; readonly slots: readonly number[] };

/** A compiled expression: pure, and bound to the inputs that it was compiled for. */
export class Expression {
  /** The same for expressions that compute the same from the same, also of different compilations of one tag table. */
  readonly key: string;
  readonly type: string;
  /** As CEL sees it: names replaced by those of slots. */
  readonly text: string;
  readonly slots: readonly Slot[];
  /** Set where the whole expression compares one tag with a constant. */
  readonly threshold: Threshold | undefined;
  /** Numbers of all tags that it rests on, also through windows; ascending. */
  readonly tags: readonly number[];
  readonly #root: Part;
  readonly #context: Context = {};

  constructor(made: Pick<Expression, 'key' | 'type' | 'text' | 'slots' | 'threshold' | 'tags'>, root: Part) {
    this.key = made.key;
    this.type = made.type;
    this.text = made.text;
    this.slots = made.slots;
    this.threshold = made.threshold;
    this.tags = made.tags;
    this.#root = root;
    for (const slot of made.slots) this.#context[slot.name] = undefined;
  }

  /**
   * @param nowUs steady time, for windows
   * @returns undefined when unknown: an input is bad, stale or has not arrived, or the computation has no result
   *   (a division by zero, a missing field)
   */
  evaluate(inputs: Inputs, nowUs: number): CelValue {
    for (const slot of this.slots) this.#context[slot.name] = load(slot, inputs, nowUs);
    return this.#run(this.#root);
  }

  /** Worst quality of the inputs; among bad ones one that is lost comes first, among uncertain ones a stand-in. */
  quality(inputs: Inputs): number {
    let worst = 0;
    for (const tag of this.tags) {
      const place = inputs.present.placeOf[tag] as number;
      worst = worseInput(worst, inputs.present.quality[place] as number);
    }
    return worst;
  }

  /** Newest source time of the inputs; 0 before the first row. */
  timeUs(inputs: Inputs): number {
    let newest = 0;
    for (const tag of this.tags) {
      const place = inputs.present.placeOf[tag] as number;
      newest = Math.max(newest, inputs.present.timeUs[place] as number);
    }
    return newest;
  }

  /** Why the last evaluation is unknown. An input that is bad outweighs one that has not arrived. */
  unknown(inputs: Inputs): Unknown {
    const { present } = inputs;
    let unseen = false;
    let bad = false;
    let lost = false;
    for (const tag of this.tags) {
      const place = present.placeOf[tag] as number;
      const quality = present.quality[place] as number;
      if (isLost(quality)) lost = true;
      if (!present.seen(place)) unseen = true;
      else if (isBad(quality)) bad = true;
    }
    if (bad) return lost ? 'lost' : 'bad';
    if (unseen) return 'start';
    const short = this.slots.some(({ kind, name }) => kind === 'window' && this.#context[name] === undefined);
    return short ? 'short' : 'bad';
  }

  /** Whether the last evaluation is unknown though nothing is wrong yet. */
  waiting(inputs: Inputs): boolean {
    const why = this.unknown(inputs);
    return why === 'start' || why === 'short';
  }

  #run(part: Part): CelValue {
    switch (part.op) {
      case 'and':
        return this.#logic(part.left, part.right, false);
      case 'or':
        return this.#logic(part.left, part.right, true);
      case 'not': {
        const value = this.#run(part.of);
        return typeof value === 'boolean' ? !value : undefined;
      }
      case 'choose': {
        const when = this.#run(part.when);
        if (typeof when !== 'boolean') return undefined;
        return this.#run(when ? part.then : part.otherwise);
      }
      case 'cel':
        return this.#cel(part.run, part.slots);
    }
  }

  /** @param decisive the value that settles the matter whatever the other side is */
  #logic(left: Part, right: Part, decisive: boolean): CelValue {
    const a = this.#run(left);
    if (a === decisive) return decisive;
    const b = this.#run(right);
    if (b === decisive) return decisive;
    return typeof a === 'boolean' && typeof b === 'boolean' ? !decisive : undefined;
  }

  #cel(run: (context: Context) => unknown, slots: readonly number[]): CelValue {
    for (const slot of slots) {
      if (this.#context[(this.slots[slot] as Slot).name] === undefined) return undefined;
    }
    try {
      return run(this.#context) as CelValue;
    } catch {
      return undefined; // no result for these values, such as a field that the structure lacks
    }
  }
}

/** What is worse for those who act on the result: what says most about it must not be hidden by an earlier reason. */
function worseInput(a: number, b: number): number {
  if (isLost(b) && !isLost(a)) return b;
  if (isStandIn(b) && !isBad(a)) return b;
  return worseQuality(a, b);
}

function load(slot: Slot, inputs: Inputs, nowUs: number): CelValue {
  if (slot.kind === 'window') {
    const value = inputs.windowValue(slot.window, slot.fn, nowUs);
    return Number.isNaN(value) ? undefined : value;
  }
  const { present } = inputs;
  if (isBad(present.quality[slot.place] as number)) return undefined;
  const value = present.value[slot.place] as number;
  switch (slot.type) {
    case 'double':
      return Number.isNaN(value) ? undefined : value;
    case 'bool':
      return Number.isNaN(value) ? undefined : value !== 0;
    case 'int':
      return integer(value, present.wide[slot.place]);
    case 'string': {
      const text = present.wide[slot.place];
      return typeof text === 'string' ? text : undefined;
    }
    case 'dyn':
      return present.wide[slot.place];
  }
}

function integer(value: number, wide: Value | undefined): bigint | undefined {
  if (typeof wide === 'bigint') return wide;
  return Number.isInteger(value) ? BigInt(value) : undefined;
}
