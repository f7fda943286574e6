import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { SiteStatus } from '#contract/api.ts';
import type { Autonomy } from '#contract/autonomy.ts';
import { blueprintOf, StillClock } from '#edge/replay/fixture.ts';
import { startPlant } from '#plant/plant.ts';
import { SITE_FILE, siteFileFor } from '#plant/site-file.ts';
import { accountOf } from '#test/crash/accounts.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { clockOff, noFakeClock } from '#test/crash/fake-clock.ts';
import { FastDemo } from '#test/plant/fast-site.ts';
import { until } from '#test/until.ts';
import { Foretold } from '../foretold.ts';
import type { Report, Rig, Rows, Torture } from '../torture.ts';
import { withoutDeadbands } from './devices.ts';

const DAY_S = 86_400;
const DAYS = 180;
/** One reading of all tags: a minute of the warped time. */
const STEP_S = 60;
const QUOTA_MB = 64;
/** Short enough for samples to go by it, in the short form too. */
const AGE_DAYS = { short: 2, long: 60 };
/** How often its budget is asked. */
const ASK_DAYS = 0.25;

/** The demo's site, warped: its clock moves a minute with each reading, and it is started anew now and then. */
async function warped(rig: Rig, days: number): Promise<{ rows: Rows; notes: string[] }> {
  const { chance } = rig;
  const site = withoutDeadbands(await readFile(SITE_FILE, 'utf8')) as { settings: object };
  const ageDays = rig.long ? AGE_DAYS.long : AGE_DAYS.short;
  const journal = { quotaMb: QUOTA_MB, maxAgeDays: ageDays };
  const text = stringify({ ...site, settings: { ...site.settings, journal } });
  const dir = await folder(rig);
  const clock = new StillClock();
  const demo = new FastDemo(await blueprintOf(text), dir, clock, STEP_S);
  const [events, startUs] = [new Set<number>(), clock.atUs];
  const foretold = new Foretold();
  let [acquired, boots, lostBefore] = [0, 0, 0];
  while (clock.atUs - startUs < days * DAY_S * 1e6) {
    await demo.start();
    boots++;
    const { faults } = demo.world.lines[boots % 3] ?? assert.fail();
    faults.wornBearing = boots % 2 === 0;
    const left = days - (clock.atUs - startUs) / (DAY_S * 1e6);
    const runs = Math.min(left, 0.2 + chance.uniform() * 10);
    for (let day = 0; day < runs; day += ASK_DAYS) {
      await demo.run(Math.min(runs - day, ASK_DAYS) * DAY_S);
      await demo.site.durable();
      const { lostRows } = demo.site.status().journal;
      foretold.look(await demo.site.autonomy.read(), lostBefore + lostRows);
    }
    acquired += demo.site.status().samples;
    const { usedBytes, quotaBytes, fault, lostRows } = demo.site.status().journal;
    lostBefore += lostRows;
    assert.ok(usedBytes <= quotaBytes, `${usedBytes} bytes of ${quotaBytes}`);
    assert.equal(fault, undefined);
    events.add(demo.site.status().epoch);
    await demo.stop();
    clock.atUs += chance.uniform() * 3600e6;
    rig.progress(`day ${Math.round((clock.atUs - startUs) / 1e6 / DAY_S)} of ${days}, boot ${boots}`);
  }
  assert.equal(events.size, boots, 'every start has an epoch of its own');
  await demo.start();
  assert.ok(demo.site.status().tags > 100);
  await demo.stop();
  const { kept, told } = await accountOf(rig, dir);
  return {
    rows: {
      acquired,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, acquired - kept - told.rows),
    },
    notes: [
      `${days} days warped, ${boots} boots, quota of ${QUOTA_MB} MB and ${ageDays} days held`,
      foretold.end(),
    ],
  };
}

/** The whole process with every protocol, started again and again on later days. */
async function laterBoots(rig: Rig, boots: number): Promise<string> {
  if (noFakeClock) return `no boots on later days: ${noFakeClock}`;
  const plant = await startPlant({ modbusA: 0, modbusB: 0, mqtt: 0, opcua: 0, seed: rig.seed });
  rig.after(() => plant[Symbol.asyncDispose]());
  const site = withoutDeadbands(await siteFileFor(plant));
  const dir = await folder(rig);
  const running = ({ sources }: SiteStatus) =>
    Object.values(sources).every(({ state, samples }) => state === 'running' && samples > 0);
  let said: Autonomy | undefined;
  for (let boot = 0; boot < boots; boot++) {
    const day = Math.round((DAYS * boot) / (boots - 1));
    rig.progress(`boot on day ${day}`);
    const edge = await new EdgeProcess(site, dir, { env: clockOff(day * DAY_S) }).up();
    rig.after(() => edge.kill());
    await until(`all sources run on day ${day}`, async () => running(await edge.status()), 120_000);
    said = laterBudget(await edge.get<Autonomy>('/api/autonomy'), day, said);
    if (rig.chance.uniform() < 0.5) await edge.kill();
    else await edge.stop();
  }
  return `${boots} boots of the whole process up to day ${DAYS}, all sources running, and no budget had said otherwise`;
}

/**
 * All sources run on this day: the first budget must not have said that something ends before it, and certificates
 * must have come nearer to their ends by the days that passed.
 */
function laterBudget(now: Autonomy, day: number, first: Autonomy | undefined): Autonomy {
  if (!first) return now;
  const ended = first.lines.filter(({ counts, days }) => counts && days !== undefined && days < day);
  assert.deepEqual(ended, [], `the budget said that these end before day ${day}`);
  for (const { reason, subject, days } of first.lines) {
    if (reason !== 'certificate' || days === undefined) continue;
    const later = now.lines.find((one) => one.reason === reason && one.subject === subject);
    const by = days - (later?.days ?? 0);
    assert.ok(Math.abs(by - day) < 1, `${subject}: ${by} days nearer to its end on day ${day}`);
  }
  return first;
}

async function run(rig: Rig): Promise<Report> {
  const days = rig.times(4, DAYS);
  const { rows, notes } = await warped(rig, days);
  const boots = await laterBoots(rig, rig.long ? 13 : 2);
  return { tried: [days, 'days'], rows, notes: [...notes, boots] };
}

export const halfYear: Torture = {
  name: 'half-year',
  about:
    '180 days without a hub, warped: reboots by chance, certificates, quotas, ages; at the end all works',
  run,
};
