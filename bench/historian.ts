import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChunkWriter, openChunk } from '#historian/format/chunk.ts';
import { allocRows, type Rows, sliceRows } from '#historian/format/rows.ts';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import { gorillaBits } from './gorilla.ts';
import { decisions } from './historian/decisions.ts';
import { plant, skab } from './historian/recordings.ts';
import { trendByApi } from './historian/trend-api.ts';
import { type Row, report } from './table.ts';

/* Bytes a sample beside plain Gorilla, rates of both directions, the time that a trend takes, and decisions meanwhile. */

const CHUNK_ROWS = 8192;
const START_US = 1_790_000_000_000_000;
const DAYS_30 = 30 * 86_400;
const ROUNDS = 15;

let seed = 42;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** A walk in hundredths, as a sensor with two decimals gives it. */
function walk(count: number, jitterUs: number): Rows {
  const rows = allocRows(count);
  let level = 50;
  for (let i = 0; i < count; i++) {
    level += (random() - 0.5) * 0.4;
    rows.timeUs[i] = START_US + i * 1_000_000 + Math.floor(random() * jitterUs);
    rows.value[i] = Math.round(level * 100) / 100;
  }
  return rows;
}

const chunks = (rows: Rows): Rows[] =>
  Array.from({ length: Math.ceil(rows.timeUs.length / CHUNK_ROWS) }, (_, i) =>
    sliceRows(rows, i * CHUNK_ROWS, Math.min(rows.timeUs.length, (i + 1) * CHUNK_ROWS)),
  );

/** Bytes a sample, ours and Gorilla's over the same chunks. */
function sizes(series: readonly Rows[]): { ours: number; gorilla: number; samples: number } {
  const writer = new ChunkWriter();
  let [ours, gorilla, samples] = [0, 0, 0];
  for (const rows of series.flatMap(chunks)) {
    ours += writer.write(1, rows).length;
    gorilla += gorillaBits(rows) / 8;
    samples += rows.timeUs.length;
  }
  return { ours: ours / samples, gorilla: gorilla / samples, samples };
}

function sizeRow(what: string, series: readonly Rows[], most?: number): Row {
  const { ours, gorilla, samples } = sizes(series);
  return {
    what: `historian: ${what}`,
    unit: 'bytes/sample',
    less: true,
    ours,
    peer: { name: 'Gorilla XOR', value: gorilla },
    ...(most !== undefined && { goal: { most } }),
    note: `${samples.toLocaleString('en')} samples`,
  };
}

/** Million samples a second of processor time. */
function rate(samples: number, work: () => void, runMs: number): number {
  const run = (ms: number): number => {
    const before = process.cpuUsage();
    let done = 0;
    for (const endMs = performance.now() + ms; performance.now() < endMs; done += samples) work();
    const { user, system } = process.cpuUsage(before);
    return done / (user + system);
  };
  run(runMs / 2);
  return run(runMs);
}

function rates(runMs: number): Row[] {
  const rows = walk(CHUNK_ROWS, 0);
  const writer = new ChunkWriter();
  const bytes = writer.write(1, rows).slice();
  const unit = 'million samples/s';
  return [
    { what: 'historian: encode', unit, ours: rate(CHUNK_ROWS, () => void writer.write(1, rows), runMs) },
    { what: 'historian: decode', unit, ours: rate(CHUNK_ROWS, () => void openChunk(1, bytes).read(), runMs) },
  ];
}

async function trend(): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  try {
    const config = { ...dirs, quotaBytes: 2 ** 30, maxAgeUs: Number.POSITIVE_INFINITY };
    await using historian = await openHistorian(config);
    await using reader = openHistory(dirs);
    const all = walk(DAYS_30, 0);
    const tags = [{ path: 'line/tag', type: 'number', access: 'read' }] as const;
    const began = performance.now();
    for (let from = 0; from < DAYS_30; from += 200_000) {
      const part = sliceRows(all, from, Math.min(DAYS_30, from + 200_000));
      const rows = part.timeUs.length;
      const columns = {
        timeUs: part.timeUs.slice(),
        value: part.value.slice(),
        quality: part.quality.slice(),
      };
      const batch = { ...columns, rows, tag: new Uint32Array(rows), receivedUs: START_US, late: true };
      await historian.importRows({ tags, batch });
    }
    const importMs = performance.now() - began;
    const span = { fromUs: START_US, toUs: START_US + DAYS_30 * 1e6 };
    const timed = async (ask: () => Promise<unknown>): Promise<{ ours: number; note: string }> => {
      const times: number[] = [];
      const before = process.cpuUsage();
      for (let i = 0; i < ROUNDS; i++) {
        const startedMs = performance.now();
        await ask();
        times.push(performance.now() - startedMs);
      }
      const { user, system } = process.cpuUsage(before);
      const cpuMs = (user + system) / 1000 / ROUNDS;
      const note = `median of ${ROUNDS}; ${cpuMs.toFixed(1)} ms of processor each, mean with the first`;
      return { ours: times.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0, note };
    };
    const trendQuery = { ...span, tag: 'line/tag', points: 2000 };
    const day = {
      ...span,
      tags: ['line/tag'],
      bucketUs: 86_400e6,
      aggregates: ['min', 'max', 'timeMean'] as const,
    };
    return [
      {
        what: 'historian: import',
        unit: 'million samples/s',
        ours: DAYS_30 / importMs / 1000,
        note: 'batches of 200,000 of one tag',
      },
      {
        what: 'trend: 2.6 million samples to 2,000 points',
        unit: 'ms',
        goal: { most: 50 },
        ...(await timed(() => reader.trend(trendQuery))),
      },
      await trendByApi(reader, trendQuery),
      {
        what: 'min, max, mean by time of 30 days, day by day',
        unit: 'ms',
        ...(await timed(() => Array.fromAsync(reader.buckets(day)))),
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function bench(quick: boolean): Promise<Row[]> {
  const count = quick ? 262_144 : 1_048_576;
  const { registers, nodes } = plant(quick ? 3600 : 14_400);
  return [
    sizeRow('two decimals, once a second', [walk(count, 0)], 1.2),
    sizeRow('two decimals, times jittering by 10 ms', [walk(count, 10_000)], 3),
    sizeRow('SKAB recordings', skab()),
    sizeRow('simulated plant, its Modbus registers', registers),
    sizeRow('simulated plant, its OPC UA nodes', nodes),
    ...rates(quick ? 500 : 2000),
    ...(await trend()),
    ...(await decisions(quick ? 2 : 6)),
  ];
}

await report(bench);
