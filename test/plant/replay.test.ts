import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { askedFor, blueprintOf, replayed, StillClock, told } from '#edge/replay/fixture.ts';
import { SITE_FILE } from '#plant/site-file.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { FastDemo } from '#test/plant/fast-site.ts';

/** `HOLDFAST_DEMO_HOURS=24 node_modules/.bin/node --test test/plant/replay.test.ts` produces and replays a whole day. */
const HOURS = Number(process.env.HOLDFAST_DEMO_HOURS ?? 1);

test('the demo, produced at more than 100 times its speed, is replayed with equal findings', async (t) => {
  const { dir } = journalConfig(t);
  const demo = new FastDemo(await blueprintOf(await readFile(SITE_FILE, 'utf8')), dir, new StillClock());
  const startS = cpuS();
  await demo.start();
  for (let hour = 0; hour < HOURS; hour++) await anHour(demo, hour);
  await demo.stop();
  const producedS = cpuS() - startS;
  const { recorded, found, rows } = await replayed(dir);
  tell(t, { producedS, replayedS: cpuS() - startS - producedS, rows, findings: found.length });
  assert.deepEqual(told(found), told(recorded));
  assert.deepEqual(askedFor(found), demo.asked);
  assert.ok(told(found).length > 10 * HOURS && demo.asked.length > 5 * HOURS, 'too little to compare');
  assert.ok((HOURS * 3600) / producedS > 100, `produced at ${((HOURS * 3600) / producedS).toFixed(0)} times`);
});

/** Something breaks on one line and is mended; people answer; now and then the site is restarted. */
async function anHour(demo: FastDemo, hour: number): Promise<void> {
  const { faults } = demo.world.lines[hour % 3] ?? assert.fail();
  await demo.run(600);
  faults.wornBearing = true;
  await demo.run(300);
  answer(demo, { act: 'acknowledge' });
  await demo.run(300);
  if (hour % 6 === 1) {
    await demo.stop();
    await demo.start();
  }
  await demo.run(300);
  faults.wornBearing = false;
  answer(demo, { act: 'shelve', forMin: 5 });
  await demo.run(900);
  faults.cavitation = true;
  await demo.run(300);
  faults.cavitation = false;
  await demo.run(900);
}

function answer(demo: FastDemo, act: Parameters<FastDemo['site']['core']['path']['operate']>[1]): void {
  const { path, decisions } = demo.site.core;
  for (const { id, state } of decisions.alarms()) {
    if (state === 'unacknowledged') path.operate(id, act, 'operator', 'seen');
  }
}

/** Processor time: what else runs on the machine does not count. */
function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function tell(t: TestContext, figures: { readonly [name: string]: number }): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  t.diagnostic(`${HOURS} h: ${text.join(', ')}`);
}
