import type { ExtensionObject, Variant } from 'node-opcua-client';
import type { Value } from '#kernel/batch.ts';

/** Numbers of the built-in types that are treated apart (OPC UA Part 6, 5.1.2). */
const BuiltIn = { boolean: 1, int64: 8, uint64: 9, dateTime: 13, byteString: 15, statusCode: 19 } as const;
const ARRAY = 1;
const MATRIX = 2;
/** Of the schemas of the library's own classes, such as LocalizedText; types of a server never have it. */
const BASIC = 'basic';

/**
 * What a Variant holds, as values of ours: 64-bit integers as bigint, times as RFC 3339 text, localized texts and
 * names as their text, node ids and GUIDs as text, structures by the names that the server's types give, matrices as
 * arrays of rows. Null: nothing.
 */
export function variantValue(
  variant:
    | (Pick<Variant, 'dataType' | 'arrayType' | 'value'> & Partial<Pick<Variant, 'dimensions'>>)
    | null
    | undefined,
): Value {
  if (!variant || variant.value === null || variant.value === undefined) return null;
  const { dataType, arrayType, value } = variant;
  if (arrayType === undefined || arrayType < ARRAY) return plainValue(value, dataType);
  const flat = Array.from(value as ArrayLike<unknown>, (one) => plainValue(one, dataType));
  return arrayType === MATRIX ? inRows(flat, variant.dimensions ?? []) : flat;
}

/** The last dimension varies first (OPC UA Part 6, 5.2.2.16). Flat where the dimensions do not hold what there is. */
function inRows(flat: readonly Value[], dimensions: readonly number[]): readonly Value[] {
  const [first = 0, ...others] = dimensions;
  const size = others.reduce((product, one) => product * one, 1);
  if (others.length === 0 || first * size !== flat.length) return flat;
  return Array.from({ length: first }, (_, i) => inRows(flat.slice(i * size, (i + 1) * size), others));
}

/** @param type built-in type where it is known: the library writes 64-bit integers as two halves */
export function plainValue(value: unknown, type?: number): Value {
  if (value === null || value === undefined) return null;
  if (type === BuiltIn.int64 || type === BuiltIn.uint64) return bigOf(value, type === BuiltIn.int64);
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'object':
      return objectValue(value, type);
    default:
      return null;
  }
}

/** High and low half, as the library has them. */
function bigOf(value: unknown, signed: boolean): Value {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  const [high = 0, low = 0] = value as ArrayLike<number> as number[];
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return signed ? BigInt.asIntN(64, bits) : bits;
}

interface Described {
  readonly schema?: { readonly fields: readonly Field[]; readonly category?: string };
}
interface Field {
  readonly name: string;
  readonly originalName?: string;
  readonly fieldType: string;
  readonly isArray?: boolean;
}

function objectValue(value: object, type: number | undefined): Value {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, (one) => plainValue(one, type));
  const { schema } = value as Described;
  // Before all that goes by the names of fields: a structure may use any of them.
  if (schema?.fields && schema.category !== BASIC)
    return structure(value as ExtensionObject, value as Described);
  if ('dataType' in value && 'arrayType' in value) return variantValue(value as Variant);
  if ('text' in value && 'locale' in value) return (value.text as string | null) ?? '';
  if ('namespaceIndex' in value && 'name' in value) return (value.name as string | null) ?? '';
  if ('identifierType' in value) return String(value);
  if (type === BuiltIn.statusCode || ('isGoodish' in value && 'name' in value))
    return String((value as { name?: unknown }).name ?? value);
  return schema?.fields ? structure(value as ExtensionObject, value as Described) : bareFields(value);
}

/** Names as the server's types have them; the library's own begin in lower case. */
function structure(value: object, described: Described): Value {
  const fields: Record<string, Value> = {};
  const held = value as Record<string, unknown>;
  for (const schema of schemas(value, described)) {
    for (const { name, originalName, fieldType } of schema.fields) {
      const one = held[name];
      if (one === undefined) continue; // an optional field that is absent
      fields[originalName ?? name] = fieldValue(one, fieldType);
    }
  }
  return fields;
}

/** The base type's fields come first. */
function schemas(value: object, described: Described): NonNullable<Described['schema']>[] {
  const found = described.schema ? [described.schema] : [];
  for (let type = Object.getPrototypeOf(value.constructor); type; type = Object.getPrototypeOf(type)) {
    const schema = (type as Described).schema;
    if (schema?.fields && !found.includes(schema)) found.unshift(schema);
  }
  return found;
}

const WIDE_FIELDS: Readonly<Record<string, number>> = { Int64: BuiltIn.int64, UInt64: BuiltIn.uint64 };

function fieldValue(value: unknown, fieldType: string): Value {
  const wide = WIDE_FIELDS[fieldType];
  if (wide === undefined) return plainValue(value);
  const isArray = Array.isArray(value) && (value.length === 0 || Array.isArray(value[0]));
  return isArray ? value.map((one) => plainValue(one, wide)) : plainValue(value, wide);
}

function bareFields(value: object): Value {
  const entries = Object.entries(value).filter(([, one]) => typeof one !== 'function');
  return Object.fromEntries(entries.map(([name, one]) => [name, plainValue(one)]));
}

/** The part of a value that a parsed path leads to; undefined where there is none. */
export function partOf(value: Value, path: readonly (string | number)[]): Value | undefined {
  let at: Value | undefined = value;
  for (const step of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at =
      typeof step === 'number'
        ? (at as readonly Value[])[step]
        : Object.hasOwn(at, step)
          ? (at as { readonly [field: string]: Value })[step]
          : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}
