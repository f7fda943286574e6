import { asciiText, NumberScan, utf8Text } from '#codec/json/number.ts';
import { type JsonPaths, Kind } from '#codec/json/paths.ts';
import type { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { Tag, TagType } from '#kernel/tag-table.ts';

/** Where a value goes: all that conversion needs to know of a tag. */
export interface Target {
  readonly tag: number;
  readonly type: TagType;
  /** Names of enum codes, as a device may send them. */
  readonly codes: ReadonlyMap<string, number>;
}

export const targetOf = (tag: Tag): Target => ({
  tag: tag.number,
  type: tag.type,
  codes: new Map(Object.entries(tag.states ?? {}).map(([code, name]) => [name, Number(code)])),
});

const WORDS = new Map([
  ['true', 1],
  ['false', 0],
  ['on', 1],
  ['off', 0],
  ['1', 1],
  ['0', 0],
]);
/** Longest text that can be one of the words. */
const LONGEST_WORD = 5;
/** What people write and JSON does not allow: a plus, leading zeros, a bare dot. */
const LOOSE_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INTEGER = /^-?\d+$/;
const LEAST_INT64 = -(2n ** 63n);
const MOST_INT64 = 2n ** 63n - 1n;

const bad = (rows: BatchBuilder, to: Target, timeUs: number, quality: number): void =>
  rows.add(to.tag, timeUs, Number.NaN, quality);

/**
 * One row from a value inside a JSON document. A value of another type than the tag's becomes a bad row, never an
 * error. @param quality of the row when the value is fine
 */
export function addJson(
  rows: BatchBuilder,
  to: Target,
  timeUs: number,
  quality: number,
  json: JsonPaths,
  slot: number,
): void {
  const kind = json.kind[slot];
  const number = kind === Kind.number ? (json.number[slot] as number) : Number.NaN;
  switch (to.type) {
    case 'number':
      if (kind === Kind.number) addFinite(rows, to, timeUs, quality, number);
      else bad(rows, to, timeUs, Quality.badTypeMismatch);
      return;
    case 'boolean':
      addCode(rows, to, timeUs, quality, jsonFlag(json, slot));
      return;
    case 'enum':
      addCode(rows, to, timeUs, quality, kind === Kind.string ? nameCode(json, slot, to) : number);
      return;
    case 'int64':
      addInt64(rows, to, timeUs, quality, kind === Kind.number ? json.literal(slot) : '');
      return;
    case 'text':
    case 'structure':
      if (kind === (to.type === 'text' ? Kind.string : Kind.container)) {
        rows.addValue(to.tag, timeUs, json.parse(slot), quality);
      } else bad(rows, to, timeUs, Quality.badTypeMismatch);
  }
}

/** Rows from payloads that are the value itself, as text. */
export class PlainReader {
  readonly #scan = new NumberScan();

  /** One row from the payload. Structures are JSON documents and not read here. */
  add(
    rows: BatchBuilder,
    to: Target,
    timeUs: number,
    quality: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (to.type === 'text') {
      rows.addValue(to.tag, timeUs, utf8Text(bytes, start, end), quality);
      return;
    }
    let from = start;
    let behind = end;
    while (from < behind && (bytes[from] as number) <= 0x20) from++;
    while (from < behind && (bytes[behind - 1] as number) <= 0x20) behind--;
    if (from === behind) bad(rows, to, timeUs, Quality.badDecoding);
    else if (to.type === 'int64') addInt64(rows, to, timeUs, quality, asciiText(bytes, from, behind));
    else if (to.type === 'boolean') addCode(rows, to, timeUs, quality, flagWord(bytes, from, behind));
    else this.#addNumber(rows, to, timeUs, quality, bytes, from, behind);
  }

  #addNumber(
    rows: BatchBuilder,
    to: Target,
    timeUs: number,
    quality: number,
    bytes: Uint8Array,
    from: number,
    behind: number,
  ): void {
    const strict = this.#scan.scan(bytes, from, behind) === behind;
    if (to.type === 'number' && strict) {
      addFinite(rows, to, timeUs, quality, this.#scan.value);
      return;
    }
    const text = utf8Text(bytes, from, behind);
    const number = LOOSE_NUMBER.test(text) ? Number(text) : Number.NaN;
    if (to.type === 'enum') addCode(rows, to, timeUs, quality, to.codes.get(text) ?? number);
    else if (Number.isNaN(number)) bad(rows, to, timeUs, Quality.badDecoding);
    else addFinite(rows, to, timeUs, quality, number);
  }
}

function addFinite(rows: BatchBuilder, to: Target, timeUs: number, quality: number, value: number): void {
  if (Number.isFinite(value)) rows.add(to.tag, timeUs, value, quality);
  else bad(rows, to, timeUs, Quality.badOutOfRange);
}

/** Booleans and enum codes: whole numbers from 0 on. */
function addCode(rows: BatchBuilder, to: Target, timeUs: number, quality: number, code: number): void {
  if (Number.isInteger(code) && code >= 0) rows.add(to.tag, timeUs, code, quality);
  else bad(rows, to, timeUs, Quality.badTypeMismatch);
}

function addInt64(rows: BatchBuilder, to: Target, timeUs: number, quality: number, literal: string): void {
  if (!INTEGER.test(literal) || literal.length > 20) {
    bad(rows, to, timeUs, INTEGER.test(literal) ? Quality.badOutOfRange : Quality.badTypeMismatch);
    return;
  }
  const value = BigInt(literal);
  if (value < LEAST_INT64 || value > MOST_INT64) bad(rows, to, timeUs, Quality.badOutOfRange);
  else rows.addValue(to.tag, timeUs, value, quality);
}

const nameCode = (json: JsonPaths, slot: number, to: Target): number =>
  to.codes.get(String(json.parse(slot))) ?? Number.NaN;

/** 1, 0, or NaN for what is neither. */
function jsonFlag(json: JsonPaths, slot: number): number {
  switch (json.kind[slot]) {
    case Kind.true:
      return 1;
    case Kind.false:
      return 0;
    case Kind.number:
      return json.number[slot] === 1 || json.number[slot] === 0 ? (json.number[slot] as number) : Number.NaN;
    case Kind.string:
      return WORDS.get(String(json.parse(slot)).toLowerCase()) ?? Number.NaN;
    default:
      return Number.NaN;
  }
}

const flagWord = (bytes: Uint8Array, start: number, end: number): number =>
  end - start > LONGEST_WORD
    ? Number.NaN
    : (WORDS.get(asciiText(bytes, start, end).toLowerCase()) ?? Number.NaN);
