import * as zlib from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { Fault } from '#kernel/fault.ts';
import type { Column, Field } from './export.ts';

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

/** Bytes are taken away after each row group, so that none stay in memory. */
class Taken extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

/** A Parquet file that grows by row groups, compressed with Zstandard. Times are TIMESTAMP in µs, UTC. */
export class ParquetFile {
  rows = 0;
  readonly #columns: readonly Column[];
  readonly #writer = new Taken();
  readonly #file: ParquetWriter;
  #fields: Field[][];

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#fields = columns.map(() => []);
    this.#file = new ParquetWriter({
      writer: this.#writer,
      schema: [{ name: 'history', num_children: columns.length }, ...columns.map(elementOf)],
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zlib.zstdCompressSync(bytes) },
      createdBy: 'Holdfast',
    });
  }

  add(row: readonly Field[]): void {
    this.rows++;
    for (const [i, field] of row.entries()) this.#fields[i]?.push(field);
  }

  /** What was added since as one row group. @throws Fault `exchange.not-int64` */
  group(): Uint8Array {
    const columnData = this.#columns.map((column, i) => ({
      name: column.name,
      data: physical(this.#fields[i] ?? [], column),
      offsetIndex: false,
    }));
    // Nothing is waited for: the writer lies in memory.
    void this.#file.write({ columnData, rowGroupSize: this.rows });
    this.#fields = this.#columns.map(() => []);
    this.rows = 0;
    return this.#writer.take();
  }

  /** The end of the file, which says what is in it. */
  end(): Uint8Array {
    void this.#file.finish();
    return this.#writer.take();
  }
}

function elementOf({ name, type, isFull }: Column): SchemaElement {
  const common = { name, repetition_type: isFull ? 'REQUIRED' : 'OPTIONAL' } as const;
  switch (type) {
    case 'time':
      return {
        ...common,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      };
    case 'number':
      return { ...common, type: 'DOUBLE' };
    case 'boolean':
      return { ...common, type: 'BOOLEAN' };
    case 'int64':
      return { ...common, type: 'INT64' };
    case 'text':
      return { ...common, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  }
}

function physical(fields: Field[], { name, type }: Column): unknown[] {
  if (type === 'time') return fields.map((field) => BigInt(field as number));
  if (type !== 'int64') return fields;
  for (const field of fields) {
    if (field === null || (typeof field === 'bigint' && field >= INT64[0] && field <= INT64[1])) continue;
    throw new Fault(
      'exchange.not-int64',
      `${name} holds ${String(field)}, which Parquet's INT64 cannot hold`,
      {
        retry: 'never',
        hint: 'export as CSV, or without this tag',
      },
    );
  }
  return fields;
}
