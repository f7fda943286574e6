import { TopicTable } from '#codec/mqtt/topics.ts';
import { bits64, type MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { BornMetric } from './born.ts';
import type { Kept, Target } from './rows.ts';

/** A metric between a birth and the next, and where its values go. */
export interface Slot extends Kept {
  readonly metric: BornMetric;
  /** Undefined where no tag is read from it. */
  to: Target | undefined;
}

/** Aliases up to here are looked up in an array. */
const SMALL_ALIAS = 65_536;

/** An edge node or one of its devices: what its last birth said. Aliases hold from one birth to the next. */
export class Unit {
  readonly group: string;
  readonly node: string;
  readonly device: string | undefined;
  isBorn = false;
  /** What is kept of the birth takes about so much memory. */
  bornBytes = 0;
  /** Tags of points and of what was discovered here; the device being away concerns all of them. */
  tags: readonly number[] = [];
  #slots: readonly Slot[] = [];
  #names = new TopicTable();
  #small: (Slot | undefined)[] = [];
  #large = new Map<bigint, Slot>();

  constructor(group: string, node: string, device: string | undefined) {
    this.group = group;
    this.node = node;
    this.device = device;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** @returns names of metrics whose alias another one has too: nobody can tell what it stands for */
  born(metrics: readonly BornMetric[]): readonly string[] {
    this.isBorn = true;
    this.#names = new TopicTable();
    this.#small = [];
    this.#large = new Map();
    const byName = new Map(
      metrics.map((metric) => [metric.name, { metric, to: undefined, whole: undefined } as Slot]),
    );
    this.#slots = [...byName.values()];
    for (const { metric } of this.#slots) this.#names.add(metric.name);
    const byAlias = Map.groupBy(
      this.#slots.filter((slot) => slot.metric.alias !== undefined),
      (slot) => slot.metric.alias as bigint,
    );
    const ambiguous: string[] = [];
    for (const [alias, slots] of byAlias) {
      if (slots.length > 1) ambiguous.push(...slots.map((slot) => slot.metric.name));
      else if (alias < SMALL_ALIAS) this.#small[Number(alias)] = slots[0];
      else this.#large.set(alias, slots[0] as Slot);
    }
    return ambiguous;
  }

  /** What was born is not known any more: the next birth gives all aliases anew. */
  dead(): void {
    this.isBorn = false;
    this.bornBytes = 0;
    this.#slots = [];
    this.#names = new TopicTable();
    this.#small = [];
    this.#large = new Map();
  }

  named(name: string): Slot | undefined {
    const bytes = Buffer.from(name);
    return this.#slots[this.#names.find(bytes, 0, bytes.length)];
  }

  /** The slot of the metric at which the reader stands. */
  find(metric: MetricReader): Slot | undefined {
    if (metric.hasAlias) {
      const { aliasLow: low, aliasHigh: high } = metric;
      const isSmall = high === 0 && low < SMALL_ALIAS;
      const slot = isSmall ? this.#small[low] : this.#large.get(bits64(low, high));
      if (slot) return slot;
    }
    if (metric.nameEnd === 0) return undefined;
    return this.#slots[this.#names.find(metric.bytes, metric.nameStart, metric.nameEnd)];
  }
}
