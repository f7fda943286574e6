import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ByteSink, ByteSource } from '#journal/bytes.ts';
import { readValue, writeValue } from '#journal/wide.ts';
import type { Value } from '#kernel/batch.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { PADDING_BYTES } from './bits.ts';
import { BlockWriter, isGoodBlock, type Places, readBlock, readTimes } from './block.ts';
import { BLOCK_ROWS, readRegular, readSvarint, writeSvarint } from './integers.ts';
import { allocRows, type Rows, sliceRows, wideKey } from './rows.ts';
import {
  type ChunkSummary,
  readChunkSummary,
  readSummary,
  type Summary,
  summarise,
  summariseChunk,
  writeChunkSummary,
  writeSummary,
} from './summary.ts';

/* The byte format of one chunk: docs/formats/historian.md. */

const MAGIC = 0x43484648;
const VERSION = 1;
const Flag = { dictionary: 1, plainTimes: 2 } as const;
const CRC_AT = 8;
const CHECKED_FROM = 12;
const HEADER_BYTES = 37;
const ZSTD_LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };
const UNPACKED_LIMIT_BYTES = 2 ** 30;
const LARGEST_STEP = 2 ** 50;

/** Turns rows in the order of time into the bytes of a chunk; keeps its scratch memory from one to the next. */
export class ChunkWriter {
  readonly #sink = new ByteSink(4096);
  readonly #blocks = new ByteSink(16 * 1024);
  readonly #writer = new BlockWriter();

  /** @returns the bytes, valid until the next call @param rows at least one */
  write(tag: number, rows: Rows): Uint8Array {
    const count = rows.timeUs.length;
    const dictionary = dictionaryOf(rows);
    const plainTimes = hasLargeSteps(rows.timeUs);
    const sink = this.#sink;
    sink.clear();
    sink.u32(MAGIC);
    sink.u32(VERSION);
    sink.u32(0);
    sink.u32(tag);
    sink.u32(count);
    sink.u8((dictionary ? Flag.dictionary : 0) | (plainTimes ? Flag.plainTimes : 0));
    sink.f64(rows.timeUs[0] as number);
    sink.f64(rows.timeUs[count - 1] as number);
    if (count > BLOCK_ROWS) writeChunkSummary(sink, summariseChunk(rows));
    this.#writeBlocks(rows, dictionary?.places, plainTimes);
    if (dictionary) writeDictionary(sink, dictionary.values);
    sink.put(this.#blocks.bytes);
    sink.put(new Uint8Array(PADDING_BYTES));
    sink.setU32(CRC_AT, crc32(sink.bytes.subarray(CHECKED_FROM)));
    return sink.bytes;
  }

  /** The directory goes before the blocks, which are made at the same time. */
  #writeBlocks(rows: Rows, places: Places, plainTimes: boolean): void {
    const count = rows.timeUs.length;
    this.#blocks.clear();
    let before = 0;
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const to = Math.min(count, from + BLOCK_ROWS);
      const start = this.#blocks.length;
      const exponent = this.#writer.write(this.#blocks, rows, from, to, places);
      this.#sink.varint(this.#blocks.length - start);
      if (from > 0) {
        const step = (rows.timeUs[from] as number) - (rows.timeUs[from - BLOCK_ROWS] as number);
        if (plainTimes) this.#sink.f64(rows.timeUs[from] as number);
        else writeSvarint(this.#sink, step - before);
        before = step;
      }
      writeSummary(this.#sink, summarise(rows, from, to), { rows, from, to, exponent });
    }
  }
}

function hasLargeSteps(timeUs: Float64Array): boolean {
  return (timeUs[timeUs.length - 1] as number) - (timeUs[0] as number) > LARGEST_STEP;
}

function dictionaryOf({ timeUs, wide }: Rows): { values: Value[]; places: Uint32Array } | undefined {
  if (!wide || wide.row.length === 0) return undefined;
  const places = new Uint32Array(timeUs.length);
  const known = new Map<string, number>();
  const values: Value[] = [];
  for (let w = 0; w < wide.row.length; w++) {
    const value = wide.value[w] as Value;
    const key = wideKey(value);
    let place = known.get(key);
    if (place === undefined) {
      place = values.push(value);
      known.set(key, place);
    }
    places[wide.row[w] as number] = place;
  }
  return { values, places };
}

function writeDictionary(sink: ByteSink, values: readonly Value[]): void {
  const plain = new ByteSink(1024);
  for (const value of values) writeValue(plain, value);
  // Told the size beforehand, zstd takes memory for that and not for the megabytes of its usual window.
  const packed = zstdCompressSync(plain.bytes, { params: ZSTD_LEVEL, pledgedSrcSize: plain.length });
  sink.varint(packed.length);
  sink.varint(plain.length);
  sink.put(packed);
}

/** A chunk that was checked; its blocks are decoded when asked for. */
export class Chunk {
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Absent for a single block, whose own summary says less. */
  readonly summary: ChunkSummary | undefined;
  readonly blocks: number;
  readonly #bytes: Uint8Array;
  /** Goes from block to block: a source of its own for each would cost more than what is read of it. */
  readonly #reader: ByteSource;
  readonly #starts: Uint32Array;
  readonly #firstUs: Float64Array;
  readonly #summaries: Summary[] = [];
  readonly #packed: { readonly bytes: Uint8Array; readonly plain: number } | undefined;
  #dictionary: readonly Value[] | undefined;

