import type { TagValue } from '#contract/api.ts';
import type { Answered } from '#contract/routes/table.ts';
import type { Usage } from '#edge/api/usage.ts';
import type { Core } from '#edge/core.ts';
import type { Site } from '#edge/site.ts';
import { shownTag } from '#http/shown-tag.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** The newest value of a tag as people and programs outside see it. */
export function tagValue(core: Core, tag: Tag): TagValue {
  const { value, quality, timeUs, seenUs } = core.values.get(tag.number);
  const plain = typeof value === 'number' ? value : undefined;
  return {
    ...shownTag(tag, { plain, json: valueToJson(value), quality, timeUs }),
    ageMs: seenUs === 0 ? undefined : Math.round((core.clock.steadyUs() - seenUs) / 1000),
    ...(tag.access === 'write' && { writeOnly: true }),
  };
}

/** The same with what the site file says of it. */
export function tagDetail({ core, blueprint }: Site, usage: Usage, tag: Tag): Answered<'tag'> {
  const { access, description, range, states, path } = tag;
  const entry = blueprint.model.tags.find((one) => one.path === path);
  const { ageMs, ...value } = tagValue(core, tag);
  return {
    ...value,
    ...(ageMs !== undefined && { ageMs }),
    access,
    ...(description !== undefined && { description }),
    ...(range && { range }),
    ...(states && { states }),
    ...(entry?.source !== undefined && { source: entry.source }),
    ...(entry?.address !== undefined && { address: entry.address as Json }),
    ...(entry?.derive !== undefined && { derive: entry.derive }),
    safety: entry?.safety ?? false,
    ...(entry?.write && { write: entry.write as unknown as Json }),
    readers: usage.readersOf(tag.number),
    alarms: entry
      ? blueprint.model.alarms.filter(({ asset }) => asset === entry.asset).map(({ id }) => id)
      : [],
  };
}
