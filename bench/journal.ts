import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkSite } from '#edge/blueprint.ts';
import { composeCore } from '#edge/core.ts';
import { Peers } from '#edge/peers.ts';
import { warmUp } from '#edge/warm-up.ts';
import { durable } from '#edge/writes.ts';
import { openJournal } from '#journal/journal.ts';
import { at, type Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { plant, TAGS } from '#test/fleet/plant-mix.ts';
import { type Row, report } from './table.ts';

/*
 * Durable samples a second from append to fsync, and bytes a sample on disk, beside a plain program that writes a row a
 * sample with the same library and the same durability, 1000 samples a transaction.
 */

const PLAIN_BATCHES = 300;

interface Result {
  readonly samplesPerS: number;
  readonly bytesPerSample: number;
  readonly note: string;
}

async function measureJournal(dir: string, pool: readonly Batch[], batches: number): Promise<Result> {
  const config = { dir, quotaBytes: 2 ** 31, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 200 };
  await using journal = await openJournal(config);
  let rows = 0;
  let callMs = 0;
  const started = performance.now();
  for (let b = 0; b < batches; b++) {
    const batch = pool[b % pool.length] as Batch;
    const before = performance.now();
    journal.append(batch, { source: 'plc', atUs: batch.receivedUs + b });
    callMs += performance.now() - before;
    rows += batch.rows;
    const room = journal.room();
    if (room) await room;
  }
  await new Promise<void>((resolve, reject) =>
    journal.whenSettled((result) => (result === 'durable' ? resolve() : reject(result))),
  );
  const seconds = (performance.now() - started) / 1000;
  const { commits, writtenBytes, lostRows } = journal.health;
  if (lostRows > 0) throw new Error(`${lostRows} rows were lost`);
  const bytes = statSync(join(dir, 'journal.db')).size + statSync(join(dir, 'journal.db-wal')).size;
  const note = `${commits} commits, ${((callMs * 1e6) / rows).toFixed(1)} ns a sample on the main thread, ${(writtenBytes / rows).toFixed(1)} B written a sample`;
  return { samplesPerS: rows / seconds, bytesPerSample: bytes / rows, note };
}

function measurePlain(dir: string, pool: readonly Batch[]): Result {
  const path = join(dir, 'plain.db');
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('CREATE TABLE samples (tag INTEGER, time_us INTEGER, value REAL, quality INTEGER)');
  const insert = db.prepare('INSERT INTO samples VALUES (?, ?, ?, ?)');
  let rows = 0;
  const started = performance.now();
  for (let b = 0; b < PLAIN_BATCHES; b++) {
    const batch = pool[b % pool.length] as Batch;
    db.exec('BEGIN');
    for (let i = 0; i < batch.rows; i++) {
      insert.run(at(batch.tag, i), at(batch.timeUs, i), at(batch.value, i), at(batch.quality, i));
    }
    db.exec('COMMIT');
    rows += batch.rows;
  }
  const seconds = (performance.now() - started) / 1000;
  db.close();
  const bytesPerSample = statSync(path).size / rows;
  return { samplesPerS: rows / seconds, bytesPerSample, note: `${PLAIN_BATCHES} commits` };
}

/** The whole way of a sample: intake, an alarm on every tag, journal. */
async function measureSite(dir: string, pool: readonly Batch[], batches: number): Promise<Row[]> {
  const { blueprint, problems } = await checkSite(siteText());
  if (!blueprint) throw new Error(problems[0]?.message);
  const config = { dir, quotaBytes: 2 ** 31, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 200 };
  await using journal = await openJournal(config);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const peers = new Peers({ log: quiet, stepped: () => {} });
  await warmUp(blueprint);
  const { path } = composeCore(blueprint, journal, systemClock(), peers, dir);
  const startedMs = performance.now();
  for (let b = 0; b < batches; b++) {
    path.accept('plc', { batch: pool[b % pool.length] as Batch });
    const room = journal.room();
    if (room) await room;
    else if (b % 8 === 0) await new Promise((resolve) => setImmediate(resolve)); // as between chunks of a socket
  }
  await durable(journal);
  const samplesPerS = (journal.health.durableRows * 1000) / (performance.now() - startedMs);
  if (journal.health.lostRows > 0) throw new Error(`${journal.health.lostRows} rows were lost`);
  const { latency } = path;
  return [
    {
      what: 'durable through intake, rules and journal',
      unit: 'samples/s',
      ours: samplesPerS,
      goal: { least: 2e6 },
      note: `${TAGS} alarms, 1000 rows a batch, fsync`,
    },
    {
      what: 'decision meanwhile, p99 of a batch of 1000',
      unit: 'ms',
      ours: latency.quantileMs(0.99),
      goal: { most: 1 },
      note: `p50 ${latency.quantileMs(0.5).toFixed(2)} ms, longest ${latency.maxMs.toFixed(1)} ms`,
    },
  ];
}

function siteText(): string {
  const tags = Array.from({ length: TAGS }, (_, i) => [
    `line/pump${i}/level`,
    { source: 'plc', address: { topic: `pump${i}` } },
  ]);
  const alarms = Array.from({ length: TAGS }, (_, i) => [
    `high${i}`,
    { when: `tag("line/pump${i}/level") > 1e9`, priority: 'low', consequence: 'none', response: 'none' },
  ]);
  return JSON.stringify({
    site: 'bench',
    sources: { plc: { kind: 'mqtt', url: 'mqtt://127.0.0.1' } }, // never opened
    tags: Object.fromEntries(tags),
    alarms: Object.fromEntries(alarms),
  });
}

async function bench(quick: boolean): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const batches = quick ? 2000 : 12_000;
    const pool = plant(quick ? 300 : 2000, 1000);
    const plain = measurePlain(dir, pool);
    const journal = await measureJournal(join(dir, 'journal'), pool, batches);
    const name = 'SQLite, a row a sample';
    return [
      {
        what: 'durable, journal alone',
        unit: 'samples/s',
        ours: journal.samplesPerS,
        peer: { name, value: plain.samplesPerS },
        goal: { least: 2e6 },
        note: journal.note,
      },
      {
        what: 'on disk',
        unit: 'bytes/sample',
        less: true,
        ours: journal.bytesPerSample,
        peer: { name, value: plain.bytesPerSample },
      },
      ...(await measureSite(join(dir, 'site'), pool, batches)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await report(bench);
