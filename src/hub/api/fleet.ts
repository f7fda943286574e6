import { sql } from 'kysely';
import type { fleetApi } from '#contract/fleet/openapi.ts';
import type { FleetHandlers } from '#contract/fleet/table.ts';
import { alignedView, bucketsView, seriesView } from '#http/series.ts';
import { Fault } from '#kernel/fault.ts';
import type { Database } from '../database/database.ts';
import type { FleetAsking } from '../people/gate.ts';
import { EVERY_SITE, labelled, type SiteCondition } from '../people/selection.ts';
import { acknowledge, findAcknowledgements } from '../state/acknowledgements.ts';
import { findFleetAlarms, findSiteAlarms } from '../state/alarms.ts';
import { calculatedOf } from '../state/calculated.ts';
import { findFleetEvents } from '../state/events.ts';
import { findSiteGaps } from '../state/gaps.ts';
import { findGroups } from '../state/groups.ts';
import { rawOf, trendOfTag } from '../state/history.ts';
import { alignedOfTags, bucketsOfTag, valuesAt } from '../state/history-steps.ts';
import { inventoryOf, targetsOf } from '../state/inventory.ts';
import { findLedgers, ledgerOf } from '../state/ledger.ts';
import { ledgerRowsOf } from '../state/ledger-rows.ts';
import { healthOf, mustHaveReported, sourcesOf } from '../state/reports.ts';
import { type FleetSite, findSites } from '../state/sites.ts';
import { summaryOf } from '../state/summary.ts';
import { findSiteTags } from '../state/tags.ts';

type Handlers = FleetHandlers<FleetAsking>;

export interface FleetPorts {
  readonly database: Pick<Database, 'pool' | 'queries'>;
  readonly version: string;
  /** Wall clock. */
  nowMs(): number;
}

interface CalculationGiven {
  readonly calc: string;
  readonly asset: string;
  readonly stepUs?: number | undefined;
  readonly from: number;
  readonly to?: number | undefined;
}

/** As many as a fleet may have by design, and twice that. */
const MOST_SITES = 20_000;

