import { stripVTControlCharacters } from 'node:util';
import type { Json } from '#kernel/event.ts';

const colours = (on: boolean) => (code: number) => (text: string) =>
  on ? `\x1b[${code}m${text}\x1b[0m` : text;
const paint = colours(Boolean(process.stdout.isTTY) && !process.env.NO_COLOR);

/** Colours are sparing: saved for what is abnormal (ISA-101). */
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => width(row[c] ?? ''))));
  const right = head.map(
    (_, c) => rows.length > 0 && rows.every((row) => /^[-\d.,\s]*$/.test(plain(row[c] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((size, c) => pad(cells[c] ?? '', size, right[c] ?? false))
      .join('  ')
      .trimEnd();
  return [dim(line(head)), ...rows.map(line)].join('\n');
}

const plain = stripVTControlCharacters;
const width = (text: string): number => plain(text).length;
const pad = (text: string, size: number, right: boolean): string => {
  const fill = ' '.repeat(Math.max(0, size - width(text)));
  return right ? fill + text : text + fill;
};

/** Says where something comes from that was not said of the asset itself; `from` is '' for the whole site. */
export function above(asset: string, from: string | undefined): string {
  return from === undefined || from === asset ? '' : ` (of ${from || 'the site'})`;
}

/** Cut to a number of visible columns; colours do not count. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  return `${plain(text).slice(0, Math.max(0, columns - 1))}…`;
}

export function number(value: number, digits = 1): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en-US').replaceAll(',', ' ');
  return value.toFixed(Math.abs(value) < 10 ? digits + 1 : digits);
}

export function valueText(value: Json): string {
  if (typeof value === 'number') return number(value);
  if (value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = count;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${left < 10 && unit > 0 ? left.toFixed(1) : Math.round(left)} ${units[unit]}`;
}

export function age(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(0)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export const clockTime = (us: number): string => new Date(us / 1000).toISOString().slice(11, 19);

const BARS = '▁▂▃▄▅▆▇█';

/** A trend in one line: lowest to highest of what is shown; gaps where there was no number. */
export function sparkline(values: readonly number[]): string {
  const known = values.filter(Number.isFinite);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const step = span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1));
      return BARS[step];
    })
    .join('');
}
