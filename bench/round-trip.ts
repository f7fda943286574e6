/*
 * The long way round, as people feel it: a value changes at one device, a rule sees it, a write reaches another device, and
 * that one's feedback confirms it. From the change to the arrival of the write, and to the end that the journal has. The
 * whole edge from the bundle; devices of their protocols run in this process or, for OPC UA, in two of their own. Changes come
 * at all moments between two polls.
 */
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { Latency } from '#kernel/latency.ts';
import { until } from '#test/until.ts';
import { benchFolder, EdgeProcess, passed } from './edge-process.ts';
import { HIGH, LOW, RIGS, type Rig } from './round-trip-rigs.ts';
import { type Row, report } from './table.ts';

interface Trips {
  /** Undefined where the device cannot tell. */
  readonly arrived: Latency | undefined;
  readonly confirmed: Latency;
}

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const rows: Row[] = [];
  for (const [name, start] of Object.entries(RIGS)) {
    await using rig = await start();
    const { arrived, confirmed } = await trips(rig, join(folder.dir, name), folder.dir, quick ? 10 : 100);
    const row = (what: string, latency: Latency, q: number): Row => ({
      what: `${name}: ${what}, p${q * 100}`,
      unit: 'ms',
      less: true,
      ours: latency.quantileMs(q),
      note: `${rig.rhythm}; ${latency.count} changes`,
    });
    for (const q of [0.5, 0.99]) {
      if (arrived) rows.push(row('change to write at the device', arrived, q));
      rows.push(row('change to confirmed', confirmed, q));
    }
  }
  return rows;
}

/** Wall clock, as the edge stamps its events, with fractions. */
const wallMs = (): number => performance.timeOrigin + performance.now();

async function trips(rig: Rig, data: string, dir: string, changes: number): Promise<Trips> {
  await using edge = await EdgeProcess.start(dir, siteOf(rig), data);
  await rig.begin?.(edge);
  await until(
    'values of all devices',
    async () => {
      const { sources } = await edge.status<SiteStatus>();
      return Object.values(sources).every(({ samples }) => samples > 0);
    },
    30_000,
  );
  const arrived = rig.observes ? new Latency() : undefined;
  const changedMs: number[] = [];
  for (let i = 0; i < changes; i++) {
    await passed(rig.everyMs * (1 + Math.random()));
    const fromMs = wallMs();
    changedMs.push(fromMs);
    if (arrived) rig.onWrite(() => arrived.record(wallMs() - fromMs));
    await rig.change(i % 2 === 0 ? HIGH : LOW);
    await until(
      `write ${i + 1} is confirmed`,
      async () => (await edge.status<SiteStatus>()).writes.confirmed > i,
      15_000,
    );
  }
  // All of it is on disk once the edge has ended.
  await edge[Symbol.asyncDispose]();
  return { arrived, confirmed: confirmedOf(journalDir(data), changedMs) };
}

/** The writes end in the order of the changes: each waits for the one before. */
function confirmedOf(journal: string, changedMs: readonly number[]): Latency {
  using reader = openReader(journal);
  const ends = reader
    .events(0, 100 * changedMs.length)
    .filter(({ event }) => event.name === 'write.confirmed')
    .map(({ event }) => event.timeUs / 1000);
  if (ends.length !== changedMs.length)
    throw new Error(`${ends.length} writes were confirmed, of ${changedMs.length}`);
  const latency = new Latency();
  for (const [i, endMs] of ends.entries()) latency.record(endMs - (changedMs[i] ?? 0));
  return latency;
}

function siteOf({ sources, input, target, actual }: Rig): string {
  const write = (value: number) => ({ write: { tag: 'line/drive/target', value } });
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources,
    tags: {
      'line/sensor/input': input,
      'line/drive/actual': actual,
      'line/drive/target': {
        ...target,
        access: 'write',
        write: { range: [0, 50], feedback: { tag: 'actual' } },
      },
    },
    rules: {
      follow: {
        when: `tag("line/sensor/input") > ${(HIGH + LOW) / 2}.0`,
        do: [write(HIGH)],
        clear: [write(LOW)],
      },
    },
  });
}

await report(bench);
