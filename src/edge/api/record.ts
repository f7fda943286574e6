import type { AssetView, DeadLetterView } from '#contract/api.ts';
import type { SITE_ROUTES } from '#contract/routes/site.ts';
import type { Answered } from '#contract/routes/table.ts';
import { described } from '#edge/api/described.ts';
import { findEvents } from '#edge/api/event-log.ts';
import type { Handlers, OwnWay } from '#edge/api/handlers.ts';
import { ledgerRowsOf, ledgerView } from '#edge/api/ledger.ts';
import { tagNamed } from '#edge/api/named.ts';
import { sightOf } from '#edge/api/sight.ts';
import { nameless } from '#edge/autonomy/watch.ts';
import type { Core } from '#edge/core.ts';
import type { Site } from '#edge/site.ts';
import type { WriteOutcome } from '#guard/api.ts';
import type { StoredDeadLetter, StoredGap } from '#journal/api.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import { atLeast, isWithin } from '#kernel/rights.ts';

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
    async autonomy(_asked, _signal, { caller: { role } }) {
      const autonomy = await site.autonomy.read();
      return atLeast(role, 'administrator') ? autonomy : nameless(autonomy);
    },
    openapi: described({ what: 'api', version }),
    events: ({ query }, _signal, { caller }) => findEvents(site, query, sightOf(caller)),
    gaps({ query: { from = 0, to = Number.POSITIVE_INFINITY, source, tag, reason, limit } }, _signal, who) {
      const { areas } = who.caller;
      const number = tag === undefined ? undefined : tagNamed(core.table, tag, who.caller);
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
        .map((gap) => gapIn(areas, gapView(core, gap)))
        .filter((gap) => gap !== undefined)
        .slice(-limit);
    },
    ledger: () => ledgerView(site.feed, core.clock.nowUs(), site.sentToHub),
    ledgerRows: ({ query }, _signal, { caller: { areas } }) => ledgerRowsOf(core, site.feed, query, areas),
    deadLetters({ query: { sink, limit } }, _signal, { caller: { areas } }) {
      const letters = site.deadLetters(sink === undefined && areas === undefined ? limit : ALL_LETTERS);
      const wanted = letters
        .filter((one) => sink === undefined || one.sink === sink)
        .map((one) => deadLetterView(core, one))
        .filter(({ tag }) => isWithin(areas, tag));
      return wanted.slice(-limit);
    },
    async write({ body: { tag: path, value, why, leaseMs, by } }, _signal, { caller }) {
      const tag = tagNamed(core.table, path, caller);
      const plain = typeof value === 'boolean' ? Number(value) : value;
      const asker = { kind: 'operator', name: by } as const;
      const outcome = await core.guard.write({ tag, value: plain, by: asker, why, leaseMs });
      return outcomeView(outcome);
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
    assets: (_asked, _signal, { caller }): readonly AssetView[] =>
      core.guard.assets().filter(({ asset }) => isWithin(caller.areas, asset)),
    async setAsset({ body: { asset, mode, tagOut, why, by } }) {
      site.setAsset(asset, { mode, tagOut, why, by });
      await site.durable();
      return core.guard.assets().filter((one) => asset === '' || `${one.asset}/`.startsWith(`${asset}/`));
    },
  };
}

/** As the API tells how a write ended. */
export const outcomeView = (outcome: WriteOutcome): Answered<'write'> => ({
  ...outcome,
  value: valueToJson(outcome.value),
  ...(outcome.readBack !== undefined && { readBack: valueToJson(outcome.readBack) }),
});

/** The journal's table of tags may be damaged: then the number is all that is known. */
const pathOf = ({ table }: Core, tag: number): string =>
  table.has(tag) ? table.get(tag).path : `number ${tag}`;

/** What a gap tells of somebody's areas; undefined where it concerns none of them. */
export function gapIn<G extends { readonly tags: readonly string[] | 'all' }>(
  areas: readonly string[] | undefined,
  gap: G,
): G | undefined {
  if (areas === undefined || gap.tags === 'all') return gap;
  const tags = gap.tags.filter((tag) => isWithin(areas, tag));
  return tags.length === 0 ? undefined : { ...gap, tags };
}

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
