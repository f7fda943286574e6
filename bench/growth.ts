/*
 * What a site costs as its work grows, one thing at a time: tags, rules, samples a second. The whole edge from the bundle,
 * fed by MQTT with ten values in a JSON message; this process plays the broker.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { BrokerSide } from './broker-side.ts';
import { benchFolder, cpuS, EdgeProcess } from './edge-process.ts';
import { FIELDS, sensorSite } from './sensor-site.ts';
import { type Row, report } from './table.ts';

const DAY_S = 86_400;

interface Work {
  readonly tags: number;
  readonly rules: number;
  readonly perS: number;
}

interface Cost {
  readonly cpuUs: number;
  readonly memoryMb: number;
  readonly p99Ms: number;
  readonly startMs: number;
  readonly writtenGbPerDay: number;
  readonly takenPerS: number;
}

const USUAL: Work = { tags: 10_000, rules: 1000, perS: 10_000 };

interface Axis {
  readonly table: string;
  readonly axis: string;
  readonly key: keyof Work;
  readonly steps: readonly number[];
}

const AXES: readonly Axis[] = [
  { table: 'More tags', axis: 'tags', key: 'tags', steps: [100, 1000, 10_000, 100_000] },
  { table: 'More rules', axis: 'rules', key: 'rules', steps: [10, 100, 1000, 10_000] },
  { table: 'Faster', axis: 'samples/s', key: 'perS', steps: [1000, 10_000, 50_000, 200_000] },
];

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const times = quick ? { warmUpMs: 700, runMs: 1500 } : { warmUpMs: 5000, runMs: 10_000 };
  // What reaches the disk comes in pieces: it takes longer to see how much in a day.
  const long = { warmUpMs: 10_000, runMs: 40_000 };
  const rows: Row[] = [];
  for (const { table, axis, key, steps } of AXES) {
    // For a quick look the least and one that is large.
    for (const at of quick ? [steps[0] ?? 0, steps[2] ?? 0] : steps) {
      const work = { ...USUAL, [key]: at };
      if (key === 'tags') work.rules = Math.min(work.rules, at);
      const isLong = key === 'perS' && !quick;
      const cost = await costOf(work, folder.dir, join(folder.dir, `${key}${at}`), isLong ? long : times);
      const growth = { table, axis, at };
      rows.push(...rowsOf(cost, work, growth));
      if (isLong)
        rows.push({
          what: 'written to flash',
          unit: 'GB/day',
          ours: cost.writtenGbPerDay,
          less: true,
          growth,
        });
    }
  }
  return rows;
}

function rowsOf(cost: Cost, work: Work, growth: NonNullable<Row['growth']>): Row[] {
  const row = (what: string, unit: string, ours: number): Row => ({ what, unit, ours, less: true, growth });
  const { tags, rules, perS } = work;
  const count = (n: number) => n.toLocaleString('en');
  const note = `${count(tags)} tags, ${count(rules)} rules, ${count(perS)} samples/s sent`;
  return [
    { what: 'taken', unit: 'samples/s', ours: cost.takenPerS, growth, note },
    row('processor a sample', 'µs', cost.cpuUs),
    row('memory', 'MB', cost.memoryMb),
    row('arrival to decided, p99 since start', 'ms', cost.p99Ms),
    row('start', 'ms', cost.startMs),
  ];
}

async function costOf(
  work: Work,
  dir: string,
  data: string,
  { warmUpMs, runMs }: { readonly warmUpMs: number; readonly runMs: number },
): Promise<Cost> {
  await using broker = await BrokerSide.start();
  await using edge = await EdgeProcess.start(dir, sensorSite(work, broker.port), data);
  const socket = await broker.subscribed();
  const feed = (ms: number) => broker.steady(socket, work.perS, FIELDS, ms, work.tags / FIELDS);
  await feed(warmUpMs);
  // The journal makes its reserve once, in slices over the first minutes: no part of what each day costs.
  const written = () => edge.writtenBytes() - statSync(join(journalDir(data), 'journal.reserve')).size;
  const before = await edge.status<SiteStatus>();
  const [fromS, fromBytes, fromMs] = [cpuS(edge.pid), written(), performance.now()];
  await feed(runMs);
  const after = await edge.status<SiteStatus>();
  const tookS = (performance.now() - fromMs) / 1000;
  const samples = after.samples - before.samples;
  return {
    cpuUs: ((cpuS(edge.pid) - fromS) * 1e6) / samples,
    memoryMb: edge.memory().residentMb,
    p99Ms: after.decisions.p99Ms,
    startMs: edge.startMs,
    writtenGbPerDay: ((written() - fromBytes) / 1e9 / tookS) * DAY_S,
    takenPerS: samples / tookS,
  };
}

await report(bench);
