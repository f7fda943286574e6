import { parsePath, type Step } from '#codec/json/path.ts';
import type { Value } from '#kernel/batch.ts';
import type { Point } from '#plugin/api.ts';
import type { Address } from './address.ts';

/** A point that is monitored. */
export interface Item {
  /** What notifications carry. */
  readonly handle: number;
  /** Its row in the columns of {@link Items}. */
  readonly slot: number;
  readonly point: Point<Address>;
  readonly tag: number;
  readonly type: Point['tag']['type'];
  readonly field: readonly Step[] | undefined;
  /** In this session; undefined while the server does not know it. */
  node: string | undefined;
  /** The server's id; undefined while it is not monitored. */
  id: number | undefined;
  /** How often the server looks at the value, as it has revised it. */
  sampleMs: number;
}

/** A handle is a slot, and above it how often the slot was given before; together 32 bits, as on the wire. */
const SLOT_BITS = 20;
const MOST_SLOTS = 2 ** SLOT_BITS;
const TURNS = 2 ** (32 - SLOT_BITS);

/**
 * What is monitored, by handle, and what came last of each, in columns. Slots that are free are given again, so that
 * memory follows what is monitored at a time; handles are not for a long while, so that a notification under way when
 * a point goes cannot end on another tag.
 */
export class Items {
  readonly #items: (Item | undefined)[] = [];
  /** How often each slot was given. */
  readonly #given: number[] = [];
  readonly #free: number[] = [];
  readonly #byTag = new Map<number, Item>();
  /** By slot. Of this session; 0 until a row comes. */
  firstTimeUs = new Float64Array(64);
  lastTimeUs = new Float64Array(64);
  lastValue = new Float64Array(64);
  lastQuality = new Uint16Array(64);
  readonly lastWide = new Map<number, Value>();

  get(handle: number): Item | undefined {
    const item = this.#items[handle % MOST_SLOTS];
    return item?.handle === handle ? item : undefined;
  }

  ofTag(tag: number): Item | undefined {
    return this.#byTag.get(tag);
  }

  get all(): Item[] {
    return [...this.#byTag.values()];
  }

  get size(): number {
    return this.#byTag.size;
  }

  /** Rows that the columns have room for. */
  get room(): number {
    return this.lastTimeUs.length;
  }

  add(point: Point<Address>): Item {
    const slot = this.#free.pop() ?? this.#items.length;
    const turn = this.#given[slot] ?? 0;
    this.#given[slot] = (turn + 1) % TURNS;
    const { tag, address } = point;
    const item: Item = {
      handle: turn * MOST_SLOTS + slot,
      slot,
      point,
      tag: tag.number,
      type: tag.type,
      field: address.field === undefined ? undefined : parsePath(address.field),
      node: undefined,
      id: undefined,
      sampleMs: 0,
    };
    this.#items[slot] = item;
    this.#byTag.set(tag.number, item);
    if (slot >= this.lastTimeUs.length) this.#grow();
    this.firstTimeUs[slot] = 0;
    this.lastTimeUs[slot] = 0;
    this.lastValue[slot] = Number.NaN;
    this.lastQuality[slot] = 0;
    return item;
  }

  remove(item: Item): void {
    if (this.#items[item.slot] !== item) return;
    this.#items[item.slot] = undefined;
    this.#free.push(item.slot);
    this.#byTag.delete(item.tag);
    this.lastWide.delete(item.slot);
  }

  #grow(): void {
    const size = this.lastTimeUs.length * 2;
    const { firstTimeUs, lastTimeUs, lastValue, lastQuality } = this;
    this.firstTimeUs = new Float64Array(size);
    this.firstTimeUs.set(firstTimeUs);
    this.lastTimeUs = new Float64Array(size);
    this.lastTimeUs.set(lastTimeUs);
    this.lastValue = new Float64Array(size);
    this.lastValue.set(lastValue);
    this.lastQuality = new Uint16Array(size);
    this.lastQuality.set(lastQuality);
  }
}
