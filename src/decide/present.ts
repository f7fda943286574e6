import { type Batch, type Value, wideAt } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

/**
 * The newest row of each tag that some expression reads, by column. Tags get dense places, so that the columns are as
 * long as what is read and not as the site's tag table.
 */
export class Present {
  /** Place by tag number; −1 where nothing reads the tag. */
  placeOf = new Int32Array(0);
  value = new Float64Array(16);
  timeUs = new Float64Array(16);
  quality = new Uint16Array(16).fill(Quality.badWaitingForInitialData);
  readonly wide: (Value | undefined)[] = [];
  #seen = new Uint8Array(16);
  #count = 0;

  /** Place of the tag; given at first asking, while compiling. */
  want(tag: number): number {
    if (tag >= this.placeOf.length) {
      const wider = new Int32Array(Math.max(tag + 1, 2 * this.placeOf.length)).fill(-1);
      wider.set(this.placeOf);
      this.placeOf = wider;
    }
    const known = this.placeOf[tag] as number;
    if (known >= 0) return known;
    if (this.#count === this.value.length) this.#grow();
    this.wide.push(undefined);
    this.placeOf[tag] = this.#count;
    return this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  take(place: number, batch: Batch, row: number): void {
    this.value[place] = batch.value[row] as number;
    this.timeUs[place] = batch.timeUs[row] as number;
    this.quality[place] = batch.quality[row] as number;
    this.#see(place);
    this.wide[place] = batch.wide === undefined ? undefined : wideAt(batch, row);
  }

  put(
    place: number,
    timeUs: number,
    row: { readonly value: number; readonly wide: Value | undefined; readonly quality: number },
  ): void {
    this.value[place] = row.value;
    this.timeUs[place] = timeUs;
    this.quality[place] = row.quality;
    this.#see(place);
    this.wide[place] = row.wide;
  }

  /** False until the tag's first row, which may well be a bad one; one that says that nothing came is none. */
  seen(place: number): boolean {
    return this.#seen[place] === 1;
  }

  /** Takes over what an earlier one knows of the tags that both have and that it `keeps`. */
  adopt(earlier: Present, keeps: (tag: number) => boolean): void {
    const known = Math.min(this.placeOf.length, earlier.placeOf.length);
    for (let tag = 0; tag < known; tag++) {
      const place = this.placeOf[tag] as number;
      const before = earlier.placeOf[tag] as number;
      if (place < 0 || before < 0 || !keeps(tag)) continue;
      this.value[place] = earlier.value[before] as number;
      this.timeUs[place] = earlier.timeUs[before] as number;
      this.quality[place] = earlier.quality[before] as number;
      this.#seen[place] = earlier.#seen[before] as number;
      this.wide[place] = earlier.wide[before];
    }
  }

  #see(place: number): void {
    if (this.quality[place] !== Quality.badWaitingForInitialData) this.#seen[place] = 1;
  }

  #grow(): void {
    const size = this.value.length * 2;
    const value = new Float64Array(size);
    const timeUs = new Float64Array(size);
    const quality = new Uint16Array(size).fill(Quality.badWaitingForInitialData);
    value.set(this.value);
    timeUs.set(this.timeUs);
    quality.set(this.quality);
    this.value = value;
    this.timeUs = timeUs;
    this.quality = quality;
    const seen = new Uint8Array(size);
    seen.set(this.#seen);
    this.#seen = seen;
  }
}
