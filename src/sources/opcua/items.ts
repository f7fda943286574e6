import { parsePath, type Step } from '#codec/json/path.ts';
import type { Value } from '#kernel/batch.ts';
import type { Point } from '#plugin/api.ts';
import type { Address } from './address.ts';

/** A point that is monitored; its handle is what notifications carry. */
export interface Item {
  readonly handle: number;
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

/**
 * What is monitored, by handle, and what came last of each, in columns. A handle is never given twice, so that a
 * notification under way when a point goes cannot end on another tag.
 */
export class Items {
  readonly #items: (Item | undefined)[] = [];
  readonly #byTag = new Map<number, Item>();
  /** Of this session; 0 until a row comes. */
  firstTimeUs = new Float64Array(64);
  lastTimeUs = new Float64Array(64);
  lastValue = new Float64Array(64);
  lastQuality = new Uint16Array(64);
  readonly lastWide = new Map<number, Value>();

  get(handle: number): Item | undefined {
    return this.#items[handle];
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

  add(point: Point<Address>): Item {
    const handle = this.#items.length;
    const { tag, address } = point;
    const item: Item = {
      handle,
      point,
      tag: tag.number,
      type: tag.type,
      field: address.field === undefined ? undefined : parsePath(address.field),
      node: undefined,
      id: undefined,
      sampleMs: 0,
    };
    this.#items.push(item);
    this.#byTag.set(tag.number, item);
    if (handle >= this.lastTimeUs.length) this.#grow();
    this.lastValue[handle] = Number.NaN;
    return item;
  }

  remove(item: Item): void {
    this.#items[item.handle] = undefined;
    this.#byTag.delete(item.tag);
    this.lastWide.delete(item.handle);
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
