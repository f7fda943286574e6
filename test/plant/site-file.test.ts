import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { formatProblem } from '#contract/load.ts';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { TOPICS } from '#plant/mqtt/topics.ts';
import { SITE_FILE } from '#plant/site-file.ts';
import { offlineSite } from '#test/plant/offline-site.ts';

let blueprint: Blueprint;

before(async () => {
  const checked = await checkSite(await readFile(SITE_FILE, 'utf8'));
  assert.deepEqual(
    checked.problems.map((problem) => formatProblem('site.yaml', problem)),
    [],
  );
  assert.ok(checked.blueprint);
  blueprint = checked.blueprint;
});

test('every alarm of the example says what happens and what to do, every writable tag has a limit', () => {
  const { alarms, tags } = blueprint.model;
  for (const alarm of alarms) {
    assert.ok(alarm.consequence.length > 10 && alarm.response.length > 10, alarm.id);
  }
  const numbers = tags.filter(({ access, type, heartbeatMs }) => {
    return access !== 'read' && type === 'number' && heartbeatMs === undefined;
  });
  assert.ok(numbers.length >= 16);
  for (const { path, write } of numbers) {
    assert.ok(write?.range && write.interlock && write.feedback, path);
  }
});

test('no rule of the example writes to a safety function', () => {
  const safety = new Set(blueprint.model.tags.filter((tag) => tag.safety).map(({ path }) => path));
  assert.ok(safety.size > 0);
  for (const rule of blueprint.model.rules) {
    for (const action of [...rule.do, ...rule.clear]) {
      if ('write' in action) assert.ok(!safety.has(action.write.tag), rule.id);
    }
  }
});

test('half an hour of a healthy plant raises no alarm, and no rule flaps', () => {
  const site = offlineSite(blueprint);
  site.run(30 * 60);
  assert.deepEqual(site.raised, []);
  // Levels go up and down in minutes: each of the two rules has its turn again and again, but not often.
  const others = site.switchedOn.filter((id) => !/tank\/(fill|hold-back)$/.test(id));
  assert.deepEqual(others, []);
  assert.ok(site.switchedOn.length >= 6 && site.switchedOn.length <= 60, `${site.switchedOn.length}`);
});

test('a worn bearing raises its alarm and lowers the speed within half a minute, and only there', () => {
  const site = offlineSite(blueprint);
  site.run(30);
  const line = site.world.lines[1];
  assert.ok(line);
  line.faults.wornBearing = true;
  site.run(30);
  assert.deepEqual(site.raised, ['hall/line2/pump/vibration-high']);
  assert.ok(site.switchedOn.includes('hall/line2/pump/protect-bearing'));
  assert.equal(line.commands.speedSetpointRpm, 1440);
  site.run(60);
  assert.equal(line.pump.speedRpm, 1440);
  assert.ok(line.pump.vibrationMmS < 4.5);
  line.faults.wornBearing = false;
  site.run(120);
  const protecting = site.switchedOn.filter((id) => id.endsWith('protect-bearing'));
  assert.equal(protecting.length, 1, 'the rule works once');
  assert.equal(line.commands.beacon, false);
});

test('cavitation and a stuck flow meter raise the alarms that name them', () => {
  const site = offlineSite(blueprint);
  site.run(60);
  const [first, , third] = site.world.lines;
  assert.ok(first && third);
  first.faults.cavitation = true;
  third.faults.stuckSensor = true;
  site.run(60);
  assert.ok(site.raised.includes('hall/line1/pump/suction-low'));
  assert.ok(site.raised.includes('hall/line3/pump/flow-meter-stuck'));
  assert.ok(!site.raised.some((id) => id.startsWith('hall/line2/')));
});

test('without supervision for a while the pumps go to their own speed, and no alarm comes of it', () => {
  const site = offlineSite(blueprint);
  site.run(30);
  for (const line of site.world.lines) line.heartbeatAgeS = 0;
  site.run(120);
  for (const line of site.world.lines) assert.equal(line.pump.speedRpm, 1800);
  assert.deepEqual(site.raised, []);
});

test('little steam, or a case packer that stands still, slow the fillers down through their own limits', () => {
  const site = offlineSite(blueprint);
  site.run(60);
  site.world.packaging.commands.packerRun = false;
  site.run(90);
  assert.ok(site.raised.includes('packaging/end/case-packer/stopped'));
  for (const { commands } of site.world.lines) assert.equal(commands.targetPerMin, 60);
  site.world.packaging.commands.packerRun = true;
  site.world.utilities.commands.steamSetpointBar = 4;
  site.run(200);
  assert.ok(site.raised.includes('utilities/steam/boiler/pressure-low'));
  assert.ok(site.switchedOn.includes('hall/line2/filler/spare-steam'));
});

test('a sensor of the plant is called dead only after five of its messages are missing', () => {
  const sensors = blueprint.model.sources.find(({ id }) => id === 'sensors');
  const ofAll = (sensors?.config ?? {}) as { readonly staleAfterMs?: number };
  for (const { path, source, address, staleAfterMs = ofAll.staleAfterMs } of blueprint.model.tags) {
    if (source !== 'sensors') continue;
    const { topic } = address as { readonly topic: string };
    const { everyMs } = TOPICS.find(({ name }) => topic.endsWith(name)) ?? assert.fail(topic);
    assert.ok((staleAfterMs ?? 0) >= 5 * everyMs, path);
  }
});
