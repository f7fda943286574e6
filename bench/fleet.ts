/*
 * A hub with its own PostgreSQL, and sites that speak the real protocol to it from several processes, all on this machine:
 * how many it holds, what it stores a second, and how a backlog of many goes.
 */
import { join } from 'node:path';
import type { CrowdReport } from '#test/fleet/api.ts';
import { Crowds } from '#test/fleet/crowds.ts';
import { HubProcess } from '#test/fleet/hub-process.ts';
import { makeIdentities } from '#test/fleet/identities.ts';
import { passed } from './edge-process.ts';
import { type Usage, usageOf } from './fleet/usage.ts';
import { type Row, report } from './table.ts';

/** Of one hub process and its database; the second is for what makes the load. */
interface Size {
  readonly sites: number;
  readonly samplesPerS: number;
  readonly tags: number;
  readonly liveS: number;
  readonly behind: number;
  readonly backlogS: number;
}

const WHOLE: Size = { sites: 10_000, samplesPerS: 11, tags: 11, liveS: 120, behind: 100, backlogS: 86_400 };
const QUICK: Size = { sites: 300, samplesPerS: 10, tags: 10, liveS: 10, behind: 5, backlogS: 7200 };
const PROCESSES = 2;
const IDLE_S = 15;
const WARM_S = 10;
const DRAIN_LIMIT_S = 1200;

async function bench(quick: boolean): Promise<Row[]> {
  const size = quick ? QUICK : WHOLE;
  await using hub = await HubProcess.start();
  const file = join(hub.dir, 'identities.json');
  const count = size.sites + size.behind;
  const { pin } = await makeIdentities(join(hub.dir, 'bench'), hub.databaseUrl, count, file);
  const common = { hub: hub.url, pin, identities: file, tags: size.tags, samplesPerS: size.samplesPerS };
  return [...(await connected(hub, common, size)), ...(await drained(hub, common, size))];
}

type Common = Pick<
  Parameters<typeof Crowds.connect>[0],
  'hub' | 'pin' | 'identities' | 'tags' | 'samplesPerS'
>;

async function connected(hub: HubProcess, common: Common, size: Size): Promise<Row[]> {
  const { memoryMb: before } = usageOf(hub);
  const begun = performance.now();
  await using crowds = await Crowds.connect({ ...common, from: 0, to: size.sites, backlogS: 0 }, PROCESSES);
  const connectS = (performance.now() - begun) / 1000;
  await passed(IDLE_S * 1000);
  const idle = await measured(hub, IDLE_S);
  const kB = ((usageOf(hub).memoryMb - before) * 1024) / size.sites;
  crowds.go();
  await passed(WARM_S * 1000);
  await crowds.report();
  const load = await measured(hub, size.liveS);
  const told = await crowds.report();
  const wanted = size.sites * size.samplesPerS;
  const many = size.sites.toLocaleString('en');
  return [
    {
      what: 'sites connected to one hub process',
      unit: 'sites',
      ours: told.connected,
      goal: { least: 10_000 },
      note: `all came within ${connectS.toFixed(0)} s; ${told.lost} lost their connection`,
    },
    {
      what: 'memory of the hub for an idle site',
      unit: 'kB',
      less: true,
      ours: kB,
      note: `${many} idle sites take ${idle.hub} of a core`,
    },
    {
      what: `stored from ${many} sites, a frame a second each`,
      unit: 'samples/s',
      ours: told.samples / load.seconds,
      goal: { least: 100_000 },
      note: `of ${wanted.toLocaleString('en')} offered; hub ${load.hub}, PostgreSQL ${load.postgres} of a core; ${load.memoryMb.toFixed(0)} MB`,
    },
    {
      what: 'sent to confirmed meanwhile, p99',
      unit: 'ms',
      ours: quantile(told.historyMs, 0.99),
      goal: { most: 1000 },
    },
  ];
}

async function drained(hub: HubProcess, common: Common, size: Size): Promise<Row[]> {
  const { sites, behind, backlogS } = size;
  const begun = performance.now();
  const range = { from: sites, to: sites + behind };
  await using crowds = await Crowds.connect({ ...common, ...range, backlogS }, PROCESSES);
  crowds.go();
  let samples = 0;
  const liveMs: number[] = [];
  const before = usageOf(hub);
  for (;;) {
    await passed(500);
    const told: CrowdReport = await crowds.report();
    samples += told.samples;
    liveMs.push(...told.liveMs);
    if (samples >= behind * backlogS * size.samplesPerS) break;
    if (performance.now() - begun > DRAIN_LIMIT_S * 1000)
      throw new Error(`${told.waiting} samples still wait`);
  }
  const seconds = (performance.now() - begun) / 1000;
  const { hub: hubPart, postgres } = partsOf(before, usageOf(hub), seconds);
  liveMs.sort((a, b) => a - b);
  return [
    {
      what: `backlog of ${(backlogS / 3600).toFixed(0)} hours of ${behind} sites drained`,
      unit: 'samples/s',
      ours: samples / seconds,
      note: `${(samples / 1e6).toFixed(1)} million in ${seconds.toFixed(0)} s; hub ${hubPart}, PostgreSQL ${postgres} of a core`,
    },
    {
      what: 'newest values meanwhile, sent to confirmed, p99',
      unit: 'ms',
      ours: quantile(liveMs, 0.99),
      goal: { most: 1000 },
      note: `${liveMs.length.toLocaleString('en')} messages`,
    },
  ];
}

async function measured(hub: HubProcess, forS: number) {
  const [before, begun] = [usageOf(hub), performance.now()];
  await passed(forS * 1000);
  const seconds = (performance.now() - begun) / 1000;
  const after = usageOf(hub);
  return { seconds, memoryMb: after.memoryMb, ...partsOf(before, after, seconds) };
}

/** Of a core. */
function partsOf(before: Usage, after: Usage, seconds: number) {
  const percent = (used: number) => `${((100 * used) / seconds).toFixed(0)} %`;
  return {
    hub: percent(after.hubS - before.hubS),
    postgres: percent(after.postgresS - before.postgresS),
  };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;

await report(bench);
