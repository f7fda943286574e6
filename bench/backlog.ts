/*
 * A site that starts with samples in its journal that nobody has taken yet: how long to the first decision, how fast a sink
 * drains them while live values come in, and how old those get on the way to decisions. The broker is this process; it
 * confirms at once.
 */
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { durable } from '#edge/writes.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch, at, type Batch } from '#kernel/batch.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { BrokerSide } from './broker-side.ts';
import { benchFolder, cpuS, EdgeProcess, passed } from './edge-process.ts';
import { type Row, report } from './table.ts';

const TAGS = 1000;
const FIELDS = 10;
const LIVE_PER_S = 1000;
/** Rate at which the backlog came to be. */
const STORED_PER_S = 10_000;
const FIRST_LIMIT_MS = 60_000;
const QUOTA_MB = 16_384;

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const rows: Row[] = [];
  for (const samples of quick ? [0, 1e6] : [0, 1e6, 10e6, 100e6]) {
    const data = join(folder.dir, `data${samples}`);
    await fill(journalDir(data), samples);
    rows.push(...(await started(folder.dir, data, samples, quick ? 3000 : 15_000)));
  }
  return rows;
}

async function started(dir: string, data: string, samples: number, runMs: number): Promise<Row[]> {
  await using broker = await BrokerSide.start();
  const startMs = performance.now();
  await using edge = await EdgeProcess.start(dir, site(broker.port), data);
  const socket = await broker.subscribed();
  const stop = broker.steady(socket, LIVE_PER_S, FIELDS, runMs + 1000, TAGS / FIELDS);
  while ((await edge.status<SiteStatus>()).decisions.count === 0) {
    if (performance.now() - startMs > FIRST_LIMIT_MS) throw new Error('nothing was decided');
    await passed(5);
  }
  const firstMs = performance.now() - startMs;
  const before = broker.load.answered;
  const [fromS, fromMs] = [cpuS(edge.pid), performance.now()];
  await passed(runMs);
  const drained = broker.load.answered - before;
  const tookS = (performance.now() - fromMs) / 1000;
  const cpu = ((cpuS(edge.pid) - fromS) / tookS) * 100;
  const { decisions, sinks } = await edge.status<SiteStatus>();
  const memoryMb = edge.memory().residentMb;
  await stop;
  const growth = { table: 'More backlog', axis: 'samples', at: samples };
  const perS = drained / tookS;
  const row = (what: string, unit: string, ours: number): Row => ({ what, unit, ours, less: true, growth });
  const left = sinks.out?.backlog.rows ?? 0;
  return [
    { ...row('start to first decision', 'ms', firstMs), goal: { most: 1000 }, note: fateOf(samples, left) },
    { what: 'drained', unit: 'samples/s', ours: perS, growth },
    ...(samples > 0
      ? [
          {
            what: 'drained, of the rate it came at',
            unit: `× the ${STORED_PER_S.toLocaleString('en')} samples/s of then`,
            ours: perS / STORED_PER_S,
            growth,
          },
        ]
      : []),
    row('processor meanwhile', '% of a core', cpu),
    row('memory meanwhile', 'MB', memoryMb),
    row('live: arrival to decided, p99', 'ms', decisions.p99Ms),
  ];
}

/** Without a backlog left, what drains is what comes in. */
const fateOf = (samples: number, left: number): string =>
  samples > 0 && left < LIVE_PER_S
    ? `${LIVE_PER_S} live samples/s; the backlog was gone within the run`
    : `${LIVE_PER_S} live samples/s`;

const path = (i: number): string => `hall/sensor${Math.floor(i / FIELDS)}/value${i % FIELDS}`;

async function fill(dir: string, samples: number): Promise<void> {
  if (samples === 0) return;
  const limits = { quotaBytes: QUOTA_MB * 2 ** 20, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 200 };
  const table = new TagTable();
  await using journal = await openJournal({ dir, ...limits });
  for (let i = 0; i < TAGS; i++)
    journal.tag(table.declare({ path: path(i), type: 'number', access: 'read' }));
  const endUs = Date.now() * 1000;
  const batch = allocBatch(STORED_PER_S, { receivedUs: endUs });
  for (let done = 0; done < samples; done += batch.rows) {
    second(batch, endUs - ((samples - done) / STORED_PER_S) * 1e6);
    journal.append(batch, { source: 'broker', atUs: batch.receivedUs });
    const room = journal.room();
    if (room) await room;
  }
  await durable(journal);
}

/** A second's worth: each tag ten times, values with one decimal that move a little. */
function second(batch: Batch, nowUs: number): void {
  Object.assign(batch, { receivedUs: nowUs });
  for (let i = 0; i < batch.rows; i++) {
    batch.tag[i] = i % TAGS;
    batch.timeUs[i] = nowUs + Math.floor(i / TAGS) * 100_000;
    batch.value[i] = Math.round(((at(batch.value, i) || 50) + Math.random() - 0.5) * 10) / 10;
  }
}

function site(port: number): string {
  const url = `mqtt://127.0.0.1:${port}`;
  const tags = Array.from({ length: TAGS }, (_, i) => [
    path(i),
    { source: 'broker', address: { topic: `sensor/${Math.floor(i / FIELDS)}`, path: `v${i % FIELDS}` } },
  ]);
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 }, journal: { quotaMb: QUOTA_MB } },
    sources: { broker: { kind: 'mqtt', url, version: 4, qos: 0 } },
    sinks: { out: { kind: 'mqtt', url, version: 4 } },
    tags: Object.fromEntries(tags),
    alarms: {
      high: { when: `tag("${path(0)}") > 1e9`, priority: 'low', consequence: 'none', response: 'none' },
    },
  });
}

await report(bench);