/** What the hub knows of its fleet, as far as the one who asks may see it. */
export function fleetHandlers({ database: { pool, queries }, version, nowMs }: FleetPorts) {
  let described: Promise<ReturnType<typeof fleetApi>> | undefined;
  const group = async ({ sites }: FleetAsking, labels: string | undefined): Promise<readonly FleetSite[]> => {
    const where = labels === undefined ? [sites] : [sites, labelled(labels)];
    const { items } = await findSites(queries, nowMs(), { where, limit: MOST_SITES });
    return items;
  };
  const spanOf = ({ from, to }: { readonly from: number; readonly to?: number | undefined }) => ({
    fromUs: from,
    toUs: to ?? nowMs() * 1000,
  });
  const calculationOf = ({ calc: expression, asset, stepUs, ...span }: CalculationGiven) => ({
    ...{ ...spanOf(span), expression, asset },
    ...(stepUs !== undefined && { stepUs }),
  });
  return {
    async fleet({ query: { labels, ...query } }, _signal, { sites }) {
      const where = labels === undefined ? [sites] : [sites, labelled(labels)];
      const now = nowMs();
      return { nowUs: now * 1000, version, ...(await summaryOf(queries, now, { where, ...query })) };
    },
    sites({ query: { labels, ...query } }, _signal, { sites }) {
      const where = labels === undefined ? [sites] : [sites, labelled(labels)];
      return findSites(queries, nowMs(), { where, ...query });
    },
    async site({ params: { site } }) {
      const where = [sql<boolean>`sites.id = ${site}`];
      const { items } = await findSites(queries, nowMs(), { where, limit: 1 });
      const [found] = items;
      if (found) return found;
      throw new Fault('hub.unknown-site', `there is no site ${site}`, { retry: 'never' });
    },
    groups: ({ query: { label, labels } }, _signal, { sites }) =>
      findGroups(queries, nowMs(), {
        label,
        where: labels === undefined ? [sites] : [sites, labelled(labels)],
      }),
    siteHealth: ({ params: { site } }) => healthOf(queries, site),
    siteSources: ({ params: { site } }) => sourcesOf(queries, site),
    async siteAlarms({ params: { site }, query }) {
      await mustHaveReported(queries, site);
      return await findSiteAlarms(queries, nowMs(), site, query);
    },
    alarms: ({ query: { site, labels, ...query } }, _signal, { sites }) =>
      findFleetAlarms(queries, nowMs(), { ...query, where: wantedSites(sites, site, labels) }),
    acknowledge: ({ params: { site }, body }) => acknowledge(queries, new Date(nowMs()), site, body),
    acknowledgements: ({ query: { site, labels, ...query } }, _signal, { sites }) =>
      findAcknowledgements(queries, { ...query, where: wantedSites(sites, site, labels) }),
    siteTags: ({ params: { site }, query }) => findSiteTags(queries, site, query),
    async *historyRaw({ params: { site }, query: { tag: tags, ...span } }) {
      for (const tag of tags)
        for await (const part of rawOf(pool, site, tag, spanOf(span))) yield seriesView(part);
    },
    async *historyBuckets({ params: { site }, query }) {
      const { tag: tags, bucketUs, aggregate: aggregates, state, ...span } = query;
      const asked = { ...spanOf(span), bucketUs, aggregates, ...(state !== undefined && { state }) };
      for (const tag of tags)
        for await (const part of bucketsOfTag(pool, site, tag, asked)) yield bucketsView(part);
    },
    async *historyAligned({ params: { site }, query: { tag: tags, stepUs, fill, ...span } }) {
      const asked = { ...spanOf(span), tags, stepUs, fill };
      for await (const part of alignedOfTags(pool, site, asked)) yield alignedView(part);
    },
    historyAt: async ({ params: { site }, query: { tag: tags, time } }) =>
      (await valuesAt(pool, site, tags, time)).map(seriesView),
    async *historyCalculated({ params: { site }, query: { points, ...query } }) {
      const as = points === undefined ? ({ kind: 'raw' } as const) : ({ kind: 'trend', points } as const);
      for await (const part of calculatedOf({ pool, queries }, site, calculationOf(query), as))
        if ('value' in part) yield seriesView(part);
    },
    async *historyCalculatedBuckets({ params: { site }, query }) {
      const { bucketUs, aggregate: aggregates, state, ...rest } = query;
      const as = { kind: 'buckets', bucketUs, aggregates, ...(state !== undefined && { state }) } as const;
      for await (const part of calculatedOf({ pool, queries }, site, calculationOf(rest), as))
        if (!('value' in part)) yield bucketsView(part);
    },
    historyGaps: ({ params: { site }, query: { tag, ...span } }) =>
      findSiteGaps(queries, site, spanOf(span), tag),
    historyTrend: async ({ params: { site }, query: { tag, points, ...span } }) =>
      seriesView(await trendOfTag(pool, site, tag, { ...spanOf(span), points })),
    ledger({ query: { labels, ...query } }, _signal, { sites }) {
      const where = labels === undefined ? [sites] : [sites, labelled(labels)];
      return findLedgers(queries, { where, ...query });
    },
    siteLedgerRows: ({ params: { site }, query }) => ledgerRowsOf(pool, site, query),
    siteLedger: ({ params: { site } }) => ledgerOf(queries, site),
    events({ query: { site, labels, from, to, ...query } }, _signal, { sites }) {
      const where = wantedSites(sites, site, labels);
      const withHub = sites === EVERY_SITE && where.length === 1;
      return findFleetEvents(queries, { ...query, fromUs: from, toUs: to, where, withHub });
    },
    targets: async ({ query: { labels } }, _signal, who) => targetsOf(await group(who, labels)),
    inventory: async ({ query: { labels } }, _signal, who) => inventoryOf(await group(who, labels)),
    openapi() {
      // Anybody may ask, and each time it would take a tenth of a second from all sites.
      described ??= import('#contract/fleet/openapi.ts').then((made) => made.fleetApi(version));
      return described;
    },
  } satisfies Partial<Handlers>;
}

/** @param seen sites that the one who asks may see */
const wantedSites = (
  seen: SiteCondition,
  site: readonly string[] | undefined,
  labels: string | undefined,
): SiteCondition[] => [
  seen,
  ...(site ? [sql<boolean>`sites.id = ANY(${site})`] : []),
  ...(labels === undefined ? [] : [labelled(labels)]),
];
