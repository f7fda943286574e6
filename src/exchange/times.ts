import { Fault } from '#kernel/fault.ts';
import type { Cell } from './table.ts';
import type { Zone } from './zone.ts';

/** How the times of a file are written. `iso` takes 2026-11-28 14:03:02.5, with or without a zone. */
export const TIME_FORMATS = ['iso', 'dmy', 'mdy', 's', 'ms', 'us', 'ns'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

const CLOCK =
  '(?:[T ,]+(\\d{1,2}):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d+))?)?\\s*([AaPp][Mm])?)?\\s*(Z|[+-]\\d\\d(?::?\\d\\d)?|UTC|GMT)?';
const ISO = new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${CLOCK}$`);
const DAY_FIRST = new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${CLOCK}$`);
const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** What one of each is in µs. */
const UNITS: { readonly [format: string]: number } = { s: 1e6, ms: 1e3, us: 1, ns: 1e-3 };

/**
 * How these times are written, from what they look like. Numbers are told apart by their size: all of them lie after
 * 1973 and before 2286. @returns undefined where they are no times @throws Fault `exchange.ambiguous-time`
 */
export function guessTime(samples: readonly Cell[]): TimeFormat | undefined {
  const texts = samples.map((cell) => String(cell ?? '').trim()).filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  if (texts.every((text) => NUMBER.test(text))) return epochOf(texts);
  if (texts.every((text) => ISO.test(text))) return 'iso';
  const parts = texts.map((text) => DAY_FIRST.exec(text));
  if (!parts.every((part) => part !== null)) return undefined;
  if (parts.some((part) => Number(part[1]) > 12) || texts.every((text) => /^\d+\./.test(text))) return 'dmy';
  if (parts.some((part) => Number(part[2]) > 12)) return 'mdy';
  throw new Fault('exchange.ambiguous-time', `${texts[0]} may begin with the day or with the month`, {
    retry: 'never',
    hint: 'say which: --time-format dmy or --time-format mdy',
  });
}

function epochOf(texts: readonly string[]): TimeFormat | undefined {
  const smallest = Math.min(...texts.map((text) => Math.abs(Number(text))));
  if (smallest < 1e8) return undefined;
  if (smallest < 1e10) return 's';
  if (smallest < 1e13) return 'ms';
  return smallest < 1e16 ? 'us' : 'ns';
}

/** Whether such a text says its zone by itself. */
export const hasZone = (text: string): boolean =>
  /(Z|UTC|GMT|\d[+-]\d\d(?::?\d\d)?)$/.test(text.trim()) && /:/.test(text);

/** A moment, or why there is none. */
export type Moment = number | string;

/**
 * Reads times as µs since 1970.
 * @param zone of times that name none; undefined where none may come
 * @returns a function of a cell and of the moment before it: where clocks went back, a local time that there was twice
 *   is the earlier one, unless it would lie before the moment before
 */
export function timeReader(
  format: TimeFormat,
  zone: Zone | undefined,
): (cell: Cell, beforeUs: number) => Moment {
  const unit = UNITS[format];
  if (unit !== undefined) return (cell) => epoch(cell, format, unit);
  const [form, order] =
    format === 'iso' ? [ISO, [1, 2, 3]] : [DAY_FIRST, format === 'dmy' ? [3, 2, 1] : [3, 1, 2]];
  return (cell, beforeUs) => {
    const text = String(cell ?? '').trim();
    const found = form.exec(text);
    if (!found) return text === '' ? 'the time is missing' : `${short(text)} is no time`;
    const [year, month, day] = order.map((i) => Number(found[i])) as [number, number, number];
    const local = localOf(found, year, month, day);
    if (local === undefined) return `there is no time ${short(text)}`;
    const offset = offsetOf(found[9]);
    if (offset !== undefined) return local - offset;
    if (!zone) return `${short(text)} names no zone: say which one with --zone`;
    const [first, second] = zone.moments(local);
    if (first === undefined) return `there was no ${short(text)} in ${zone.name}: clocks went forward`;
    return second !== undefined && first < beforeUs ? second : first;
  };
}

function epoch(cell: Cell, format: TimeFormat, unit: number): Moment {
  if (typeof cell === 'bigint') return format === 'ns' ? Number(cell / 1000n) : Number(cell) * unit;
  const text = String(cell ?? '').trim();
  if (text === '') return 'the time is missing';
  if (!NUMBER.test(text)) return `${short(text)} is no count of ${format} since 1970`;
  // Beyond what a double tells apart; the last three digits are below a µs.
  if (format === 'ns' && /^\d+$/.test(text)) return Number(text.slice(0, -3));
  return Math.round(Number(text) * unit);
}

/** Undefined for the 30th of February. */
function localOf(found: RegExpExecArray, year: number, month: number, day: number): number | undefined {
  const [, , , , hours = '0', minutes = '0', seconds = '0', fraction = '', half] = found;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const ms = Date.UTC(year, month - 1, day, hour, Number(minutes), Number(seconds));
  const date = new Date(ms);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (!/^[+-]/.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone[0] === '-' ? -1 : 1) * minutes * 60e6;
}

/** What a message shows of a cell. */
export const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
