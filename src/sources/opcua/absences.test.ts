import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Line } from '#test/opcua/line.ts';
import { startRich } from '#test/opcua/rich-server.ts';
import { type Kept, keepOpcua, openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

test('a session that ends before it has filled the hole leaves it to the next one, and nothing is filled twice', async () => {
  await using server = await startRich();
  using trust = new TestTrust();
  await using line = await Line.to(server.port);
  const startMs = Date.now() - 60_000;
  const record = (from: number, to: number) => {
    for (let i = from; i <= to; i++) server.plant.history.record('Flow', startMs + i * 1000, i);
  };
  record(0, 5);
  const node = (name: string) => ({ at: { node: `ns=${server.plant.index};s=${name}` } });
  const newest = new Map<string, number>();
  await using device: Kept = keepOpcua({
    trust: trust.store,
    config: { url: `opc.tcp://127.0.0.1:${line.port}`, history: 'fill' },
    tags: { flow: node('Kept.Flow'), level: node('Boiler.Level') },
    newestUs: (path) => newest.get(path) ?? 0,
  });
  const gather = device.gather.bind(device);
  let cuts = 0;
  device.gather = (delivery) => {
    gather(delivery);
    for (const { path, timeUs } of device.rows) newest.set(path, Math.max(newest.get(path) ?? 0, timeUs));
    // The first values of the second session are there; their history is not yet asked for.
    if (cuts !== 1 || device.last('flow')?.value !== 20 || device.last('level')?.value !== 20) return;
    cuts = 2;
    line.cut();
    record(21, 25);
    server.plant.setLevel(25);
  };
  await until(
    'the first session',
    () => device.last('flow')?.value === 5 && device.last('level') !== undefined,
  );
  cuts = 1;
  line.cut();
  record(6, 20);
  server.plant.setLevel(20);
  await until('the third session', () => device.last('flow')?.value === 25, 20_000);
  await until('both holes are filled', () => device.late.length >= 18 && device.gaps.length >= 2);
  assert.equal(cuts, 2);
  assert.deepEqual(
    device.late.map(({ path, value }) => [path, value]),
    [...Array.from({ length: 14 }, (_, i) => 6 + i), 21, 22, 23, 24].map((value) => ['flow', value]),
  );
  // No history is kept of the level: both of its holes are told.
  assert.deepEqual(
    device.gaps.map(({ tags, reason }) => [tags, reason]),
    [1, 2].map(() => [[device.tags.number('level')], 'device-silent']),
  );
  const [first, second] = device.gaps;
  assert.ok(
    first &&
      second &&
      first.fromUs < first.toUs &&
      first.toUs <= second.fromUs &&
      second.fromUs < second.toUs,
  );
});

test('the hole of a node that the server does not know any more is told', async () => {
  await using server = await startRich();
  using trust = new TestTrust();
  const fromUs = (Date.now() - 60_000) * 1000;
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url, history: 'fill' },
    tags: { gone: { at: { path: 'Plant/Kept/Gone' } } },
    newestUs: () => fromUs,
  });
  await device.until(() => device.gaps.length > 0);
  assert.deepEqual(
    device.gaps.map(({ tags, fromUs: from, reason }) => [tags, from, reason]),
    [[[device.tags.number('gone')], fromUs, 'device-silent']],
  );
});
