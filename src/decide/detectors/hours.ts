import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

const HOURS = 24;
const HOUR_US = 3600e6;
const FURTHEST = 4;
const FOLLOW = 0.1;
const SPREAD = 0.002;
const LEVEL = 0.005;

/** Behind the remainder and what was expected: variance of the remainder, level over all hours, moments. */
const ALL = 2;
const ALL_FIELDS = 3;
/** Mean and count of each hour, side by side. */
const BY_HOUR = ALL + ALL_FIELDS;

/** Numbers that the hours of a signal take up in a memory. */
export const HOUR_FIELDS = BY_HOUR + 2 * HOURS;

/**
 * What a signal is at each hour of the day (UTC), learned as it comes, and how far a value is from that.
 * @param at where its {@link HOUR_FIELDS} numbers begin, at first all 0
 * @returns the remainder in usual deviations, with its sign; 0 while the hour is new
 */
export function hourOfDay(memory: Float64Array, at: number, value: number, timeUs: number): number {
  const place = at + BY_HOUR + 2 * (((Math.floor(timeUs / HOUR_US) % HOURS) + HOURS) % HOURS);
  const [mean, seen] = [memory[place] as number, memory[place + 1] as number];
  const all = at + ALL;
  const [variance, level] = [memory[all] as number, memory[all + 1] as number];
  const n = (memory[all + 2] as number) + 1;
  const expected = seen > 1 ? mean : n > 1 ? level : value;
  const rest = value - expected;
  memory[at] = rest;
  memory[at + 1] = expected;
  const spread = Math.sqrt(variance);
  const far = seen > 1 && spread > 0 ? rest / spread : 0;
  const bounded = Math.abs(far) > FURTHEST ? Math.sign(rest) * FURTHEST * spread : rest;
  const weight = Math.max(FOLLOW, 1 / (seen + 1));
  const from = seen > 0 ? mean : value - bounded;
  memory[place] = from + (seen > 1 ? weight * bounded : weight * (value - from));
  memory[place + 1] = seen + 1;
  if (seen > 0) memory[all] = variance + Math.max(SPREAD, 1 / n) * (bounded * bounded - variance);
  memory[all + 1] = level + Math.max(LEVEL, 1 / n) * (value - level);
  memory[all + 2] = n;
  return far;
}

/** What is left of the newest value without its hour. */
export const remainderOf = (memory: Float64Array, at: number): number => memory[at] as number;
/** Of the newest value: what its hour had made expect. */
export const expectedAt = (memory: Float64Array, at: number): number => memory[at + 1] as number;

export function hourSnapshot(memory: Float64Array, at: number): Json {
  const byHour = (field: number): number[] =>
    Array.from({ length: HOURS }, (_, hour) => memory[at + BY_HOUR + 2 * hour + field] as number);
  return {
    mean: byHour(0),
    count: byHour(1),
    all: [...memory.subarray(at + ALL, at + ALL + ALL_FIELDS)],
  };
}

export function restoreHours(memory: Float64Array, at: number, from: Json | undefined): void {
  const kept = objectOf(from);
  const [mean, count, all] = [
    numbersOf(kept.mean, HOURS),
    numbersOf(kept.count, HOURS),
    numbersOf(kept.all, ALL_FIELDS),
  ];
  if (!mean || !count || !all) return;
  for (let hour = 0; hour < HOURS; hour++) {
    memory[at + BY_HOUR + 2 * hour] = mean[hour] as number;
    memory[at + BY_HOUR + 2 * hour + 1] = count[hour] as number;
  }
  memory.set(all, at + ALL);
}
