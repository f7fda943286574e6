import { truthOf } from '#contract/truth.ts';
import type { Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Cell } from './table.ts';
import { short } from './times.ts';

/** Why a cell is no value of its tag. */
export class Refused {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** What exports of historians and spreadsheets write where there is no value. */
const NOTHING: ReadonlySet<string> = new Set([
  '',
  '-',
  '--',
  'nan',
  'null',
  'none',
  'na',
  'n/a',
  '#n/a',
  'no data',
]);
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 64n - 1n;

export const isNothing = (cell: Cell): boolean =>
  cell === null ||
  (typeof cell === 'string' && NOTHING.has(cell.trim().toLowerCase())) ||
  (typeof cell === 'number' && Number.isNaN(cell));

/** Reads the cells of one tag: undefined where there is nothing. */
export function cellReader(tag: TagInfo, decimal: '.' | ','): (cell: Cell) => Value | Refused | undefined {
  const read = READERS[tag.type](tag, decimal);
  return (cell) =>
    isNothing(cell) && tag.type !== 'text' ? undefined : cell === null ? undefined : read(cell);
}

type Reader = (tag: TagInfo, decimal: '.' | ',') => (cell: Value) => Value | Refused | undefined;

const READERS: { readonly [type in TagInfo['type']]: Reader } = {
  number: (_, decimal) => (cell) => numberOf(cell, decimal) ?? new Refused(`${shown(cell)} is no number`),
  boolean: (_, decimal) => (cell) => {
    if (typeof cell === 'boolean') return cell;
    const word = truthOf(String(cell));
    if (word !== undefined) return word;
    const number = numberOf(cell, decimal);
    return number === 1 || number === 0
      ? number === 1
      : new Refused(`${shown(cell)} is neither true nor false`);
  },
  enum: ({ states = {} }, decimal) => {
    const codes = new Map(Object.entries(states).map(([code, name]) => [name.toLowerCase(), Number(code)]));
    return (cell) => {
      const code = codes.get(String(cell).trim().toLowerCase()) ?? numberOf(cell, decimal);
      if (code === undefined || !Number.isInteger(code) || code < 0)
        return new Refused(`${shown(cell)} is no state`);
      return code;
    };
  },
  int64: () => (cell) => {
    const text = String(cell).trim();
    if (!/^[-+]?\d+$/.test(text)) return new Refused(`${shown(cell)} is no whole number`);
    const value = BigInt(text.replace('+', ''));
    return value < INT64_MIN || value > INT64_MAX
      ? new Refused(`${shown(cell)} does not fit into 64 bits`)
      : value;
  },
  text: () => (cell) => {
    if (typeof cell !== 'string') return String(cell);
    if (cell === '') return undefined;
    return cell.includes('\ufffd') ? new Refused('the text is in another encoding than the file') : cell;
  },
  structure: () => (cell) => {
    if (typeof cell === 'object') return cell;
    try {
      return JSON.parse(String(cell)) as Value;
    } catch {
      return new Refused(`${shown(cell)} is no JSON`);
    }
  },
};

function numberOf(cell: Value, decimal: '.' | ','): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell === 'boolean') return Number(cell);
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : undefined;
  if (typeof cell !== 'string') return undefined;
  const plain = cell.trim();
  const text = decimal === ',' ? plain.replace(',', '.') : plain;
  if (!NUMBER.test(text)) return undefined;
  // A sensor that says -0.00 means zero.
  const value = Number(text) + 0;
  return Number.isFinite(value) ? value : undefined;
}

const shown = (cell: Value): string => short(typeof cell === 'object' ? JSON.stringify(cell) : String(cell));

const BY_NAME = new Map<string, number>(
  Object.entries(Quality).map(([name, code]) => [name.toLowerCase(), code]),
);

/** The mark of a row that says where a hole begins or ends, as an export writes it. */
export const isGapMark = (cell: Cell): boolean => typeof cell === 'string' && /^gap(:|-end$)/.test(cell);

/**
 * A quality as exports write it: a name, `good(0x00a2)`, a whole status code of OPC UA in hexadecimal digits, or 192 and
 * 64 as OPC DA counts. Nothing is good.
 */
export function qualityOf(cell: Cell): number | Refused {
  if (isNothing(cell)) return Quality.good;
  const text = String(cell).trim().toLowerCase();
  const named = BY_NAME.get(text.replaceAll(/[ _]/g, ''));
  if (named !== undefined) return named;
  const code = /^(?:\w+\()?0x([0-9a-f]{4})(?:([0-9a-f]{4}))?\)?$/.exec(text);
  if (code?.[1]) return Number.parseInt(code[1], 16);
  if (text === '192') return Quality.good;
  if (text === '64') return Quality.uncertain;
  return new Refused(`${short(String(cell))} is no quality: good, uncertain, bad, or a name of OPC UA`);
}
