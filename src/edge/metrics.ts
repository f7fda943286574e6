import { Counter, Gauge, Registry } from 'prom-client';
import type { SiteStatus } from '#contract/api.ts';
import type { Autonomy } from '#contract/autonomy.ts';

/**
 * Prometheus metrics, filled from the status at each scrape: the hot path knows nothing of them. Names follow the
 * Prometheus naming rules (base units, `_total` for counters).
 */
export function siteMetrics(read: () => SiteStatus, autonomy: () => Autonomy | undefined): Registry {
  const registry = new Registry();
  const source = { labelNames: ['source'] as const, registers: [registry] };
  const plain = { registers: [registry] };
  const samples = new Counter({ name: 'holdfast_source_samples_total', help: 'Samples read', ...source });
  const opened = new Counter({ name: 'holdfast_source_opened_total', help: 'Sessions opened', ...source });
  const up = new Gauge({ name: 'holdfast_source_up', help: '1 while the session runs', ...source });
  const bad = new Gauge({ name: 'holdfast_source_bad_tags', help: 'Tags without a usable value', ...source });
  const requests = new Counter({
    name: 'holdfast_source_requests_total',
    help: 'Requests sent to the device, by outcome',
    labelNames: ['source', 'outcome'] as const,
    registers: [registry],
  });
  const sink = { labelNames: ['sink'] as const, registers: [registry] };
  const sinks = {
    up: new Gauge({ name: 'holdfast_sink_up', help: '1 while the session runs', ...sink }),
    delivered: new Counter({ name: 'holdfast_sink_rows_total', help: 'Rows confirmed', ...sink }),
    rejected: new Counter({ name: 'holdfast_sink_rejected_rows_total', help: 'Dead letters', ...sink }),
    backlog: new Gauge({ name: 'holdfast_sink_backlog_rows', help: 'Rows not yet delivered', ...sink }),
    age: new Gauge({ name: 'holdfast_sink_backlog_age_seconds', help: 'Age of the oldest of them', ...sink }),
  };
  const rule = { labelNames: ['rule'] as const, registers: [registry] };
  const shadows = {
    writes: new Counter({ name: 'holdfast_shadow_would_write_total', help: 'Writes not done', ...rule }),
    differences: new Counter({
      name: 'holdfast_shadow_differences_total',
      help: 'Times when a shadow and the rule that it is held against began to differ',
      ...rule,
    }),
  };
  const alarms = new Gauge({
    name: 'holdfast_alarms',
    help: 'Alarms by state',
    labelNames: ['state'] as const,
    registers: [registry],
  });
  const detectors = new Gauge({
    name: 'holdfast_detectors',
    help: 'Detectors by state: one that is not-learned, unknown or warming-up sees nothing',
    labelNames: ['state'] as const,
    registers: [registry],
  });
  const left = {
    days: new Gauge({
      name: 'holdfast_autonomy_days',
      help: 'Days until the first end for this reason that counts',
      labelNames: ['reason'] as const,
      registers: [registry],
    }),
    least: new Gauge({ name: 'holdfast_autonomy_least_days', help: 'What the site file asks for', ...plain }),
    unknown: new Gauge({
      name: 'holdfast_autonomy_unknown',
      help: 'Ends of which nobody can say when',
      ...plain,
    }),
  };
  const counters = {
    decisions: new Counter({ name: 'holdfast_decisions_total', help: 'Conditions evaluated', ...plain }),
    rows: new Counter({ name: 'holdfast_journal_rows_total', help: 'Rows made durable', ...plain }),
    lost: new Counter({ name: 'holdfast_journal_lost_rows_total', help: 'Rows lost; all in gaps', ...plain }),
    gaps: new Counter({ name: 'holdfast_gaps_total', help: 'Gaps recorded', ...plain }),
    written: new Counter({ name: 'holdfast_journal_written_bytes_total', help: 'Written to disk', ...plain }),
    jumps: new Counter({ name: 'holdfast_clock_jumps_total', help: 'Jumps of the wall clock', ...plain }),
    writes: new Counter({ name: 'holdfast_writes_total', help: 'Writes asked for', ...plain }),
  };
  const gauges = {
    p99: new Gauge({ name: 'holdfast_decision_p99_seconds', help: 'Arrival to intent', ...plain }),
    pending: new Gauge({
      name: 'holdfast_journal_pending_bytes',
      help: 'Accepted, not yet durable',
      ...plain,
    }),
    waiting: new Gauge({ name: 'holdfast_notices_waiting', help: 'Not delivered yet', ...plain }),
    undelivered: new Gauge({ name: 'holdfast_notices_given_up', help: 'Never delivered', ...plain }),
    used: new Gauge({ name: 'holdfast_journal_used_bytes', help: 'Journal on disk', ...plain }),
    quota: new Gauge({ name: 'holdfast_journal_quota_bytes', help: 'Most that it may use', ...plain }),
    historian: new Gauge({ name: 'holdfast_historian_used_bytes', help: 'Historian on disk', ...plain }),
    historianRows: new Gauge({ name: 'holdfast_historian_rows', help: 'Samples in the historian', ...plain }),
    historianUp: new Gauge({ name: 'holdfast_historian_up', help: '0 while its disk refuses', ...plain }),
    healthy: new Gauge({ name: 'holdfast_journal_up', help: '0 while the disk refuses', ...plain }),
    rss: new Gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory', ...plain }),
  };

  registry.setDefaultLabels({ site: read().site });
  const collect = () => {
    const status = read();
    registry.resetMetrics();
    for (const [id, one] of Object.entries(status.sources)) {
      samples.inc({ source: id }, one.samples);
      opened.inc({ source: id }, one.opened);
      up.set({ source: id }, one.state === 'running' ? 1 : 0);
      bad.set({ source: id }, one.badTags);
      for (const outcome of ['ok', 'timeout', 'refused', 'garbage'] as const) {
        requests.inc({ source: id, outcome }, one.load[outcome]);
      }
    }
    for (const [id, one] of Object.entries(status.sinks)) {
      sinks.up.set({ sink: id }, one.state === 'running' ? 1 : 0);
      sinks.delivered.inc({ sink: id }, one.delivered);
      sinks.rejected.inc({ sink: id }, one.rejected);
      sinks.backlog.set({ sink: id }, one.backlog.rows);
      sinks.age.set({ sink: id }, (one.backlog.ageMs ?? 0) / 1000);
    }
    for (const { id, wouldWrite, differences } of status.shadowRules) {
      shadows.writes.inc({ rule: id }, wouldWrite);
      shadows.differences.inc({ rule: id }, differences);
    }
    for (const [state, count] of Object.entries(status.alarms)) alarms.set({ state }, count);
    for (const [state, count] of Object.entries(status.detectors)) detectors.set({ state }, count);
    counters.decisions.inc(status.decisions.count);
    counters.rows.inc(status.journal.durableRows);
    counters.lost.inc(status.journal.lostRows);
    counters.gaps.inc(status.journal.gaps);
    counters.written.inc(status.journal.writtenBytes);
    counters.jumps.inc(status.clockJumps);
    counters.writes.inc(Object.values(status.writes).reduce((sum, count) => sum + count, 0));
    gauges.p99.set(status.decisions.p99Ms / 1000);
    gauges.pending.set(status.journal.pendingBytes);
    gauges.waiting.set(status.notices.waiting);
    gauges.undelivered.set(status.notices.failed);
    gauges.used.set(status.journal.usedBytes);
    gauges.quota.set(status.journal.quotaBytes);
    gauges.healthy.set(status.journal.fault ? 0 : 1);
    if (status.historian) {
      gauges.historian.set(status.historian.usedBytes);
      gauges.historianRows.set(status.historian.rows);
      gauges.historianUp.set(status.historian.fault ? 0 : 1);
    }
    gauges.rss.set(status.memoryBytes);
    setAutonomy(left, autonomy());
  };
  const metrics = registry.metrics.bind(registry);
  registry.metrics = () => {
    collect();
    return metrics();
  };
  return registry;
}

/** One series a reason: names of sinks, peers and tokens stay out of what is scraped. */
function setAutonomy(
  gauges: { readonly days: Gauge<'reason'>; readonly least: Gauge; readonly unknown: Gauge },
  autonomy: Autonomy | undefined,
): void {
  if (!autonomy) return;
  gauges.least.set(autonomy.leastDays);
  gauges.unknown.set(autonomy.unknown);
  // In the order of their ends.
  for (const { reason, days, counts } of autonomy.lines.toReversed())
    if (counts && days !== undefined) gauges.days.set({ reason }, days);
}
