import { isDeepStrictEqual } from 'node:util';
import type { GuardedTag } from '#guard/api.ts';

type Tags = ReadonlyMap<number, GuardedTag>;

/** Tags whose values mean nothing any more: those given, those that are gone, those of another type or scale. */
export function forgottenTags(before: Tags, now: Tags, given: ReadonlySet<number>): ReadonlySet<number> {
  const forgotten = new Set(given);
  for (const [number, { type, scale }] of before) {
    const next = now.get(number);
    if (!next || next.type !== type || !isDeepStrictEqual(next.scale, scale)) forgotten.add(number);
  }
  return forgotten;
}

/** Whether a tag is gone, has other limits, or means something else, itself or on its feedback. */
export function hasChanged(
  tag: GuardedTag,
  now: GuardedTag | undefined,
  forgotten: ReadonlySet<number>,
): boolean {
  if (!isDeepStrictEqual(tag, now) || forgotten.has(tag.tag)) return true;
  return tag.feedback !== undefined && forgotten.has(tag.feedback.tag);
}
