import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

const START = Date.UTC(2026, 0, 1);
const trust = new TestTrust();
let server: RichServer;
before(async () => {
  server = await startRich();
  for (let i = 0; i <= 20; i++) server.plant.history.record('Flow', START + i * 1000, i);
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const node = (name: string) => `ns=${server.plant.index};s=${name}`;

test('a write to a method calls it, once', async () => {
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url },
    tags: {
      start: { at: { method: node('Machine.Start') }, type: 'boolean', access: 'write' },
      none: { at: { method: 'Plant/Nowhere' }, type: 'boolean', access: 'write' },
    },
  });
  assert.deepEqual(await device.write('start', true), { state: 'sent' });
  assert.equal(server.plant.calls.filter(([name]) => name === 'Start').length, 1);
  assert.deepEqual(await device.write('none', true), { state: 'refused', reason: 'BadNodeIdUnknown' });
});

test('after an absence history fills the hole, late; what no history is kept of stays a gap', async () => {
  const speed = node('Pump1.Speed');
  const from = START + 5000;
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url, history: 'fill' },
    tags: {
      flow: { at: { node: node('Kept.Flow') } },
      speed: { at: { node: speed } },
      ahead: { at: { node: node('Pump2.Speed') } },
    },
    newestUs: (path) => (path === 'ahead' ? 0 : from * 1000),
  });
  // Nothing is known of the third one, so that the supervisor has to tell its hole.
  assert.deepEqual(device.source.resumed, new Set(['flow', 'speed'].map((path) => device.tags.number(path))));
  await device.until(() => device.late.length >= 14 && device.gaps.length > 0);
  const seconds = device.late.map(({ timeUs, value }) => [timeUs / 1e6 - START / 1000, value]);
  assert.deepEqual(
    seconds,
    Array.from({ length: 14 }, (_, i) => [6 + i, 6 + i]),
  );
  const [gap] = device.gaps;
  assert.deepEqual([gap?.tags, gap?.count], [[device.tags.number('speed')], undefined]);
  assert.equal(gap?.fromUs, from * 1000);
});

test('alarms of the server are events, beside the values', async () => {
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url, conditions: true },
    tags: { flow: { at: { node: node('Kept.Flow') } } },
  });
  await device.until(() => device.last('flow'));
  await until('the watch stands', () => server.server.currentSubscriptionCount === 2);
  server.plant.setLevel(99);
  await until('the alarm', () => device.events.some(({ name }) => name === 'device-alarm.active'));
  server.plant.history.record('Flow', START + 30_000, 30);
  await device.until(() => device.last('flow')?.value === 30);
});

test('what is found by browsing reads as it is', async () => {
  await using device = await openOpcua({ trust: trust.store, config: { url: server.url }, tags: {} });
  const found = await Array.fromAsync(device.source.browse?.('Plant/Kept', AbortSignal.timeout(5000)) ?? []);
  assert.ok(found.some(({ name }) => name === 'Flow'));
});

test('what a tag reads is told, by whatever address it does', async () => {
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url },
    tags: { flow: { at: { path: 'Plant/Kept/Flow' } } },
  });
  await device.until(() => device.last('flow') !== undefined);
  const found = await Array.fromAsync(device.source.browse?.('Plant/Kept', AbortSignal.timeout(5000)) ?? []);
  assert.equal(found.find(({ name }) => name === 'Flow')?.tag, 'flow');
  assert.deepEqual(
    found.filter(({ name, tag }) => name !== 'Flow' && tag !== undefined),
    [],
  );
});
