import { pickRows } from '#kernel/batch.ts';
import type { Stage } from '#pipeline/stage.ts';
import { TagColumns, widened } from '#pipeline/tag-columns.ts';

export interface DeadbandConfig {
  /** Smallest change worth keeping, in the tag's own unit; 0 keeps every row. */
  readonly band: number;
  /** A row passes after this long without one, so that silence stays visible. */
  readonly maxGapUs: number;
}

/** Bands of the tags; those that nobody configured have none. */
export class DeadbandColumns extends TagColumns<DeadbandConfig> {
  band = new Float64Array(0);
  maxGapUs = new Float64Array(0);

  protected resize(capacity: number): void {
    this.band = widened(new Float64Array(capacity), this.band, 0);
    this.maxGapUs = widened(new Float64Array(capacity), this.maxGapUs, 0);
  }

  protected put(tag: number, { band, maxGapUs }: DeadbandConfig): void {
    this.band[tag] = band;
    this.maxGapUs[tag] = maxGapUs;
  }

  protected erase(tag: number): void {
    this.band[tag] = 0;
  }
}

export interface Deadband extends Stage {
  /**
   * Forgets the last kept row of a tag, so that its next one is kept: for tags whose values mean something else from
   * now on (another scale, unit, address) and for those that are gone. A changed band alone needs no forgetting.
   */
  forget(tag: number): void;
}

/** The last kept row of each tag; NaN where there is none yet, so that the first one is kept. */
class Kept {
  value = new Float64Array(0);
  quality = new Uint16Array(0);
  receivedUs = new Float64Array(0);

  reach(length: number): void {
    if (length <= this.value.length) return;
    this.value = widened(new Float64Array(length), this.value, Number.NaN);
    this.quality = widened(new Uint16Array(length), this.quality, 0);
    this.receivedUs = widened(new Float64Array(length), this.receivedUs, 0);
  }

  forget(tag: number): void {
    if (tag < this.value.length) this.value[tag] = Number.NaN;
  }
}

/**
 * Drops rows that stay within the band of the last kept row of the same tag and quality. Time is that of arrival:
 * a device with a wrong clock must not look silent. Late batches are history and pass untouched.
 */
export function deadband(bands: DeadbandColumns): Deadband {
  const kept = new Kept();
  let keep = new Uint8Array(0);

  const stage: Stage = (batch) => {
    if (batch.late) return batch;
    kept.reach(bands.band.length);
    if (keep.length < batch.rows) keep = new Uint8Array(batch.rows);
    const receivedUs = batch.receivedUs;
    let dropped = false;
    for (let i = 0; i < batch.rows; i++) {
      const tag = batch.tag[i] as number;
      keep[i] = 1;
      const band = bands.band[tag];
      if (band === undefined || band <= 0) continue;
      const value = batch.value[i] as number;
      const quality = batch.quality[i] as number;
      // Phrased as "inside the band": NaN, and with it every wide row, compares false and is therefore kept.
      const inside = Math.abs(value - (kept.value[tag] as number)) <= band && quality === kept.quality[tag];
      const sinceUs = receivedUs - (kept.receivedUs[tag] as number);
      // A wall clock that was set back gives a negative time: nobody knows how long it was, so the row is kept.
      if (inside && sinceUs >= 0 && sinceUs < (bands.maxGapUs[tag] as number)) {
        keep[i] = 0;
        dropped = true;
        continue;
      }
      kept.value[tag] = value;
      kept.quality[tag] = quality;
      kept.receivedUs[tag] = receivedUs;
    }
    return dropped ? pickRows(batch, keep) : batch;
  };
  return Object.assign(stage, { forget: (tag: number) => kept.forget(tag) });
}
