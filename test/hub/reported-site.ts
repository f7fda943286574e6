import type { Pool } from 'pg';

const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;

export interface ReportedAlarm {
  readonly id: string;
  readonly priority: (typeof PRIORITIES)[number];
  readonly isAcknowledged?: boolean;
}

/**
 * Rows as a site that has joined leaves them when it reports: health with a problem, a source with a fault, alarms. For sites
 * that no box speaks for in the test: a real one would say otherwise.
 * @param acknowledge whether it lets the hub acknowledge
 */
export async function reports(
  pool: Pool,
  site: string,
  alarms: readonly ReportedAlarm[],
  { acknowledge = true } = {},
): Promise<void> {
  const { rows } = await pool.query(
    `INSERT INTO journals (site, uuid, epoch, software, protocol) VALUES ($1, gen_random_uuid(), 1, '1.4.0', 2) RETURNING id`,
    [site],
  );
  const journal = rows[0].id;
  await pool.query(
    `INSERT INTO site_reports (journal, stamp, said, health, health_said, waiting) VALUES ($1, 1, now(), $2, now(), $3)`,
    [journal, health(acknowledge), { rows: 1234, bytes: 5678, behindMs: 90_000 }],
  );
  await pool.query(
    `INSERT INTO site_sources (journal, id, stamp, said, troubled, body) VALUES ($1, 'plc', 1, now(), true, $2)`,
    [journal, SOURCE],
  );
  for (const [number, { id, priority, isAcknowledged = false }] of alarms.entries()) {
    const state = isAcknowledged ? 'acknowledged' : 'unacknowledged';
    const sinceUs = (Date.now() - number * 60_000) * 1000;
    const urgency = PRIORITIES.indexOf(priority) + (isAcknowledged ? 4 : 0);
    const now = { priority, state, condition: true, sinceUs, firstOut: 1, occurrence: number + 1 };
    await pool.query('INSERT INTO site_alarms (journal, number, id, body) VALUES ($1, $2, $3, $4)', [
      ...[journal, number, id],
      definition(id, priority),
    ]);
    await pool.query(
      `INSERT INTO alarm_states (journal, id, stamp, said, state, urgency, since_us, occurrence, body)
       VALUES ($1, $2, 1, now(), $3, $4, $5, $6, $7)`,
      [journal, id, state, urgency, sinceUs, number + 1, now],
    );
  }
}

const definition = (id: string, priority: string) => ({
  asset: id.split('/').slice(0, -1).join('/'),
  description: `${id} is beyond its limit`,
  priority,
  consequence: 'the pump runs dry',
  response: 'close the inlet, then look at the strainer',
  when: 'pressure > 8',
  deadband: 0,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
  shelveMaxMin: 60,
});

const health = (acknowledge: boolean) => ({
  version: '1.4.0',
  epoch: 1,
  startedUs: (Date.now() - 3_600_000) * 1000,
  mode: 'live',
  config: { digest: 'c0ffee'.repeat(10), sinceUs: (Date.now() - 3_600_000) * 1000 },
  acknowledge,
  problems: [
    {
      part: 'source:plc',
      code: 'modbus.unreachable',
      message: 'nobody answers at 10.0.0.7:502',
      hint: 'is the device switched on, and the cable in place?',
    },
  ],
  memoryBytes: 91_000_000,
  tags: 42,
  decisions: { p50Ms: 0.1, p99Ms: 0.4, maxMs: 3 },
  journal: { usedBytes: 1e8, quotaBytes: 1e9, lostRows: 0, gaps: 0 },
  historian: { usedBytes: 2e8, quotaBytes: 4e9 },
  sinks: [],
});

const SOURCE = {
  kind: 'modbus',
  state: 'waiting',
  samples: 100,
  opened: 3,
  tags: 42,
  badTags: 42,
  load: {
    ...{ requests: 100, requestsPerS: 0, p50Ms: 2, p99Ms: 9, ok: 90, timeout: 10, refused: 0, garbage: 0 },
    caps: { perSecond: 20 },
  },
  fault: {
    code: 'modbus.unreachable',
    message: 'nobody answers at 10.0.0.7:502',
    hint: 'is it switched on?',
  },
};
