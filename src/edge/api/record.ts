import type { AssetView, DeadLetterView } from '#contract/api.ts';
import type { SITE_ROUTES } from '#contract/routes/site.ts';
import type { Answered } from '#contract/routes/table.ts';
import { findEvents } from '#edge/api/event-log.ts';
import type { Handlers, OwnWay } from '#edge/api/handlers.ts';
import type { Core } from '#edge/core.ts';
import type { Site } from '#edge/site.ts';
import type { StoredDeadLetter, StoredGap } from '#journal/api.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';

/** All gaps that a journal keeps at most. */
const ALL_GAPS = 4096;
const ALL_LETTERS = 4096;

/** The site itself, its record, and writing to machines. */
export function siteHandlers(
  site: Site,
  version: string,
): Pick<Handlers, Exclude<keyof typeof SITE_ROUTES, OwnWay>> {
  const { core } = site;
  return {
    status: () => site.status(),
    openapi: async () => (await import('#contract/routes/openapi.ts')).openApi(version),
    events: ({ query }) => findEvents(site, query),
    gaps({ query: { from = 0, to = Number.POSITIVE_INFINITY, source, tag, reason, limit } }) {
      const number = tag === undefined ? undefined : core.table.number(tag);
      return site
        .gaps(ALL_GAPS)
        .filter(
          (gap) =>
            gap.toUs >= from &&
            gap.fromUs < to &&
            (source === undefined || gap.source === source) &&
            (reason === undefined || gap.reason === reason) &&
            (number === undefined || gap.tags === 'all' || gap.tags.includes(number)),
        )
        .slice(-limit)
        .map((gap) => gapView(core, gap));
    },
    deadLetters({ query: { sink, limit } }) {
      const letters = site.deadLetters(sink === undefined ? limit : ALL_LETTERS);
      const wanted = letters.filter((one) => sink === undefined || one.sink === sink);
      return wanted.slice(-limit).map((one) => deadLetterView(core, one));
    },
    async write({ body: { tag: path, value, why, leaseMs, by } }) {
      const tag = core.table.number(path);
      const plain = typeof value === 'boolean' ? Number(value) : value;
      const asker = { kind: 'operator', name: by } as const;
      const outcome = await core.guard.write({ tag, value: plain, by: asker, why, leaseMs });
      return {
        ...outcome,
        value: valueToJson(outcome.value),
        ...(outcome.readBack !== undefined && { readBack: valueToJson(outcome.readBack) }),
      };
    },
    // Answers although the disk may not: whoever asks for it wants the machines written now.
    withoutState({ body: { why, by } }) {
      site.giveUpState(by, why);
      return {};
    },
    async restoreChecked({ body: { by } }) {
      site.restored.checked(by);
      await site.durable();
      return {};
    },
    assets: () => core.guard.assets() satisfies readonly AssetView[],
    async setAsset({ body: { asset, mode, tagOut, why, by } }) {
      site.setAsset(asset, { mode, tagOut, why, by });
      await site.durable();
      return core.guard.assets().filter((one) => asset === '' || `${one.asset}/`.startsWith(`${asset}/`));
    },
  };
}

/** The journal's table of tags may be damaged: then the number is all that is known. */
const pathOf = ({ table }: Core, tag: number): string =>
  table.has(tag) ? table.get(tag).path : `number ${tag}`;

function gapView(core: Core, { tags, count, ...gap }: StoredGap): Answered<'gaps'> {
  return {
    ...gap,
    tags: tags === 'all' ? tags : tags.map((tag) => pathOf(core, tag)),
    ...(count !== undefined && { count }),
  };
}

function deadLetterView(core: Core, letter: StoredDeadLetter): DeadLetterView {
  const { id, sink, tag, timeUs, value, quality, reason, atUs } = letter;
  return { id, sink, tag: pathOf(core, tag), timeUs, value, quality: qualityName(quality), reason, atUs };
}
