import { Texts } from '#decide/detectors/texts.ts';
import { at, type Batch, wideAt } from '#kernel/batch.ts';
import { isBad, isStandIn, Quality } from '#kernel/quality.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** What a detector sees of its signals: the last value of each while it is good, and NaN while it is not. */
export class Held {
  readonly values: Float64Array;
  /** 1 where the site said that the value is outside of the engineering range. */
  readonly outside: Uint8Array;
  /** Of the last signal, where that is one of texts: it is held by their numbers. */
  readonly texts: Texts | undefined;
  /** By tag number the places of its signal; undefined for others. */
  readonly #places: (number | undefined)[] = [];

  /** @param paths of the signals, in their order */
  constructor(paths: readonly string[], table: TagTable) {
    this.values = new Float64Array(paths.length).fill(Number.NaN);
    this.outside = new Uint8Array(paths.length);
    for (const [place, path] of paths.entries()) this.#places[table.number(path)] = place;
    if (table.find(paths.at(-1) ?? '')?.type === 'text') this.texts = new Texts();
  }

  /** @returns whether a signal was among the rows */
  take(batch: Batch): boolean {
    let has = false;
    for (let row = 0; row < batch.rows; row++) {
      const place = this.#places[at(batch.tag, row)];
      if (place === undefined) continue;
      has = true;
      const quality = at(batch.quality, row);
      this.values[place] = isBad(quality) || isStandIn(quality) ? Number.NaN : this.#value(place, batch, row);
      this.outside[place] = quality === Quality.uncertainRangeExceeded ? 1 : 0;
    }
    return has;
  }

  #value(place: number, batch: Batch, row: number): number {
    if (!this.texts || place !== this.values.length - 1) return at(batch.value, row);
    // What it was before it was one of texts is no number of one.
    const wide = wideAt(batch, row);
    return typeof wide === 'string' ? this.texts.numberOf(wide) : Number.NaN;
  }

  /** Nothing is known of any signal any more. */
  forget(): void {
    this.values.fill(Number.NaN);
  }
}
