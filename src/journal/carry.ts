import { crc32 } from 'node:zlib';
import { type Batch, BatchCutter } from '#kernel/batch.ts';
import {
  type Carried,
  type EventLane,
  type JournalReader,
  PAGE_ROWS,
  type Page,
  type PagedTable,
} from './api.ts';
import { type BlockLimits, BlockWriter, readBlock } from './block.ts';
import { ByteSink } from './bytes.ts';
import type { BatchItem } from './chunk.ts';
import { Gather, MARK_DERIVED, MARK_LATE } from './gather.ts';
import { writePacked } from './packed.ts';

/* Parts of the journal as bytes for the uplink: docs/formats/uplink.md. */

/** Looked at in one go: many events of the other lane may lie between two of one. */
const EVENTS_AT_ONCE = 2000;

const gather = new Gather();
const writer = new BlockWriter();

/** @param seq that the block is to have */
export function blockOf(seq: number, items: readonly BatchItem[]): Uint8Array<ArrayBuffer> {
  gather.clear();
  for (const { batch, mark } of items) gather.append(batch, mark.derived ? MARK_DERIVED : 0, mark.atUs);
  return writer.write(seq, gather.handOver()).slice();
}

export function blockOfRows(seq: number, ...batches: readonly Batch[]): Uint8Array<ArrayBuffer> {
  gather.clear();
  for (const batch of batches) gather.append(batch, 0, 0);
  return writer.write(seq, gather.handOver()).slice();
}

/**
 * A block without the rows of its first marks.
 * @param seq of the block, which stays
 * @throws Fault as `readBlock` does
 */
export function withoutMarks(
  seq: number,
  bytes: Uint8Array,
  marks: number,
  limits: BlockLimits,
): Uint8Array<ArrayBuffer> {
  const { rows, kind, markRows, receivedUs, atUs, marks: all } = readBlock(seq, bytes, limits);
  const cutter = new BatchCutter(rows);
  gather.clear();
  for (let m = 0; m < all; m++) {
    const flags = kind[m] as number;
    const late = (flags & MARK_LATE) !== 0;
    const batch = cutter.take(markRows[m] as number, receivedUs[m] as number, late);
    if (m >= marks) gather.append(batch, flags & MARK_DERIVED, atUs[m] as number);
  }
  return writer.write(seq, gather.handOver()).slice();
}

/** Events after the position as a list; at least one where there is any. */
export function eventList(
  reader: JournalReader,
  lane: EventLane,
  afterSeq: number,
  limitBytes: number,
): Omit<Carried, 'damage'> {
  const found = reader.eventBodies(lane, afterSeq, EVENTS_AT_ONCE);
  const plain = new ByteSink(4096);
  let last = 0;
  let count = 0;
  let isCut = false;
  for (const { seq, body } of found.rows) {
    if (plain.length >= limitBytes) {
      isCut = true;
      break;
    }
    plain.varint(seq - last);
    plain.varint(body.length);
    plain.put(body);
    last = seq;
    count++;
  }
  const list = new ByteSink(4096);
  if (count > 0) writePacked(list, plain.bytes);
  return {
    bytes: count > 0 ? list.bytes.slice() : undefined,
    count,
    upTo: isCut ? last : found.upTo,
    full: isCut || found.full,
    receivedUs: undefined,
  };
}

/** Pages of a table that are not as they are known. */
export function changedPages(
  reader: JournalReader,
  table: PagedTable,
  known: ReadonlyMap<number, number>,
): Page[] {
  const texts = new Map<number, string[]>();
  for (const [number, text] of reader.tableRows(table)) {
    const page = Math.floor(number / PAGE_ROWS);
    const rows = texts.get(page);
    if (rows) rows.push(text);
    else texts.set(page, [text]);
  }
  for (const page of known.keys()) if (!texts.has(page)) texts.set(page, []);
  return [...texts].flatMap(([page, rows]) => {
    const text = `[${rows.join(',')}]`;
    const crc = crc32(text);
    return known.get(page) === crc ? [] : [{ page, crc, text }];
  });
}
