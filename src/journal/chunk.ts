import type { Batch, Value } from '#kernel/batch.ts';
import type { FedEntry, Item } from './api.ts';

export type BatchItem = Item & { readonly kind: 'batch' };

const LATE = 1;
const DERIVED = 2;
const ROW_BYTES = 22;
const MARK_BYTES = 24;

/** Entries as columns: a few transfers from thread to thread, whether they have one row each or thousands. */
export interface PackedEntries {
  readonly seq: Float64Array<ArrayBuffer>;
  readonly receivedUs: Float64Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
  readonly source: readonly string[];
  readonly tag: Uint32Array<ArrayBuffer>;
  readonly timeUs: Float64Array<ArrayBuffer>;
  readonly value: Float64Array<ArrayBuffer>;
  readonly quality: Uint16Array<ArrayBuffer>;
  /** Rows counted over all entries. */
  readonly wideRow: Uint32Array<ArrayBuffer>;
  readonly wideValue: readonly Value[];
}

export function packEntries(items: readonly BatchItem[]): PackedEntries {
  const rows = items.reduce((sum, { batch }) => sum + batch.rows, 0);
  const wideRow: number[] = [];
  const wideValue: Value[] = [];
  const packed = {
    seq: Float64Array.from(items, ({ seq }) => seq),
    receivedUs: Float64Array.from(items, ({ batch }) => batch.receivedUs),
    rows: Uint32Array.from(items, ({ batch }) => batch.rows),
    flags: Uint8Array.from(
      items,
      ({ batch, mark }) => (batch.late ? LATE : 0) | (mark.derived ? DERIVED : 0),
    ),
    source: items.map(({ mark }) => mark.source),
    tag: new Uint32Array(rows),
    timeUs: new Float64Array(rows),
    value: new Float64Array(rows),
    quality: new Uint16Array(rows),
  };
  let from = 0;
  for (const { batch } of items) {
    for (const column of ['tag', 'timeUs', 'value', 'quality'] as const)
      packed[column].set(batch[column], from);
    for (const row of batch.wide?.row ?? []) wideRow.push(from + row);
    for (const value of batch.wide?.value ?? []) wideValue.push(value);
    from += batch.rows;
  }
  return { ...packed, wideRow: Uint32Array.from(wideRow), wideValue };
}

/** Memory to move instead of copying. */
export const memoryOf = (packed: PackedEntries): ArrayBuffer[] =>
  [
    packed.seq,
    packed.receivedUs,
    packed.rows,
    packed.flags,
    packed.tag,
    packed.timeUs,
    packed.value,
    packed.quality,
  ]
    .map((column) => column.buffer)
    .concat(packed.wideRow.buffer);

/** The batches are windows on the columns. */
export function unpackEntries(packed: PackedEntries): FedEntry[] {
  const entries: FedEntry[] = [];
  let from = 0;
  let wideFrom = 0;
  for (let i = 0; i < packed.seq.length; i++) {
    const end = from + (packed.rows[i] as number);
    let wideEnd = wideFrom;
    while (wideEnd < packed.wideRow.length && (packed.wideRow[wideEnd] as number) < end) wideEnd++;
    const flags = packed.flags[i] as number;
    const batch: Batch = {
      rows: end - from,
      tag: packed.tag.subarray(from, end),
      timeUs: packed.timeUs.subarray(from, end),
      value: packed.value.subarray(from, end),
      quality: packed.quality.subarray(from, end),
      receivedUs: packed.receivedUs[i] as number,
      late: (flags & LATE) !== 0,
      ...(wideEnd > wideFrom && { wide: wideOf(packed, wideFrom, wideEnd, from) }),
    };
    const source = packed.source[i] ?? '';
    entries.push({ seq: packed.seq[i] as number, batch, source, derived: (flags & DERIVED) !== 0 });
    from = end;
    wideFrom = wideEnd;
  }
  return entries;
}

const wideOf = (
  packed: PackedEntries,
  from: number,
  end: number,
  firstRow: number,
): Batch['wide'] & object => ({
  row: packed.wideRow.subarray(from, end).map((row) => row - firstRow),
  value: packed.wideValue.slice(from, end),
});

/** Size of an entry in memory, as chunks are measured. */
export function entryBytes(batch: Batch): number {
  const wide = (batch.wide?.value ?? []).reduce((sum: number, value) => sum + valueBytes(value), 0);
  return MARK_BYTES + batch.rows * ROW_BYTES + wide;
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return 2 * value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 16;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + 2 * key.length + valueBytes(inner), 16);
}
