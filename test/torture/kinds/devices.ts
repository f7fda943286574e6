import { parse } from 'yaml';
import { messageOf } from '#kernel/fault.ts';
import { DEVICES, type DeviceName, type FaultName } from '#plant/faults.ts';
import { startPlant } from '#plant/plant.ts';
import { siteFileFor } from '#plant/site-file.ts';
import { allAccountedFor } from '#test/crash/accounts.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { until } from '#test/until.ts';
import { pause, type Report, type Rig, type Torture } from '../torture.ts';

const EVERYWHERE: readonly FaultName[] = [
  'device-silent',
  'slow-device',
  'garbage-replies',
  'device-restarting',
];
const ELSEWHERE: readonly (readonly [FaultName, DeviceName])[] = [
  ['clock-wrong', 'sensors'],
  ['clock-wrong', 'utilities'],
  ['server-renumbered', 'utilities'],
  ['node-reborn', 'packaging'],
  ['out-of-order', 'packaging'],
];
const EACH: readonly (readonly [FaultName, DeviceName])[] = [
  ...DEVICES.flatMap((device) => EVERYWHERE.map((fault) => [fault, device] as const)),
  ...ELSEWHERE,
];

/** In an order by chance. */
function shuffled<T>(rig: Rig, all: readonly T[]): T[] {
  return all
    .map((one) => [rig.chance.uniform(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** The demo's own site without its deadbands: every sample then has to be in the journal. */
export function withoutDeadbands(text: string): object {
  const site = parse(text.replaceAll(/^\s*deadband: .*\n/gm, '')) as { settings?: object };
  return { ...site, settings: { ...site.settings, api: { port: 0 } } };
}

async function run(rig: Rig): Promise<Report> {
  const plant = await startPlant({
    ...{ modbusA: 0, modbusB: 0, mqtt: 0, opcua: 0, seed: rig.seed },
    ...{ slowMs: 2000, restartDownMs: 500, restartEveryMs: 2000 },
  });
  rig.after(() => plant[Symbol.asyncDispose]());
  const dir = await folder(rig);
  const edge = await new EdgeProcess(withoutDeadbands(await siteFileFor(plant)), dir).up();
  rig.after(() => edge.kill());
  const samples = async () =>
    Object.fromEntries(Object.entries((await edge.status()).sources).map(([id, one]) => [id, one.samples]));
  /** Every source brings samples again. */
  const allFlow = async (what: string) => {
    const before = await samples();
    let behind: readonly string[] = [];
    const all = async () => {
      const now = await samples();
      behind = Object.keys(before).filter((id) => (now[id] ?? 0) <= (before[id] ?? 0));
      return behind.length === 0;
    };
    await until(what, all, 120_000).catch(async (error: unknown) => {
      const { sources } = await edge.status();
      const states = behind.map((id) => `${id}: ${JSON.stringify(sources[id])}`);
      throw new Error([messageOf(error), ...states, edge.said].join('\n'));
    });
  };
  await allFlow('all sources bring samples');
  const rounds = rig.times(3, 4 * EACH.length);
  const perRound: string[] = [];
  for (let round = 0, order = shuffled(rig, EACH); round < rounds; round++) {
    if (order.length === 0) order = shuffled(rig, EACH);
    const [fault, device] = order.pop() as (typeof EACH)[number];
    rig.progress(`round ${round + 1} of ${rounds}: ${fault} at ${device}`);
    plant.fault(fault, true, { device });
    await pause(1500 + rig.chance.uniform() * 3000);
    plant.fault(fault, false, { device });
    await allFlow(`all bring samples after ${fault} at ${device}`);
    perRound.push(`${fault} at ${device}`);
  }
  await plant[Symbol.asyncDispose]();
  const { samples: acquired, kept, told, said } = await allAccountedFor(rig, edge, dir);
  return {
    tried: [rounds, 'faults of devices'],
    rows: {
      acquired,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, acquired - kept - told.rows),
    },
    notes: [`${said} rows of the site itself`, [...new Set(perRound)].slice(0, 6).join(', ')],
  };
}

export const devices: Torture = {
  name: 'devices',
  about:
    'each device of the plant silent, slow, restarting or sending garbage: all come back, every sample is there',
  run,
};
