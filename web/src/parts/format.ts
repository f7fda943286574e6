/* Numbers, times and amounts as the whole console writes them. */

import { Zone } from './trend/zone.ts';

const DIGITS = 5;
const numbers = new Intl.NumberFormat('en', { maximumSignificantDigits: DIGITS, useGrouping: false });
const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A measured value: five digits are more than any sensor has. */
export const number = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(3);
  return size >= 10 ** DIGITS ? counts.format(value).replaceAll(',', '\u202f') : numbers.format(value);
};

/** A whole number of any length, given in figures, as other numbers are written. */
export const digits = (figures: string): string =>
  figures.replace(/^-?/, '').length > DIGITS ? figures.replaceAll(/\B(?=(\d{3})+$)/g, '\u202f') : figures;

/** How many: thousands apart by a thin space. */
export const count = (value: number): string => counts.format(value).replaceAll(',', '\u202f');

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${BYTE_UNITS[unit]}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time in its two largest units; whole seconds below a minute. */
export function duration(ms: number): string {
  if (ms < 1000) return ms < 1 ? '0 s' : '< 1 s';
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s`;
  if (ms < HOUR_MS) return two(ms, MINUTE_MS, 'min', 1000, 's');
  if (ms < DAY_MS) return two(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return two(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function two(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}

/** A short time, in the unit that fits: µs, ms or s. */
export function fineMs(ms: number): string {
  if (ms < 0.095) return `${(ms * 1000).toPrecision(2)} µs`;
  if (ms < 9.95) return `${ms.toPrecision(2)} ms`;
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toPrecision(2)} s`;
}

let zone = new Zone(undefined);

/** Takes the zone that the site has told, as the IANA names it. */
export function zoneTold(name: string): void {
  if (name !== zone.name) zone = new Zone(name);
}

/**
 * Whose clocks the page writes times by: those of the site, wherever the browser stands. Those of the browser until it has
 * told them, and before a fleet, which has no one zone.
 */
export const shownZone = (): Zone => zone;

export const timeOfDay = (ms: number): string =>
  shownZone()
    .text(ms / 1000)
    .slice(11);
/** As ISO 8601 has it: the only form that is read the same way everywhere. */
export const date = (ms: number): string =>
  shownZone()
    .text(ms / 1000)
    .slice(0, 10);

/** A moment: the time alone where it was today. */
export const moment = (ms: number, nowMs: number): string =>
  date(ms) === date(nowMs) ? timeOfDay(ms) : `${date(ms)} ${timeOfDay(ms)}`;
