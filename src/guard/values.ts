import { isDeepStrictEqual } from 'node:util';
import type { GuardedTag } from '#guard/api.ts';
import type { Value } from '#kernel/batch.ts';

/**
 * The value as the tag's type holds it, or undefined when it is none: booleans become 0 or 1 (as in the double
 * column), whole numbers become bigint for an unscaled 64-bit tag.
 */
export function typedValue(tag: GuardedTag, value: number | Value): number | Value | undefined {
  switch (tag.type) {
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'boolean':
      return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined;
    case 'enum':
      return Number.isInteger(value) ? value : undefined;
    case 'int64':
      return tag.scale ? scaledInteger(value) : exactInteger(value);
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'structure':
      return typeof value === 'object' && value !== null ? value : undefined;
  }
}

/** A scaled 64-bit tag is a double in its own unit. */
function scaledInteger(value: number | Value): number | undefined {
  const v = typeof value === 'bigint' ? Number(value) : value;
  return typeof v === 'number' && Number.isFinite(v) ? v : undefined;
}

function exactInteger(value: number | Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}

/** What the device gets: the scale undone. Not rounded: the source knows its register. */
export function rawValue(tag: GuardedTag, value: number | Value): number | Value {
  const scalable = tag.type === 'number' || tag.type === 'int64';
  if (!scalable || !tag.scale || typeof value !== 'number') return value;
  return (value - tag.scale.offset) / tag.scale.factor;
}

/** What the device has, in the tag's own unit: the way back from the raw value. */
export function ownValue(tag: GuardedTag, raw: number | Value): number | Value {
  const scalable = tag.type === 'number' || tag.type === 'int64';
  if (!scalable || !tag.scale || (typeof raw !== 'number' && typeof raw !== 'bigint')) return raw;
  return Number(raw) * tag.scale.factor + tag.scale.offset;
}

/** How far apart two values are, in the tag's unit; values that are no numbers are either equal or infinitely far. */
export function distance(a: number | Value, b: number | Value): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Math.abs(Number(a - b));
  if (isNumeric(a) && isNumeric(b)) return Math.abs(Number(a) - Number(b));
  return isDeepStrictEqual(a, b) ? 0 : Number.POSITIVE_INFINITY;
}

export const sameValue = (a: number | Value, b: number | Value): boolean => distance(a, b) === 0;

const isNumeric = (value: number | Value): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** For messages. */
export const shown = (value: number | Value): string =>
  typeof value === 'object' && value !== null ? 'a structure' : String(value);
