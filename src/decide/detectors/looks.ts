import {
  expectedAt,
  HOUR_FIELDS,
  hourOfDay,
  hourSnapshot,
  remainderOf,
  restoreHours,
} from '#decide/detectors/hours.ts';
import {
  baseOf,
  LEVEL_FIELDS,
  levelOf,
  levelShift,
  levelSnapshot,
  restoreLevel,
} from '#decide/detectors/level.ts';
import { chancesOf, LOOKS, RARITY_FIELDS, raritySnapshot, restoreRarity } from '#decide/detectors/rarity.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/*
 * Three looks at each signal: its level, its hour of the day, the level of what the hour leaves. All that they go by and
 * remember is one array, what goes together side by side: of ten thousand tags none is in the processor's cache when its
 * moment comes, and what a moment costs is how many lines of memory it touches, and how many of them it must have before
 * it knows where the next one is. Objects on the way, and fields of objects that are no small integers, are such lines.
 */

/** What the looks go by. */
export interface LookSettings {
  /** Weight of the newest moment in the level. */
  readonly level: number;
  /** The same for the level of what is left without the hour of the day. */
  readonly remainder: number;
  /** Weight of the newest moment in both baselines. */
  readonly slow: number;
  /** What one of the three looks says at most, so that none decides alone. */
  readonly most: number;
}

/** What they go by: three weights, and the least chance that a look tells. */
const [LEVEL_WEIGHT, REMAINDER_WEIGHT, SLOW_WEIGHT, LEAST] = [0, 1, 2, 3];
/** Behind it, {@link OWN_FIELDS} numbers of whoever looks. */
export const OWN = 4;
const OWN_FIELDS = 6;
const HEAD = OWN + OWN_FIELDS;

/** Where what lies of a signal: its value, the chance that each look gives it and how far off, then what the looks remember. */
const [VALUE, CHANCE, FAR] = [0, 1, 1 + LOOKS];
const LEVEL = FAR + LOOKS;
const REMAINDER = LEVEL + LEVEL_FIELDS;
const HOUR = REMAINDER + LEVEL_FIELDS;
const RARITIES = HOUR + HOUR_FIELDS;

const FIELDS = RARITIES + RARITY_FIELDS;

export function looksMemory(signals: number, { level, remainder, slow, most }: LookSettings): Float64Array {
  const memory = new Float64Array(placeOf(signals));
  memory.set([level, remainder, slow, Math.exp(-most)]);
  return memory;
}

const placeOf = (signal: number): number => HEAD + signal * FIELDS;

/** @returns rarity over all looks: a natural logarithm; NaN where there is no value */
export function lookAt(memory: Float64Array, signal: number, value: number, timeUs: number): number {
  if (!Number.isFinite(value)) return Number.NaN;
  const at = placeOf(signal);
  const slow = memory[SLOW_WEIGHT] as number;
  memory[at + VALUE] = value;
  memory[at + FAR + 1] = hourOfDay(memory, at + HOUR, value, timeUs);
  memory[at + FAR] = levelShift(memory, at + LEVEL, memory[LEVEL_WEIGHT] as number, slow, value);
  const left = remainderOf(memory, at + HOUR);
  memory[at + FAR + 2] = levelShift(memory, at + REMAINDER, memory[REMAINDER_WEIGHT] as number, slow, left);
  return rarity(chancesOf(memory, at + RARITIES, at + FAR, at + CHANCE, memory[LEAST] as number));
}

/** Of what is certain 0, without a sign. */
const rarity = (chance: number): number => 0 - Math.log(chance);

/** Rarity of the newest value by each look. */
export function raresOf(memory: Float64Array, signal: number): number[] {
  const at = placeOf(signal) + CHANCE;
  // One that was never looked at has no chances yet.
  return Array.from(memory.subarray(at, at + LOOKS), (chance) => (chance === 0 ? 0 : rarity(chance)));
}

/** How far a look saw the signal from what was to be expected, in usual deviations. */
export const farBy = (memory: Float64Array, signal: number, look: number): number =>
  memory[placeOf(signal) + FAR + look] as number;

/** What each look sees, and what it had expected. */
export function seenBy(
  memory: Float64Array,
  signal: number,
  look: number,
): { readonly what: string; readonly value: number; readonly expected: number } {
  const at = placeOf(signal);
  const value = memory[at + VALUE] as number;
  const expected = expectedAt(memory, at + HOUR);
  if (look === 0) {
    const level = at + LEVEL;
    return { what: 'its level', value: levelOf(memory, level), expected: baseOf(memory, level) };
  }
  if (look === 1) return { what: 'it', value, expected };
  return {
    what: 'its level without the hour of the day',
    value: expected + levelOf(memory, at + REMAINDER),
    expected: expected + baseOf(memory, at + REMAINDER),
  };
}

/** Of each signal what the looks remember. */
export function looksSnapshot(memory: Float64Array): Json[] {
  return Array.from({ length: signalsOf(memory) }, (_, signal) => {
    const at = placeOf(signal);
    return {
      level: levelSnapshot(memory, at + LEVEL),
      remainder: levelSnapshot(memory, at + REMAINDER),
      hour: hourSnapshot(memory, at + HOUR),
      rarities: Array.from({ length: LOOKS }, (_, look) => raritySnapshot(memory, at + RARITIES, look)),
    };
  });
}

export function restoreLooks(memory: Float64Array, from: Json | undefined): void {
  if (!Array.isArray(from) || from.length !== signalsOf(memory)) return;
  for (const [signal, one] of from.entries()) {
    const at = placeOf(signal);
    const kept = objectOf(one);
    restoreLevel(memory, at + LEVEL, kept.level);
    restoreLevel(memory, at + REMAINDER, kept.remainder);
    restoreHours(memory, at + HOUR, kept.hour);
    const rarities = Array.isArray(kept.rarities) ? kept.rarities : [];
    for (let look = 0; look < LOOKS; look++) restoreRarity(memory, at + RARITIES, look, rarities[look]);
  }
}

const signalsOf = ({ length }: Float64Array): number => (length - HEAD) / FIELDS;
