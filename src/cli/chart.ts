import { dim } from '#cli/text.ts';

/** What a chart shows: one entry a stretch of time, NaN where nothing usable is known. */
export interface Envelope {
  readonly startUs: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  /** Of the whole picture, in characters. */
  readonly columns: number;
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Dots of a character (Unicode braille): two across, four down, and the bit of each. */
const ACROSS = 2;
const DOWN = 4;
const BITS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BRAILLE = 0x2800;
const LABEL = 9;

/** How many stretches of time a chart of this width shows. */
export const stretches = (columns: number): number => Math.max(10, columns - LABEL - 2) * ACROSS;

/**
 * A trend in the terminal: from the smallest to the largest value of each stretch of time, so that no peak is lost
 * however much time a column stands for. Where nothing is known the axis is broken.
 */
export function chart(envelope: Envelope, options: ChartOptions): string {
  const { title, unit, rows } = options;
  const [low, high] = rangeOf(envelope);
  if (low === undefined || high === undefined) return `${title}: nothing is known in this time`;
  const width = Math.max(10, options.columns - LABEL - 2);
  const ticks = valueTicks(low, high, rows);
  const lines = plot(envelope, width, rows, ticks.low, ticks.high).map((line, row) => {
    const label = ticks.labels.get(row) ?? '';
    return `${label.padStart(LABEL)} ${label === '' ? '│' : '┤'}${line}`;
  });
  const axis = `${' '.repeat(LABEL)} └${axisOf(envelope, width)}`;
  return [
    `${title}${unit === '' ? '' : `  [${unit}]`}`,
    ...lines,
    axis,
    dim(`${' '.repeat(LABEL + 2)}${timeLabels(options, width)}`),
  ].join('\n');
}

function rangeOf({ min, max }: Envelope): [number, number] | [undefined, undefined] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [i, value] of min.entries()) {
    if (Number.isFinite(value) && value < low) low = value;
    const top = max[i] ?? Number.NaN;
    if (Number.isFinite(top) && top > high) high = top;
  }
  return low <= high ? [Math.max(low, -FARTHEST), Math.min(high, FARTHEST)] : [undefined, undefined];
}

/** Beyond it differences are no numbers any more. */
const FARTHEST = 1e300;

function plot({ min, max }: Envelope, width: number, rows: number, low: number, high: number): string[] {
  const cells = Array.from({ length: rows }, () => new Uint8Array(width));
  const dots = rows * DOWN;
  const dotOf = (value: number) =>
    Math.min(dots - 1, Math.max(0, Math.round(((high - value) / (high - low)) * (dots - 1))));
  for (let x = 0; x < Math.min(min.length, width * ACROSS); x++) {
    const bottom = min[x] ?? Number.NaN;
    const top = max[x] ?? Number.NaN;
    if (!Number.isFinite(bottom) || !Number.isFinite(top)) continue;
    // Up to the stretch before, so that a jump is a line and not two points.
    const from = dotOf(Math.max(top, known(min[x - 1], top)));
    const to = dotOf(Math.min(bottom, known(max[x - 1], bottom)));
    for (let y = from; y <= to; y++) {
      const bit = BITS[(x % ACROSS) as 0 | 1][(y % DOWN) as 0 | 1 | 2 | 3];
      const cell = cells[Math.floor(y / DOWN)];
      const column = Math.floor(x / ACROSS);
      if (cell) cell[column] = (cell[column] ?? 0) | bit;
    }
  }
  return cells.map((row) => Array.from(row, dotsText).join('').trimEnd());
}

const known = (value: number | undefined, otherwise: number): number =>
  value !== undefined && Number.isFinite(value) ? value : otherwise;

const dotsText = (dots: number): string => (dots === 0 ? ' ' : String.fromCharCode(BRAILLE + dots));

/** A hole is seen on the axis: a line above it may just be short. */
function axisOf({ min }: Envelope, width: number): string {
  return Array.from({ length: width }, (_, column) => {
    const all = min.slice(column * ACROSS, (column + 1) * ACROSS);
    return all.some(Number.isFinite) ? '─' : '·';
  }).join('');
}

interface Ticks {
  readonly low: number;
  readonly high: number;
  /** By row. */
  readonly labels: ReadonlyMap<number, string>;
}

/** Round numbers beside the rows that they belong to, and a scale that reaches to them. */
function valueTicks(low: number, high: number, rows: number): Ticks {
  const middle = (low + high) / 2;
  const least = Math.max(Math.abs(middle) * 1e-9, 1e-9);
  const span = Math.max(high - low, least);
  const step = roundStep(span / Math.max(1, Math.floor(rows / 2)));
  const bottom = Math.floor((middle - span / 2) / step) * step;
  const top = Math.ceil((middle + span / 2) / step) * step;
  const reach = top === bottom ? step : top - bottom;
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(step))));
  const labels = new Map<number, string>();
  for (let n = 0; n <= rows && n * step <= reach * 1.000001; n++) {
    const value = bottom + n * step;
    const row = Math.round((1 - (n * step) / reach) * (rows - 1));
    labels.set(row, tickText(value, digits));
  }
  return { low: bottom, high: bottom + reach, labels };
}

/** 1, 2 or 5 times a power of ten, not below what was asked for. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least * 0.999999) ?? 10) * power;
}

function tickText(value: number, digits: number): string {
  // A negative number with an exponent of three digits has room for one more.
  const texts = [value.toFixed(digits), value.toExponential(2), value.toExponential(1)];
  return texts.find((text) => text.length <= LABEL - 1) ?? value.toExponential(1);
}

/** First, middle and last moment; with the day where it is another one than that before. */
function timeLabels({ fromUs, toUs }: ChartOptions, width: number): string {
  const count = Math.max(2, Math.min(5, Math.floor(width / 22) + 1));
  const isShort = toUs - fromUs < 300e6;
  const labels: { readonly at: number; readonly text: string }[] = [];
  let day = '';
  for (let n = 0; n < count; n++) {
    const [date = '', time = ''] = local(fromUs + ((toUs - fromUs) * n) / (count - 1));
    const clock = time.slice(0, isShort ? 8 : 5);
    const text = date === day ? clock : `${date} ${clock}`;
    day = date;
    const at = Math.round((width * n) / (count - 1));
    labels.push({ at: n === 0 ? 0 : n === count - 1 ? width - text.length : at - (text.length >> 1), text });
  }
  return labels.reduce(
    (line, { at, text }) => `${line.padEnd(Math.max(line.length === 0 ? 0 : line.length + 1, at))}${text}`,
    '',
  );
}

/** Date and time of this machine's zone. */
function local(us: number): string[] {
  const ms = us / 1000;
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19).split('T');
}
