import type { Value } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { ByteSink, ByteSource } from './bytes.ts';

const Kind = {
  null: 0,
  false: 1,
  true: 2,
  double: 3,
  text: 4,
  bytes: 5,
  int64: 6,
  uint64: 7,
  integer: 8,
  array: 9,
  structure: 10,
} as const;

/** Deeper values are cut off as null: appending must not fail, and nothing that a device sends nests like this. */
const MAX_DEPTH = 64;

/** Writes one value, tagged; see docs/formats/journal.md, coding `wide`. Never throws. */
export function writeValue(sink: ByteSink, value: Value, depth = 0): void {
  if (typeof value === 'string') {
    sink.u8(Kind.text);
    sink.text(value);
  } else if (typeof value === 'bigint') writeInteger(sink, value);
  else if (typeof value === 'number') {
    sink.u8(Kind.double);
    sink.f64(value);
  } else if (typeof value === 'boolean') sink.u8(value ? Kind.true : Kind.false);
  else if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) sink.u8(Kind.null);
  else writeComposite(sink, value, depth + 1);
}

function writeInteger(sink: ByteSink, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) {
    sink.u8(Kind.int64);
    sink.u64(value);
  } else if (BigInt.asUintN(64, value) === value) {
    sink.u8(Kind.uint64);
    sink.u64(value);
  } else {
    sink.u8(Kind.integer);
    sink.text(value.toString());
  }
}

type Composite = Uint8Array | readonly Value[] | { readonly [field: string]: Value };

function writeComposite(sink: ByteSink, value: Composite, depth: number): void {
  if (value instanceof Uint8Array) {
    sink.u8(Kind.bytes);
    sink.varint(value.length);
    sink.put(value);
  } else if (isArray(value)) {
    sink.u8(Kind.array);
    sink.varint(value.length);
    for (const inner of value) writeValue(sink, inner, depth);
  } else {
    const fields = Object.entries(value);
    sink.u8(Kind.structure);
    sink.varint(fields.length);
    for (const [name, inner] of fields) {
      sink.text(name);
      writeValue(sink, inner, depth);
    }
  }
}

const isArray = (value: Composite): value is readonly Value[] => Array.isArray(value);

/** @throws Fault `journal.truncated`, `journal.bad-value` */
export function readValue(source: ByteSource, depth = 0): Value {
  const kind = source.u8();
  if (kind === Kind.null) return null;
  if (kind === Kind.false || kind === Kind.true) return kind === Kind.true;
  if (kind === Kind.double) return source.f64();
  if (kind === Kind.text) return source.text();
  if (kind === Kind.bytes) return new Uint8Array(source.take(source.varint()));
  if (kind === Kind.int64) return source.i64();
  if (kind === Kind.uint64) return source.u64();
  if (kind === Kind.integer) return BigInt(source.text());
  if (kind === Kind.array && depth < MAX_DEPTH) return readArray(source, depth + 1);
  if (kind === Kind.structure && depth < MAX_DEPTH) return readStructure(source, depth + 1);
  throw new Fault('journal.bad-value', `a wide value has the unknown kind ${kind}`, { retry: 'never' });
}

function readArray(source: ByteSource, depth: number): Value[] {
  const values: Value[] = [];
  for (let left = source.varint(); left > 0; left--) values.push(readValue(source, depth));
  return values;
}

function readStructure(source: ByteSource, depth: number): { [field: string]: Value } {
  const fields: [string, Value][] = [];
  for (let left = source.varint(); left > 0; left--) fields.push([source.text(), readValue(source, depth)]);
  // Not by assignment: a field may be called __proto__.
  return Object.fromEntries(fields);
}
