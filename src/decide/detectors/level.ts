import { numbersOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/** Deviations further out than this count as this far when a spread is learned: a fault must not teach that it is usual. */
const FURTHEST = 4;
const SETTLED = 20;

/** Numbers that a level takes up in a memory: level, baseline, variance of their distance, moments, moments since it settled. */
export const LEVEL_FIELDS = 5;

/**
 * How far a smoothed level is from a slow one, in usual deviations of that distance; both follow for ever.
 * @param at where its {@link LEVEL_FIELDS} numbers begin, at first all 0
 * @param fast weight of the newest value in the level. @param slow the same in the baseline
 * @returns with its sign; 0 until there is something to compare with
 */
export function levelShift(
  memory: Float64Array,
  at: number,
  fast: number,
  slow: number,
  value: number,
): number {
  const n = (memory[at + 3] as number) + 1;
  const level = levelOf(memory, at) + Math.max(fast, 1 / n) * (value - levelOf(memory, at));
  const base = baseOf(memory, at) + Math.max(slow, 1 / n) * (value - baseOf(memory, at));
  memory[at] = level;
  memory[at + 1] = base;
  memory[at + 3] = n;
  // Before that both are the same mean.
  if (n * fast < 2) return 0;
  const k = (memory[at + 4] as number) + 1;
  const away = level - base;
  const variance = memory[at + 2] as number;
  const spread = Math.sqrt(variance);
  const far = k > SETTLED && spread > 0 ? away / spread : 0;
  const bounded = Math.abs(far) > FURTHEST ? FURTHEST * spread : away;
  memory[at + 2] = variance + Math.max(slow, 1 / k) * (bounded * bounded - variance);
  memory[at + 4] = k;
  return far;
}

export const levelOf = (memory: Float64Array, at: number): number => memory[at] as number;
export const baseOf = (memory: Float64Array, at: number): number => memory[at + 1] as number;

export const levelSnapshot = (memory: Float64Array, at: number): Json => [
  ...memory.subarray(at, at + LEVEL_FIELDS),
];

export function restoreLevel(memory: Float64Array, at: number, from: Json | undefined): void {
  const kept = numbersOf(from, LEVEL_FIELDS);
  if (kept) memory.set(kept, at);
}