  constructor(bytes: Uint8Array, source: ByteSource, rows: number, flags: number) {
    this.#bytes = bytes;
    this.#reader = source;
    this.rows = rows;
    this.fromUs = source.f64();
    this.toUs = source.f64();
    this.blocks = Math.ceil(rows / BLOCK_ROWS);
    if (this.blocks > 1) this.summary = readChunkSummary(source);
    this.#starts = new Uint32Array(this.blocks + 1);
    this.#firstUs = new Float64Array(this.blocks);
    this.#firstUs[0] = this.fromUs;
    this.#readDirectory(source, (flags & Flag.plainTimes) !== 0);
    if (flags & Flag.dictionary) {
      const packed = source.varint();
      this.#packed = { plain: source.varint(), bytes: source.take(packed) };
    }
    const start = bytes.length - source.left;
    for (let b = 0; b <= this.blocks; b++) this.#starts[b] = (this.#starts[b] as number) + start;
    if ((this.#starts[this.blocks] as number) + PADDING_BYTES !== bytes.length)
      throw damaged('its length is wrong');
  }

  #readDirectory(source: ByteSource, plainTimes: boolean): void {
    let step = 0;
    for (let b = 0; b < this.blocks; b++) {
      this.#starts[b + 1] = (this.#starts[b] as number) + source.varint();
      if (b > 0 && plainTimes) this.#firstUs[b] = source.f64();
      else if (b > 0) {
        step += readSvarint(source);
        this.#firstUs[b] = (this.#firstUs[b - 1] as number) + step;
      }
      this.#summaries.push(readSummary(source));
    }
  }

  /** As it lies on the disk. */
  get bytes(): number {
    return this.#bytes.length;
  }

  /** Whether there are wide values, which {@link peek} leaves out. */
  get hasWide(): boolean {
    return this.#packed !== undefined;
  }

  rowsIn(block: number): number {
    return Math.min(BLOCK_ROWS, this.rows - block * BLOCK_ROWS);
  }

  firstUs(block: number): number {
    return this.#firstUs[block] as number;
  }

  /** No row of the block is later than this. */
  boundUs(block: number): number {
    return block + 1 < this.blocks ? (this.#firstUs[block + 1] as number) : this.toUs;
  }

  summaryOf(block: number): Summary {
    return this.#summaries[block] as Summary;
  }

  /** Whether all qualities of a block are good. */
  isGood(block: number): boolean {
    return isGoodBlock(this.#bytes[this.#starts[block] as number] as number);
  }

  /** Times of one block; valid until the next call. @throws Fault on damage */
  timesOf(block: number): Float64Array {
    const count = this.rowsIn(block);
    readTimes(this.#source(block), count, this.firstUs(block), times);
    return times.subarray(0, count);
  }

  /** Time of one row of a block. @throws Fault on damage */
  timeAt(block: number, row: number): number {
    const source = this.#source(block);
    source.u8();
    return readRegular(source, row, this.firstUs(block)) ?? (this.timesOf(block)[row] as number);
  }

  /** Rows of the blocks from..to (without `to`). @throws Fault on damage */
  read(from = 0, to = this.blocks): Rows {
    const count = Math.min(this.rows, to * BLOCK_ROWS) - from * BLOCK_ROWS;
    const rows = allocRows(Math.max(0, count));
    const wideRow: number[] = [];
    const wideValue: Value[] = [];
    const dictionary = () => this.#unpacked();
    for (let b = from; b < to; b++) {
      const target = { rows, from: (b - from) * BLOCK_ROWS, wideRow, wideValue };
      readBlock(this.#source(b), this.rowsIn(b), this.firstUs(b), dictionary, target);
    }
    if (wideRow.length === 0) return rows;
    return { ...rows, wide: { row: Uint32Array.from(wideRow), value: wideValue } };
  }

  /** Rows of one block, valid until any chunk is peeked into again; without wide values. @throws Fault on damage */
  peek(block: number): Rows {
    const count = this.rowsIn(block);
    const target = { rows: peeked, from: 0, wideRow: [], wideValue: [] };
    readBlock(this.#source(block), count, this.firstUs(block), () => this.#unpacked(), target);
    return sliceRows(peeked, 0, count);
  }

  /** The padding at the end is part of it: unpacking reads whole words. */
  #source(block: number): ByteSource {
    return this.#reader.from(this.#starts[block] as number);
  }

  #unpacked(): readonly Value[] {
    if (this.#dictionary) return this.#dictionary;
    if (!this.#packed) throw damaged('its dictionary is missing');
    const { bytes, plain } = this.#packed;
    const source = new ByteSource(
      zstdDecompressSync(bytes, { maxOutputLength: Math.min(plain, UNPACKED_LIMIT_BYTES) }),
    );
    const values: Value[] = [];
    while (source.left > 0) values.push(readValue(source));
    this.#dictionary = values;
    return values;
  }
}

const times = new Float64Array(BLOCK_ROWS);
const peeked = allocRows(BLOCK_ROWS);

const damaged = (what: string): Fault =>
  new Fault('historian.damaged-chunk', `a chunk of the historian is damaged: ${what}`, { retry: 'never' });

/**
 * Checks a chunk, and that it is one of this tag.
 * @throws Fault `historian.damaged-chunk`
 */
export function openChunk(tag: number, bytes: Uint8Array): Chunk {
  const source = new ByteSource(bytes);
  if (bytes.length < HEADER_BYTES || source.u32() !== MAGIC) throw damaged('it does not begin like one');
  const head = source.u32();
  if (head !== VERSION) throw damaged(`it has version ${head}; known is ${VERSION}`);
  if (source.u32() !== crc32(bytes.subarray(CHECKED_FROM))) throw damaged('its checksum is wrong');
  if (source.u32() !== tag) throw damaged('it belongs to another tag');
  try {
    return new Chunk(bytes, source, source.u32(), source.u8());
  } catch (error) {
    throw error instanceof Fault && error.code.startsWith('historian.') ? error : damaged(messageOf(error));
  }
}
