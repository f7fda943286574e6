import { at, type Batch, type Value, wideAt } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

export interface Present {
  readonly value: number | Value;
  readonly timeUs: number;
  readonly quality: number;
  /** Arrival of the newest row, steady; 0 when there was none. */
  readonly seenUs: number;
}

/** The newest value of every tag, in columns by tag number. */
export class PresentValues {
  #value = new Float64Array(0);
  #timeUs = new Float64Array(0);
  #quality = new Uint16Array(0);
  #seenUs = new Float64Array(0);
  /** Rises with every change of a tag: lets a reader ask for what changed since. */
  #version = new Float64Array(0);
  readonly #wide = new Map<number, Value>();
  #clock = 0;

  get version(): number {
    return this.#clock;
  }

  take(batch: Batch, atUs: number): void {
    if (batch.late) return;
    const version = ++this.#clock;
    for (let i = 0; i < batch.rows; i++) {
      const tag = at(batch.tag, i);
      if (tag >= this.#value.length) this.#grow(tag);
      this.#value[tag] = at(batch.value, i);
      this.#timeUs[tag] = at(batch.timeUs, i);
      this.#quality[tag] = at(batch.quality, i);
      this.#seenUs[tag] = atUs;
      this.#version[tag] = version;
    }
    if (batch.wide || this.#wide.size > 0) this.#takeWide(batch);
  }

  get(tag: number): Present {
    if (tag >= this.#value.length || !this.#seenUs[tag]) {
      return { value: Number.NaN, timeUs: 0, quality: Quality.badWaitingForInitialData, seenUs: 0 };
    }
    const value = at(this.#value, tag);
    return {
      value: Number.isNaN(value) ? (this.#wide.get(tag) ?? value) : value,
      timeUs: at(this.#timeUs, tag),
      quality: at(this.#quality, tag),
      seenUs: at(this.#seenUs, tag),
    };
  }

  /** As if no row had ever come: the tag is gone, or means something else now. */
  forget(tag: number): void {
    if (tag >= this.#seenUs.length) return;
    this.#seenUs[tag] = 0;
    this.#wide.delete(tag);
    this.#version[tag] = ++this.#clock;
  }

  changedSince(tag: number, version: number): boolean {
    return tag < this.#version.length && at(this.#version, tag) > version;
  }

  #takeWide(batch: Batch): void {
    for (let i = 0; i < batch.rows; i++) {
      if (!Number.isNaN(at(batch.value, i))) continue;
      const wide = wideAt(batch, i);
      if (wide === undefined) this.#wide.delete(at(batch.tag, i));
      else this.#wide.set(at(batch.tag, i), wide);
    }
  }

  #grow(tag: number): void {
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(tag + 1)));
    const wider = (from: Float64Array) => {
      const to = new Float64Array(size);
      to.set(from);
      return to;
    };
    this.#value = wider(this.#value);
    this.#timeUs = wider(this.#timeUs);
    this.#seenUs = wider(this.#seenUs);
    this.#version = wider(this.#version);
    const quality = new Uint16Array(size).fill(Quality.badWaitingForInitialData);
    quality.set(this.#quality);
    this.#quality = quality;
  }
}
