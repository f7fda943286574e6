import type { TagValue } from '#contract/api.ts';
import type { Core } from '#edge/core.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** The newest value of a tag as people and programs outside see it. */
export function tagValue(core: Core, tag: Tag): TagValue {
  const { value, quality, timeUs, seenUs } = core.values.get(tag.number);
  const state = typeof value === 'number' ? tag.states?.[value] : undefined;
  const asBoolean = tag.type === 'boolean' && (value === 0 || value === 1);
  return {
    path: tag.path,
    type: tag.type,
    ...(tag.unit !== undefined && { unit: tag.unit }),
    value: asBoolean ? value === 1 : valueToJson(value),
    ...(state !== undefined && { state }),
    quality: qualityName(quality),
    timeUs,
    ageMs: seenUs === 0 ? undefined : Math.round((core.clock.steadyUs() - seenUs) / 1000),
  };
}
