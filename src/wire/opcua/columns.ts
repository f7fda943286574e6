import type { DataChangeNotification, Variant } from 'node-opcua-client';

/*
 * Reads data change notifications straight into columns (OPC UA Part 6, 5.2.2.17 DataValue; Part 4, 7.25.2). The
 * library's own decoder makes five objects for each sample, which at 20,000 samples a second is most of its work.
 */

/** The samples of one notification; row i is one. */
export interface Columns {
  readonly rows: number;
  readonly handle: Uint32Array;
  /** NaN where `wide` holds the row, or where there is no value. */
  readonly value: Float64Array;
  readonly status: Uint32Array;
  /** Source time, where absent the server's; µs since 1970; 0 where there is neither. */
  readonly timeUs: Float64Array;
  /** Rows that are no double, in ascending order: 64-bit integers as bigint, all else as the library's Variant. */
  readonly wideRow: readonly number[];
  readonly wideValue: readonly (bigint | Variant)[];
}

/** The library's stream: a buffer and the place that was read up to. */
interface Stream {
  buffer: Buffer;
  length: number;
}

type Decode = (this: DataChangeNotification, stream: Stream) => void;
interface Noted extends DataChangeNotification {
  columns?: Columns;
}

const COLUMNS = Symbol.for('holdfast.opcua.columns');
interface Library {
  readonly DataChangeNotification: typeof DataChangeNotification;
  readonly Variant: typeof Variant;
}

/**
 * Makes the library decode these notifications into columns. Whoever asks one for its `monitoredItems` still gets
 * them, decoded by the library at that moment: nobody else notices.
 */
export function installColumns(library: Library): void {
  const prototype = library.DataChangeNotification.prototype as unknown as {
    decode: Decode & { [COLUMNS]?: true };
  };
  if (prototype.decode[COLUMNS]) return;
  const original = prototype.decode;
  const decode: Decode & { [COLUMNS]?: true } = function (this: Noted, stream) {
    const from = { buffer: stream.buffer, at: stream.length };
    const StreamOf = stream.constructor as new (buffer: Buffer) => Stream;
    this.columns = readColumns(stream, library.Variant);
    lazily(this, () => {
      const again = new StreamOf(from.buffer);
      again.length = from.at;
      original.call(this, again);
    });
  };
  decode[COLUMNS] = true;
  prototype.decode = decode;
}

/** What was decoded, or undefined for a notification that the library made otherwise. */
export const columnsOf = (notification: DataChangeNotification): Columns | undefined =>
  (notification as Noted).columns;

function lazily(notification: DataChangeNotification, decode: () => void): void {
  for (const field of ['monitoredItems', 'diagnosticInfos'] as const) {
    Object.defineProperty(notification, field, {
      configurable: true,
      enumerable: false,
      get() {
        plain(notification);
        decode();
        return notification[field];
      },
    });
  }
}

function plain(notification: DataChangeNotification): void {
  for (const field of ['monitoredItems', 'diagnosticInfos'] as const)
    Object.defineProperty(notification, field, {
      configurable: true,
      enumerable: true,
      writable: true,
      value: null,
    });
}

const HAS_VALUE = 0x01;
const HAS_STATUS = 0x02;
const HAS_SOURCE_TIME = 0x04;
const HAS_SERVER_TIME = 0x08;
const HAS_SOURCE_PICOSECONDS = 0x10;
const HAS_SERVER_PICOSECONDS = 0x20;

/** Shortest notification of one item: handle and mask. */
const MIN_ITEM_BYTES = 5;

