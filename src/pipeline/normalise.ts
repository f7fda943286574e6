import type { Batch, Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { BatchEdit } from '#pipeline/batch-edit.ts';
import { Kind, type NormaliseColumns } from '#pipeline/normalise-columns.ts';
import type { Stage } from '#pipeline/stage.ts';

export interface NormaliseOptions {
  /** A source time further ahead of the arrival than this is replaced by the arrival time. */
  readonly maxAheadUs: number;
  /** Told of every row whose time was replaced; one event a device is made of it elsewhere. */
  readonly onSkew?: (tag: number, aheadUs: number) => void;
}

/**
 * Makes rows what their tag says they are, in one pass: scale, type, range, source time.
 *
 * - Numbers are value × factor + offset. 64-bit integers stay exact, unless scaled: then they become doubles.
 * - NaN and infinite numbers, and rows of a wrong type, become bad (`badOutOfRange`, `badTypeMismatch`: OPC UA
 *   Part 4, 7.39). A row that is bad already keeps the device's own status.
 * - Values outside the engineering range keep their value as `uncertainRangeExceeded` (Part 8, 6.3: the high-high
 *   alarm is needed exactly then). Codes of an enum that have no name become uncertain.
 * - A time too far ahead becomes the arrival time, quality uncertain. No time at all (not finite, negative) becomes
 *   the arrival time and says nothing against the value.
 *
 * Rows of tags that nobody configured are checked for NaN and time only.
 */
export function normalise(tags: NormaliseColumns, options: NormaliseOptions): Stage {
  return (batch) => {
    const edit = new BatchEdit(batch);
    if (batch.wide) checkWide(batch, edit, tags, batch.wide.row, batch.wide.value);
    checkDoubles(batch, edit, tags);
    // Last, because what is wrong with the value says more than what is wrong with its time.
    repairTimes(batch, edit, options);
    return edit.done();
  };
}

function repairTimes(batch: Batch, edit: BatchEdit, { maxAheadUs, onSkew }: NormaliseOptions): void {
  const { timeUs, receivedUs } = batch;
  const latestUs = receivedUs + maxAheadUs;
  for (let i = 0; i < batch.rows; i++) {
    const t = timeUs[i] as number;
    if (t >= 0 && t <= latestUs) continue;
    edit.setTime(i, receivedUs);
    if (!(t > latestUs) || t === Number.POSITIVE_INFINITY) continue;
    edit.worsen(i, Quality.uncertain);
    onSkew?.(batch.tag[i] as number, t - receivedUs);
  }
}

function checkDoubles(batch: Batch, edit: BatchEdit, tags: NormaliseColumns): void {
  const { tag: tagOf, value, rows } = batch;
  const { kind, factor, offset, low, high } = tags;
  const wideRow = batch.wide?.row;
  let w = 0;
  let out: Float64Array | undefined;
  for (let i = 0; i < rows; i++) {
    if (wideRow !== undefined && wideRow[w] === i) {
      w++;
      continue;
    }
    const tag = tagOf[i] as number;
    const is = kind[tag];
    const raw = value[i] as number;
    if (is === Kind.number) {
      const v = raw * (factor[tag] as number) + (offset[tag] as number);
      if (v !== raw && !Number.isNaN(raw)) {
        out ??= edit.values();
        out[i] = v;
      }
      // Phrased as "inside the range": NaN compares false and goes on to be judged.
      if (!(v >= (low[tag] as number) && v <= (high[tag] as number))) edit.worsen(i, outside(v));
    } else {
      const verdict = judge(is ?? Kind.any, raw, tag, tags);
      if (verdict !== Quality.good) edit.worsen(i, verdict);
    }
  }
}

const outside = (value: number): number =>
  Number.isFinite(value) ? Quality.uncertainRangeExceeded : Quality.badOutOfRange;

function judge(kind: number, value: number, tag: number, tags: NormaliseColumns): number {
  if (kind === Kind.any) return Number.isFinite(value) ? Quality.good : Quality.badOutOfRange;
  if (kind === Kind.boolean) return value === 0 || value === 1 ? Quality.good : Quality.badTypeMismatch;
  if (kind !== Kind.enum || !Number.isInteger(value)) return Quality.badTypeMismatch;
  const states = tags.states[tag];
  return states === undefined || states.has(value) ? Quality.good : Quality.uncertain;
}

function checkWide(
  batch: Batch,
  edit: BatchEdit,
  tags: NormaliseColumns,
  rowOf: Uint32Array,
  values: readonly Value[],
): void {
  for (let w = 0; w < rowOf.length; w++) {
    const i = rowOf[w] as number;
    const tag = batch.tag[i] as number;
    const value = values[w] as Value;
    const kind = tags.kind[tag] ?? Kind.any;
    if (kind === Kind.any) continue;
    if (typeof value === 'bigint' && (kind === Kind.int64 || kind === Kind.number)) {
      checkInteger(i, w, value, tag, edit, tags);
    } else if (!isOfKind(value, kind)) edit.worsen(i, Quality.badTypeMismatch);
  }
}

/** A `number` tag takes integers as doubles, because it says so; an `int64` tag only when it is scaled. */
function checkInteger(
  i: number,
  w: number,
  value: bigint,
  tag: number,
  edit: BatchEdit,
  tags: NormaliseColumns,
): void {
  const low = tags.low[tag] as number;
  const high = tags.high[tag] as number;
  if (tags.kind[tag] === Kind.int64) {
    if (value < low || value > high) edit.worsen(i, Quality.uncertainRangeExceeded);
    return;
  }
  const v = Number(value) * (tags.factor[tag] as number) + (tags.offset[tag] as number);
  edit.narrow(i, w, v);
  if (!(v >= low && v <= high)) edit.worsen(i, outside(v));
}

function isOfKind(value: Value, kind: number): boolean {
  if (kind === Kind.text) return typeof value === 'string';
  return kind === Kind.structure && typeof value === 'object' && value !== null;
}
