import { type Batch, type Value, wideAt } from '#kernel/batch.ts';
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
      const tag = batch.tag[i] as number;
      if (tag >= this.#value.length) this.#grow(tag);
      this.#value[tag] = batch.value[i] as number;
      this.#timeUs[tag] = batch.timeUs[i] as number;
      this.#quality[tag] = batch.quality[i] as number;
      this.#seenUs[tag] = atUs;
      this.#version[tag] = version;
    }
    if (batch.wide || this.#wide.size > 0) this.#takeWide(batch);
  }

  get(tag: number): Present {
    if (tag >= this.#value.length || !this.#seenUs[tag]) {
      return { value: Number.NaN, timeUs: 0, quality: Quality.badWaitingForInitialData, seenUs: 0 };
    }
    const value = this.#value[tag] as number;
    return {
      value: Number.isNaN(value) ? (this.#wide.get(tag) ?? value) : value,
      timeUs: this.#timeUs[tag] as number,
      quality: this.#quality[tag] as number,
      seenUs: this.#seenUs[tag] as number,
    };
  }

  /** As {@link get} has it, for who asks of very many. */
  qualityOf(tag: number): number {
    return this.#seenUs[tag] ? (this.#quality[tag] as number) : Quality.badWaitingForInitialData;
  }

  /** As if no row had ever come: the tag is gone, or means something else now. */
  forget(tag: number): void {
    if (tag >= this.#seenUs.length) return;
    this.#seenUs[tag] = 0;
    this.#wide.delete(tag);
    this.#version[tag] = ++this.#clock;
  }

  changedSince(tag: number, version: number): boolean {
    return tag < this.#version.length && (this.#version[tag] as number) > version;
  }

  #takeWide(batch: Batch): void {
    for (let i = 0; i < batch.rows; i++) {
      if (!Number.isNaN(batch.value[i] as number)) continue;
      const wide = wideAt(batch, i);
      if (wide === undefined) this.#wide.delete(batch.tag[i] as number);
      else this.#wide.set(batch.tag[i] as number, wide);
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