/** Reads the items and leaves the stream behind them. @throws RangeError where the bytes end too soon */
export function readColumns(stream: Stream, VariantOf: typeof Variant): Columns {
  const { buffer } = stream;
  const announced = buffer.readInt32LE(stream.length);
  let at = stream.length + 4;
  const rows = Math.max(0, announced);
  if (rows * MIN_ITEM_BYTES > buffer.length - at) throw new RangeError(`${rows} items do not fit`);
  const handle = new Uint32Array(rows);
  const value = new Float64Array(rows).fill(Number.NaN);
  const status = new Uint32Array(rows);
  const timeUs = new Float64Array(rows);
  const wideRow: number[] = [];
  const wideValue: (bigint | Variant)[] = [];
  for (let i = 0; i < rows; i++) {
    handle[i] = buffer.readUInt32LE(at);
    const mask = buffer.readUInt8(at + 4);
    at += 5;
    if (mask & HAS_VALUE) {
      const type = buffer.readUInt8(at);
      const size = SIZES[type] ?? 0;
      if (size > 0) {
        value[i] = readScalar(buffer, at + 1, type);
        at += 1 + size;
      } else if (type === INT64 || type === UINT64) {
        wideRow.push(i);
        wideValue.push(type === INT64 ? buffer.readBigInt64LE(at + 1) : buffer.readBigUInt64LE(at + 1));
        at += 9;
      } else {
        const variant = new VariantOf(null as never);
        stream.length = at;
        (variant as unknown as { decode(from: Stream): void }).decode(stream);
        at = stream.length;
        wideRow.push(i);
        wideValue.push(variant);
      }
    }
    if (mask & HAS_STATUS) {
      status[i] = buffer.readUInt32LE(at);
      at += 4;
    }
    if (mask & HAS_SOURCE_TIME) {
      timeUs[i] = readTimeUs(buffer, at);
      at += 8;
    }
    if (mask & HAS_SOURCE_PICOSECONDS) at += 2;
    if (mask & HAS_SERVER_TIME) {
      if (timeUs[i] === 0) timeUs[i] = readTimeUs(buffer, at);
      at += 8;
    }
    if (mask & HAS_SERVER_PICOSECONDS) at += 2;
  }
  // An array of diagnostics follows; it is asked for by nobody and ends with the notification.
  stream.length = at + (buffer.length - at >= 4 && buffer.readInt32LE(at) <= 0 ? 4 : 0);
  return { rows, handle, value, status, timeUs, wideRow, wideValue };
}

const INT64 = 8;
const UINT64 = 9;
/** Bytes of the scalars that are doubles here, by built-in type (Part 6, 5.1.2): Boolean 1 … Float 10, Double 11. */
const SIZES: readonly number[] = [0, 1, 1, 1, 2, 2, 4, 4, 0, 0, 4, 8];

function readScalar(buffer: Buffer, at: number, type: number): number {
  switch (type) {
    case 11:
      return buffer.readDoubleLE(at);
    case 10:
      return buffer.readFloatLE(at);
    case 7:
      return buffer.readUInt32LE(at);
    case 6:
      return buffer.readInt32LE(at);
    case 5:
      return buffer.readUInt16LE(at);
    case 4:
      return buffer.readInt16LE(at);
    case 2:
      return buffer.readInt8(at);
    case 1:
      return buffer.readUInt8(at) === 0 ? 0 : 1;
    default:
      return buffer.readUInt8(at);
  }
}

// 1970-01-01 in intervals of 100 ns since 1601 (Part 6, 5.2.2.5), in halves of 32 bits.
const EPOCH_HIGH = 0x019d_b1de;
const EPOCH_LOW = 0xd53e_8000;

/** µs since 1970, exact: 2^32 intervals are 429,496,729.6 µs. 0 stands for no time. */
export function readTimeUs(buffer: Buffer, at: number): number {
  const low = buffer.readUInt32LE(at);
  const high = buffer.readInt32LE(at + 4);
  // The earliest and the latest time stand for none.
  if ((high === 0 && low === 0) || high === 0x7fff_ffff) return 0;
  const highs = high - EPOCH_HIGH;
  return highs * 429_496_729 + Math.floor((6 * highs + (low - EPOCH_LOW)) / 10);
}
