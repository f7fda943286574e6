/*
 * The history of a tag at 1 Hz in the historian, and the same samples in PostgreSQL with an index on tag and time: size on
 * disk, time to load, time of the two questions that people ask most. PostgreSQL runs with the settings that it comes with.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocRows, type Rows, sliceRows } from '#historian/format/rows.ts';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import { at } from '#kernel/batch.ts';
import { Postgres } from '#test/postgres.ts';
import { medianMs, spreadOf } from './runs.ts';
import { type Row, report } from './table.ts';

const DAY_S = 86_400;
const START_US = 1_790_000_000_000_000;
const AT_ONCE = 200_000;
const POINTS = 2000;
const TIMES = 7;

interface Kept {
  readonly bytesPerSample: number;
  readonly loadMs: number;
  readonly trendMs: number;
  readonly daysMs: number;
}

async function bench(quick: boolean): Promise<Row[]> {
  const days = quick ? 5 : 30;
  const rows = temperatures(days * DAY_S);
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const theirs = await optional(() => inPostgres(join(dir, 'rows.csv'), rows));
    const ours = await inHistorian(dir, rows);
    const samples = `${(rows.timeUs.length / 1e6).toFixed(2)} million samples, ${days} days of one tag`;
    const row = (what: string, unit: string, of: (kept: Kept) => number) => ({
      what,
      unit,
      less: true,
      ours: of(ours),
      ...(theirs && { peer: { name: 'PostgreSQL', value: of(theirs) } }),
    });
    return [
      {
        ...row('history: on disk', 'bytes/sample', (kept) => kept.bytesPerSample),
        note: `${samples}; theirs with its index`,
      },
      row('history: loaded, durable', 'ms', (kept) => kept.loadMs),
      {
        ...row(`history: trend of ${days} days in ${POINTS} points`, 'ms', (kept) => kept.trendMs),
        note: 'ours the least and the most of each stretch in their order, theirs least, most and mean',
        ...(days === 30 && { goal: { most: 50 } }),
      },
      row(`history: least, most and mean of ${days} days, day by day`, 'ms', (kept) => kept.daysMs),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function optional<T>(measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    process.stderr.write(`without PostgreSQL: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** A day's swing and the noise of a sensor with two decimals. */
function temperatures(count: number): Rows {
  let seed = 7;
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const rows = allocRows(count);
  for (let i = 0; i < count; i++) {
    rows.timeUs[i] = START_US + i * 1_000_000;
    rows.value[i] = Math.round((20 + 5 * Math.sin((i / DAY_S) * 2 * Math.PI) + 0.2 * noise()) * 100) / 100;
  }
  return rows;
}

async function inHistorian(dir: string, all: Rows): Promise<Kept> {
  const dirs = { dir: join(dir, 'historian'), journalDir: join(dir, 'journal') };
  const tags = [{ path: 'line/tag', type: 'number', access: 'read' }] as const;
  const startMs = performance.now();
  {
    await using historian = await openHistorian({
      ...dirs,
      quotaBytes: 2 ** 30,
      maxAgeUs: Number.POSITIVE_INFINITY,
    });
    for (let from = 0; from < all.timeUs.length; from += AT_ONCE) {
      const { timeUs, value, quality } = sliceRows(all, from, Math.min(all.timeUs.length, from + AT_ONCE));
      const rows = timeUs.length;
      const columns = { timeUs: timeUs.slice(), value: value.slice(), quality: quality.slice() };
      const batch = { ...columns, rows, tag: new Uint32Array(rows), receivedUs: START_US, late: true };
      await historian.importRows({ tags, batch });
    }
  }
  const loadMs = performance.now() - startMs;
  await using reader = openHistory(dirs);
  const span = { fromUs: START_US, toUs: START_US + all.timeUs.length * 1e6 };
  const aggregates = ['min', 'max', 'mean'] as const;
  const days = { ...span, tags: ['line/tag'], bucketUs: DAY_S * 1e6, aggregates };
  return {
    bytesPerSample: bytesIn(dirs.dir) / all.timeUs.length,
    loadMs,
    trendMs: await medianMs(TIMES, () => reader.trend({ ...span, tag: 'line/tag', points: POINTS })),
    daysMs: await medianMs(TIMES, () => Array.fromAsync(reader.buckets(days))),
  };
}

const bytesIn = (dir: string): number =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const stat = statSync(join(dir, name));
    return sum + (stat.isFile() ? stat.size : 0);
  }, 0);

/** @param csv file that it may write */
async function inPostgres(csv: string, rows: Rows): Promise<Kept> {
  await writeCsv(csv, rows);
  await using postgres = await Postgres.start();
  await postgres.run(
    'CREATE TABLE samples (tag int, time timestamptz, value float8, quality int, PRIMARY KEY (tag, time))',
  );
  const startMs = performance.now();
  await postgres.run(`\\copy samples FROM '${csv}' CSV`);
  const loadMs = performance.now() - startMs;
  await postgres.run('VACUUM ANALYZE samples');
  const bytes = Number(await postgres.run("SELECT pg_total_relation_size('samples')"));
  const grouped = (stretchS: number) => `
    SELECT floor(extract(epoch FROM time) / ${stretchS}) AS stretch, min(value), max(value), avg(value)
    FROM samples WHERE tag = 0 AND time >= ${time(START_US)} AND time < ${time(START_US + rows.timeUs.length * 1e6)}
    GROUP BY stretch ORDER BY stretch`;
  const ms = async (query: string) => spreadOf(await postgres.timed(query, TIMES)).median;
  return {
    bytesPerSample: bytes / rows.timeUs.length,
    loadMs,
    trendMs: await ms(grouped(rows.timeUs.length / POINTS)),
    daysMs: await ms(grouped(DAY_S)),
  };
}

const time = (us: number): string => `'${new Date(us / 1000).toISOString()}'`;

async function writeCsv(path: string, rows: Rows): Promise<void> {
  await using file = await open(path, 'w');
  for (let from = 0; from < rows.timeUs.length; from += AT_ONCE) {
    const to = Math.min(rows.timeUs.length, from + AT_ONCE);
    let text = '';
    for (let i = from; i < to; i++)
      text += `0,${new Date(at(rows.timeUs, i) / 1000).toISOString()},${at(rows.value, i)},${at(rows.quality, i)}\n`;
    await file.write(text);
  }
}

await report(bench);
