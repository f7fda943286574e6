import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { Gauge, Registry } from 'prom-client';
import { SITE_STATES } from '#contract/fleet/requests.ts';
import { PRIORITIES } from '#contract/site.ts';
import type { Connections } from '../connections.ts';
import type { Tables } from '../database/tables.ts';
import { ALARM_COUNTS } from './alarm-counts.ts';
import { LINK_OF_SITE, linkState } from './sites.ts';

export interface FleetMetricsPorts {
  readonly queries: Kysely<Tables>;
  readonly connections: Pick<Connections, 'count'>;
  nowMs(): number;
}

interface Row {
  readonly state: (typeof SITE_STATES)[number];
  readonly n: number;
}

/** Figures of the fleet, the same at every process, but for the connections; counted at each scrape. */
export function fleetMetrics({ queries, connections, nowMs }: FleetMetricsPorts): Registry {
  const registry = new Registry();
  const registers = [registry];
  const states = new Gauge({
    name: 'holdfast_hub_sites',
    help: 'Sites that are not retired, by state',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      const { rows } = await sql<Row>`
        SELECT ${linkState(nowMs())} AS state, count(*)::int AS n FROM sites ${LINK_OF_SITE}
        WHERE sites.retired IS NULL GROUP BY 1`.execute(queries);
      for (const state of SITE_STATES) states.set({ state }, rows.find((row) => row.state === state)?.n ?? 0);
    },
  });
  const open: Gauge = new Gauge({
    name: 'holdfast_hub_connections',
    help: 'Connections of sites to this process',
    registers,
    collect: () => void open.set(connections.count),
  });
  const waiting = new Gauge({
    name: 'holdfast_hub_unsorted_blocks',
    help: 'Blocks of samples that are stored and wait to be sorted by tag',
    registers,
    async collect() {
      const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM telemetry_inbox`.execute(
        queries,
      );
      waiting.set(rows[0]?.n ?? 0);
    },
  });
  const passed = new Gauge({
    name: 'holdfast_hub_stream_samples',
    help: 'Samples that NATS has acknowledged, of all sites and times',
    registers,
    async collect() {
      const { rows } = await sql<{ n: number }>`
        SELECT coalesce(sum(count), 0)::float8 AS n FROM stream_positions`.execute(queries);
      passed.set(rows[0]?.n ?? 0);
    },
  });
  const unpassed = new Gauge({
    name: 'holdfast_hub_stream_lost_samples',
    help: 'Samples that were dropped because too much waited for NATS, of all sites and times',
    registers,
    async collect() {
      const { rows } = await sql<{ n: number }>`
        SELECT coalesce(sum(lost), 0)::float8 AS n FROM stream_positions`.execute(queries);
      unpassed.set(rows[0]?.n ?? 0);
    },
  });
  const behind = new Gauge({
    name: 'holdfast_hub_stream_waiting_journals',
    help: 'Journals of sites of which samples wait to be passed on to NATS',
    registers,
    async collect() {
      const { rows } = await sql<{ n: number }>`
        SELECT count(*)::int AS n FROM stream_positions p JOIN lane_positions l USING (journal)
        WHERE l.lane = 2 AND l.position > p.upto AND EXISTS (SELECT FROM stream_passing)`.execute(queries);
      behind.set(rows[0]?.n ?? 0);
    },
  });
  const webhooks = new Gauge({
    name: 'holdfast_hub_webhook_events',
    help: 'Events that wait for receivers, those that nobody has taken, and those dropped because too many waited',
    labelNames: ['webhook', 'state'] as const,
    registers,
    async collect() {
      const { rows } = await sql<{ hook: string; waiting: number; dead: number; dropped: number }>`
        SELECT w.name AS hook, count(d.id) FILTER (WHERE d.dead IS NULL)::int AS waiting, count(d.dead)::int AS dead,
          w.dropped::float8 AS dropped
        FROM webhooks w LEFT JOIN webhook_deliveries d ON d.hook = w.name GROUP BY w.name`.execute(queries);
      webhooks.reset();
      for (const { hook, waiting: n, dead, dropped } of rows) {
        webhooks.set({ webhook: hook, state: 'waiting' }, n);
        webhooks.set({ webhook: hook, state: 'dead' }, dead);
        webhooks.set({ webhook: hook, state: 'dropped' }, dropped);
      }
    },
  });
  const lost = new Gauge({
    name: 'holdfast_hub_lost_samples',
    help: 'Samples that sites count as lost, of all sites and times',
    registers,
    async collect() {
      const { rows } = await sql<{ n: number }>`
        SELECT coalesce(sum(count), 0)::float8 AS n FROM site_gaps`.execute(queries);
      lost.set(rows[0]?.n ?? 0);
    },
  });
  addReported(registry, queries);
  return registry;
}

interface Reported {
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  readonly troubled: number;
  readonly silent: number;
  readonly waiting: number;
  readonly pending: number;
}

/** What sites report of themselves, summed up: one question a scrape. */
function addReported(registry: Registry, queries: Kysely<Tables>): void {
  let asked: Promise<Reported> | undefined;
  const now = (): Promise<Reported> => {
    asked ??= reportedOf(queries).finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const registers = [registry];
  const gauge = (name: string, help: string, of: (now: Reported) => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: async () => made.set(of(await now())) });
  };
  const alarms = new Gauge({
    name: 'holdfast_hub_unacknowledged_alarms',
    help: 'Alarms that nobody has acknowledged, of all sites that are not retired, by priority',
    labelNames: ['priority'] as const,
    registers,
    async collect() {
      const reported = await now();
      for (const priority of PRIORITIES) alarms.set({ priority }, reported[priority]);
    },
  });
  gauge('holdfast_hub_troubled_sites', 'Sites that report problems', (one) => one.troubled);
  gauge('holdfast_hub_silent_sites', 'Sites that have never reported health or alarms', (one) => one.silent);
  gauge(
    'holdfast_hub_waiting_samples',
    'Samples that wait at sites, as they said last',
    (one) => one.waiting,
  );
  gauge(
    'holdfast_hub_pending_acknowledgements',
    'Acknowledgements that sites have not answered yet',
    (one) => one.pending,
  );
}

async function reportedOf(queries: Kysely<Tables>): Promise<Reported> {
  const { rows } = await sql<Reported>`
    SELECT count(*) FILTER (WHERE jsonb_array_length(r.health -> 'problems') > 0)::int AS troubled,
      count(*) FILTER (WHERE r.journal IS NULL)::int AS silent,
      coalesce(sum((r.waiting ->> 'rows')::bigint), 0)::float8 AS waiting,
      coalesce(sum(c.critical), 0)::int AS critical, coalesce(sum(c.high), 0)::int AS high,
      coalesce(sum(c.medium), 0)::int AS medium, coalesce(sum(c.low), 0)::int AS low,
      coalesce(sum(k.pending), 0)::int AS pending
    FROM sites LEFT JOIN speaking_journals j ON j.site = sites.id LEFT JOIN site_reports r ON r.journal = j.id
    LEFT JOIN ${ALARM_COUNTS} WHERE sites.retired IS NULL`.execute(queries);
  return rows[0] as Reported;
}
