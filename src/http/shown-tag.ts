import type { TagValue } from '#contract/api.ts';
import type { Json } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

interface Newest {
  /** Where the value is a number. */
  readonly plain: number | undefined;
  readonly json: Json;
  readonly quality: number;
  readonly timeUs: number;
}

/** The newest value of a tag as people and programs outside see it; how old it is, whoever has it knows. */
export function shownTag(
  { path, type, unit, states }: Pick<TagInfo, 'path' | 'type' | 'unit' | 'states'>,
  { plain, json, quality, timeUs }: Newest,
): Omit<TagValue, 'ageMs'> {
  const state = plain === undefined ? undefined : states?.[plain];
  const asBoolean = type === 'boolean' && (plain === 0 || plain === 1);
  return {
    path,
    type,
    ...(unit !== undefined && { unit }),
    value: asBoolean ? plain === 1 : json,
    ...(state !== undefined && { state }),
    quality: qualityName(quality),
    timeUs,
  };
}
