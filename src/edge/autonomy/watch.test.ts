import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { blueprintOf, StillClock, watchedSite } from '#edge/replay/fixture.ts';
import type { Site } from '#edge/site.ts';
import { allocBatch } from '#kernel/batch.ts';
import { DAY_US } from './line.ts';
import { nameless } from './watch.ts';

const SITE = `
site: north
settings:
  autonomy: { leastDays: 30 }
tags:
  hall/line1/pump/level: { source: plc, address: { topic: level } }
sources:
  plc: { kind: mqtt, url: 'mqtts://127.0.0.1:1' }
`;

const SINK = `sinks:
  hub: { kind: mqtt, url: 'mqtt://127.0.0.1:1', topic: 'a/{path}' }
`;

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-autonomy-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Tells the watch that time has passed, and waits for what it finds. */
async function after(site: Site, clock: StillClock, us: number): Promise<void> {
  clock.atUs += us;
  site.autonomy.look(clock.atUs);
  await site.autonomy.read();
  await new Promise((resolve) => setImmediate(resolve));
}

const told = (site: Site): string[] =>
  site.core.recent
    .last(100)
    .flatMap(({ event: { name } }) => (name.startsWith('system.autonomy') ? [name] : []));

test('a budget below its limit is told once, over a restart too, and when it is over', async (t) => {
  const [dir, clock] = [await folder(t), new StillClock()];
  const blueprint = await blueprintOf(SITE);
  const token = (days: number) => ({ certificates: [], tokens: [{ name: 'mes', leftMs: days * 86_400e3 }] });
  {
    const { site } = await watchedSite(blueprint, dir, clock);
    await using _ = site;
    site.autonomy.access = () => token(20);
    await after(site, clock, 300e6);
    assert.deepEqual(told(site), ['system.autonomy-low']);
    assert.deepEqual(site.status().autonomy?.first, { reason: 'token', subject: 'API token' });
    assert.equal((await site.autonomy.read()).first?.subject, 'mes');
    await after(site, clock, 300e6);
    assert.equal(told(site).length, 1);
  }
  const { site } = await watchedSite(blueprint, dir, clock);
  await using _ = site;
  site.autonomy.access = () => token(31); // above it, but not clearly
  await after(site, clock, 300e6);
  assert.deepEqual(told(site), []);
  site.autonomy.access = () => token(40);
  await after(site, clock, 300e6);
  assert.deepEqual(told(site), ['system.autonomy-restored']);
});

test('a site that has just begun promises nothing, and says what it cannot know', async (t) => {
  const { site } = await watchedSite(await blueprintOf(SITE + SINK), await folder(t), new StillClock());
  await using _ = site;
  const { lines, days, unknown } = await site.autonomy.read();
  assert.equal(days, undefined);
  const open = lines.filter(({ state }) => state === 'unknown').map((one) => `${one.reason} ${one.subject}`);
  for (const one of ['certificate plc broker', 'backlog hub', 'disk data folder', 'flash box'])
    assert.ok(open.includes(one), `${one} in ${open}`);
  assert.ok(unknown >= 4);
});

test('what comes in an hour tells for how many days a sink may be cut off', async (t) => {
  const clock = new StillClock();
  const { site } = await watchedSite(await blueprintOf(SITE + SINK), await folder(t), clock);
  await using _ = site;
  const { path, table } = site.core;
  for (let minute = 0; minute < 120; minute++) {
    clock.atUs += 60e6;
    const batch = allocBatch(100, { receivedUs: clock.atUs });
    batch.tag.fill(table.number('hall/line1/pump/level'));
    for (let i = 0; i < 100; i++) {
      batch.value[i] = Math.sin(minute * 100 + i) * 50;
      batch.timeUs[i] = clock.atUs - (100 - i) * 1000;
    }
    path.accept('plc', { batch });
    await site.durable();
  }
  const line = (await site.autonomy.read()).lines.find(({ reason }) => reason === 'backlog');
  assert.equal(line?.state, 'ends');
  // 144,000 samples a day, and the age of 90 days is nearer than the quota of 2 GB.
  assert.match(line?.why ?? '', /at 14[45]\d\d\d samples a day.*their age of 90 days/);
  assert.ok(Math.abs((line?.days ?? 0) - 90) < 0.2, String(line?.days));
});

test('names of tokens are for administrators', () => {
  const line = { reason: 'token', subject: 'mes', state: 'ends', counts: true, effect: '', why: '' } as const;
  const budget = { atUs: DAY_US, leastDays: 1, isLow: false, unknown: 0, lines: [line] };
  assert.equal(nameless(budget).lines[0]?.subject, 'API token');
});
