import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, type TestContext, test } from 'node:test';
import { learnedDigest } from '#decide/detectors/learned.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { blueprintOf } from '#edge/replay/fixture.ts';
import { learnedOf } from '#plant/learned.ts';
import type { Line, ProcessFault } from '#plant/physics/line.ts';
import { SITE_FILE } from '#plant/site-file.ts';
import { isOfLines, type OfflineSite, offlineSite } from '#test/plant/offline-site.ts';

/** `HOLDFAST_DEMO_HOURS=24 node_modules/.bin/node --test test/plant/detectors.test.ts` watches whole days of normal running. */
const HOURS = Number(process.env.HOLDFAST_DEMO_HOURS ?? 1);

let blueprint: Blueprint;

before(async () => {
  const plain = await blueprintOf(await readFile(SITE_FILE, 'utf8'));
  const detectors = await Promise.all(
    (plain.spec.detectors ?? []).map(async (one) => {
      const text = (await learnedOf(one.id)) ?? assert.fail(`${one.id} has learned nothing`);
      return { ...one, file: { digest: learnedDigest(text), text } };
    }),
  );
  assert.equal(detectors.length, 18);
  blueprint = { ...plain, spec: { ...plain.spec, detectors } };
});

const siteOf = (seed: number): OfflineSite => offlineSite(blueprint, { seed, reads: isOfLines });

for (const seed of [41, 42, 43]) {
  test(`hours with other products and short stops make no alert, seed ${seed}`, () => {
    const site = siteOf(seed);
    site.run(HOURS * 3600);
    assert.deepEqual([...site.found], []);
    assert.deepEqual([...site.raised], []);
    assert.ok(site.world.lines.every(({ commands, pump }) => commands.product > 1 || pump.starts > 1274));
  });
}

test('another speed, within what was learned or beyond it, is no news of the bearing', () => {
  const site = siteOf(44);
  for (const rpm of [2400, 2650, 1500, 2980, 1200, 2400]) {
    for (const { commands } of site.world.lines) commands.speedSetpointRpm = rpm;
    site.run(120);
  }
  assert.deepEqual([...site.found], []);
});

/** Breaks line 2 after some minutes. @returns when each detector spoke, in seconds from then */
function broken(fault: ProcessFault, seconds: number, more: Partial<Line['faults']> = {}) {
  const site = siteOf(45);
  site.run(300);
  const line = site.world.lines[1] ?? assert.fail();
  Object.assign(line.faults, { [fault]: true, ...more });
  const beganS = site.nowS;
  site.run(seconds);
  const after = new Map(site.found.map(({ id, atS }) => [id, atS - beganS]));
  assert.deepEqual(
    [...after.keys()].filter((id) => !id.startsWith('hall/line2/')),
    [],
  );
  return { site, beganS, after };
}

const tell = (t: TestContext, after: ReadonlyMap<string, number>): void => {
  for (const [id, atS] of after) t.diagnostic(`${id} after ${atS} s`);
};

test('a bearing that wears within two minutes is told of a minute before its alarm, by its vibration', (t) => {
  const { site, after } = broken('wornBearing', 60, { wearOverS: 120 });
  tell(t, after);
  assert.deepEqual([...site.raised], [], 'no alarm yet');
  assert.ok((after.get('hall/line2/pump/knocking') ?? 99) < 10);
  assert.ok((after.get('hall/line2/pump/bearing') ?? 99) < 15);
  assert.ok((after.get('hall/line2/pump/ringing') ?? 99) <= 60, 'with the second piece of the waveform');
  assert.equal(after.size, 3);
  const reasons = site.found.find(({ id }) => id === 'hall/line2/pump/bearing')?.reasons;
  assert.deepEqual(reasons, ['hall/line2/pump/vibration']);
  site.run(40);
  assert.ok(site.raised.includes('hall/line2/pump/vibration-high'));
});

test('a bearing that wears within a day is told of within the first hour', (t) => {
  const { after } = broken('wornBearing', 3600, { wearOverS: 86_400 });
  tell(t, after);
  assert.deepEqual([...after.keys()].sort(), [
    'hall/line2/pump/bearing',
    'hall/line2/pump/knocking',
    'hall/line2/pump/ringing',
  ]);
});

test('a flow meter that froze is found before the alarm that was written for it', (t) => {
  const { site, after } = broken('stuckSensor', 15);
  tell(t, after);
  assert.deepEqual([...after.keys()], ['hall/line2/pump/meters']);
  assert.deepEqual([site.found[0]?.reasons, site.raised], [['hall/line2/pump/flow'], []]);
});

test('a valve that sticks is found when it has moved, and nobody else finds anything', (t) => {
  const { site, after } = broken('stickingValve', 150);
  tell(t, after);
  assert.deepEqual([...after.keys()], ['hall/line2/tank/inflow-valve']);
  assert.deepEqual([...site.raised], []);
});

test('water that leaks is found by the balance', (t) => {
  const { site, after } = broken('leak', 150);
  tell(t, after);
  assert.deepEqual([...after.keys()], ['hall/line2/utilities/water-balance']);
  assert.deepEqual([...site.raised], []);
});
