import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { anEvent, journalConfig, noise, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { HubModel } from '#test/uplink/hub-model.ts';
import type { UplinkConfig, UplinkPorts } from './api.ts';
import { openSession, type UplinkSession } from './session.ts';

const CONFIG: UplinkConfig = { budget: {}, everyMs: 20 };
const LONG_MS = 60_000;
const NO_ROWS = allocBatch(0, { receivedUs: 0 });

/** A journal, a hub in memory, and what the site was told. */
async function rig(t: TestContext) {
  const config = journalConfig(t, { quotaBytes: 64 * 2 ** 20 });
  const journal = await openJournal(config);
  const feed = openFeed(config.dir);
  const hub = new HubModel();
  const shown = { version: 0, batch: NO_ROWS };
  const counts = { tags: 0, history: 0, security: 0, others: 0 };
  const ports: UplinkPorts = {
    site: 'north',
    software: 'test',
    clock: systemClock(),
    journal,
    feed,
    tagsVersion: () => counts.tags,
    newest: (since) => ({ version: shown.version, batch: since < shown.version ? shown.batch : NO_ROWS }),
    welcomed: () => {},
    stored: (lane, _, count) => {
      counts[lane] += count;
    },
    gap: (gap) => journal.gap(gap),
    damage: (what) => assert.fail(what),
    counted: () => {},
    ledger: async () => undefined,
    lost: (_, rows) => assert.fail(`${rows} lost`),
  };
  const sessions: UplinkSession[] = [];
  return {
    journal,
    hub,
    counts,
    append: (batch: Batch) => journal.append(batch, { source: 'plc', atUs: START_US }),
    event: (name: string, kind: SiteEvent['kind'] = 'system') =>
      journal.event({ ...anEvent(name), kind }, START_US),
    show(batch: Batch) {
      shown.batch = batch;
      shown.version++;
    },
    declare(number: number, description: string) {
      journal.tag({ number, path: `a/b/${number}`, type: 'number', access: 'read', description });
      counts.tags++;
    },
    /** Connects and sends. @returns resolves with the code of the fault that ends it */
    async start(over: Partial<UplinkConfig> = {}): Promise<{ readonly ended: Promise<string> }> {
      const signal = AbortSignal.timeout(LONG_MS);
      const session = await openSession(hub.connect(), { ...CONFIG, ...over }, ports, signal);
      sessions.push(session);
      return { ended: session.run(new AbortController().signal).then(String, ({ code }) => code) };
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) await session[Symbol.asyncDispose]();
      await feed[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

test('samples, events, tags and gaps arrive, in order and as they are; later ones too', async (t) => {
  await using r = await rig(t);
  r.declare(0, 'first');
  r.append(series([1, 2, 3]));
  r.event('system.a');
  r.journal.gap({ tags: [0], fromUs: START_US, toUs: START_US, count: 2, reason: 'device-silent' });
  await settled(r.journal);
  await r.start();
  await until('what was there', () => r.hub.values.length === 3 && r.hub.events.length === 1, LONG_MS);
  r.append(series([4]));
  r.event('security.b', 'security');
  r.declare(70, 'later');
  await until('what came', () => r.hub.values.length === 4 && r.hub.events.length === 2, LONG_MS);
  await until('the pages', () => r.hub.texts.has('tags/1') && r.hub.texts.has('gaps/0'), LONG_MS);
  assert.deepEqual(r.hub.values, [1, 2, 3, 4]);
  assert.deepEqual(
    r.hub.events.map(({ lane, name }) => [lane, name]),
    [
      ['others', 'system.a'],
      ['security', 'security.b'],
    ],
  );
  await until('the confirmations', () => r.counts.history === 4, LONG_MS);
  assert.deepEqual([r.counts.security, r.counts.others], [1, 1]);
});

test('after days offline: security events, other events, tags, live values, then history', async (t) => {
  await using r = await rig(t);
  r.declare(0, 'tag');
  for (let n = 0; n < 20; n++) {
    r.append(noise(5000, n));
    r.event(`system.e${n}`);
    r.event(`security.e${n}`, 'security');
    await settled(r.journal);
  }
  r.show(series([7]));
  await r.start();
  await until('the history', () => r.hub.values.length === 100_000, LONG_MS);
  assert.equal(r.hub.heard[0], 'hello');
  const firsts = [...new Set(r.hub.heard.slice(1))].filter((kind) => kind !== 'ping');
  assert.deepEqual(firsts, ['security', 'others', 'page', 'live', 'history']);
  const ofHistory = r.hub.heard.filter((kind) => kind === 'history').length;
  assert.ok(ofHistory >= 6, `history came in ${ofHistory} frames, so that others can pass`);
});

test('a site that is cut off at any moment begins where the hub stands: nothing twice, nothing missing', async (t) => {
  await using r = await rig(t);
  let next = 0;
  for (let round = 0; round < 12; round++) {
    for (let n = 0; n < 5; n++) {
      r.append(series(numbers(next, 2000)));
      next += 2000;
      r.event(`system.e${next}`);
      await settled(r.journal);
    }
    r.hub.cutAfter = round % 2;
    const { ended } = await r.start();
    assert.equal(await ended, 'uplink.lost');
  }
  await r.start();
  await until('all', () => r.hub.values.length === next && r.hub.events.length === 60, LONG_MS);
  assert.deepEqual(r.hub.values, numbers(0, next));
  assert.equal(new Set(r.hub.events.map(({ seq }) => seq)).size, 60);
});

test('values that the disk does not take are shown all the same, and those of the history not twice', async (t) => {
  await using r = await rig(t);
  r.append(series([1]));
  await settled(r.journal);
  await r.start();
  await until('the history', () => r.hub.values.length === 1, LONG_MS);
  Object.defineProperty(r.journal, 'seq', { get: () => 1000 }); // accepted, and never durable
  r.show(series([5], 3));
  await until('the live value', () => r.hub.live.get(3) === 5, LONG_MS);
  assert.deepEqual([...r.hub.live.keys()], [3]);
});

test('a hub that was put back to yesterday gets again what it lost', async (t) => {
  await using r = await rig(t);
  for (let n = 0; n < 4; n++) {
    r.append(series(numbers(n * 10, 10)));
    await settled(r.journal);
  }
  const first = await r.start();
  await until('all', () => r.hub.values.length === 40, LONG_MS);
  r.hub.hangUp();
  await first.ended;
  r.hub.positions.history = 2;
  r.hub.values.splice(20);
  await r.start();
  await until('all again', () => r.hub.values.length === 40, LONG_MS);
  assert.deepEqual(r.hub.values, numbers(0, 40));
});

test('only pages that the hub has not go over the link again', async (t) => {
  await using r = await rig(t);
  for (let number = 0; number < 200; number++) r.declare(number, 'tag');
  await settled(r.journal);
  const first = await r.start();
  await until('the pages', () => r.hub.pages.tags.size === 4, LONG_MS);
  r.hub.hangUp();
  await first.ended;
  r.declare(130, 'changed');
  await settled(r.journal);
  const before = r.hub.heard.length;
  await r.start();
  await until('the page', () => r.hub.heard.slice(before).includes('page'), LONG_MS);
  r.event('system.after');
  await until('what came later', () => r.hub.events.length === 1, LONG_MS);
  assert.equal(r.hub.heard.slice(before).filter((kind) => kind === 'page').length, 1);
  assert.ok(JSON.stringify(r.hub.texts.get('tags/2')).includes('changed'));
});

test('while confirmations stay away little is under way, and an event still passes', async (t) => {
  await using r = await rig(t);
  r.hub.isMute = true;
  for (let n = 0; n < 40; n++) {
    r.append(noise(5000, n));
    await settled(r.journal);
  }
  await r.start();
  await until('some history', () => r.hub.values.length > 0, LONG_MS);
  r.event('security.now', 'security');
  await until('the event', () => r.hub.events.length === 1, LONG_MS);
  assert.ok(r.hub.bytes < 1_000_000, `${r.hub.bytes} bytes under way unconfirmed`);
  assert.ok(r.hub.values.length < 200_000);
});

test('under a budget that live values alone would use up, history still moves', async (t) => {
  await using r = await rig(t);
  const values = setInterval(() => r.show(noise(500, Date.now() % 1000)), 5);
  t.after(() => clearInterval(values));
  for (let n = 0; n < 20; n++) r.append(noise(5000, n));
  await settled(r.journal);
  // 500 values are about 4 kB a frame, 200 kB/s at 50 a second; twice what the link may carry.
  await r.start({ budget: { bytesPerS: 100_000 } });
  await until('the history', () => r.hub.values.length === 100_000, LONG_MS);
  assert.ok(r.hub.live.size > 0);
  assert.ok(r.hub.heard.filter((kind) => kind === 'live').length >= 2);
});

test('what the hub refuses with is what the site says; a hub from elsewhere ends it', async (t) => {
  await using r = await rig(t);
  r.append(series([1]));
  await settled(r.journal);
  r.hub.greeting = () => ({ kind: 'refused', code: 'uplink.wrong-site', message: 'not yours' });
  await assert.rejects(r.start(), { code: 'uplink.wrong-site' });
  r.hub.greeting = undefined;
  r.hub.positions.history = 1e9;
  await assert.rejects(r.start(), { code: 'uplink.unknown-past' });
  r.hub.positions.history = 0;
  const { ended } = await r.start();
  r.hub.say({ kind: 'refused', code: 'uplink.replaced', message: 'north has connected anew' });
  assert.equal(await ended, 'uplink.replaced');
});
