import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Quality } from '#kernel/quality.ts';
import { Line } from '#test/opcua/line.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { keepOpcua, openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

const trust = new TestTrust();
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({ variables: 20 });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const tags = { a: { at: { path: 'Plant/Line1/Counter0' } }, b: { at: { node: 'ns=1;i=10001' } } };
const setup = (config: Record<string, unknown>) => ({
  trust: trust.store,
  config: { url: server.url, ...config },
  tags,
});

test('changes withheld behind keep-alives are found by reading, and the subscription is rebuilt', async () => {
  await using device = await openOpcua(setup({ verifyEveryMs: 500 }));
  await device.until(() => device.last('a'));
  const before = await server.ask({ mute: 'data' });
  const { count } = await server.ask({ step: 1 });
  await device.until(() => device.last('a')?.value === count && device.last('b')?.value === count);
  await device.until(() => device.events.some(({ name }) => name === 'opcua.subscription-rebuilt'));
  await device.until(() =>
    device.gaps.some(({ reason, tags }) => reason === 'device-silent' && tags.length > 0),
  );
  await until('the new subscription stands', async () => (await server.ask()).items === 2);
  const next = await server.ask({ step: 1, mute: 'no' });
  await device.until(() => device.last('a')?.value === next.count);
  assert.equal(next.sessionsEver, before.sessionsEver);
});

test('a server that publishes nothing gets a new subscription, then a new session', async () => {
  await using device = keepOpcua({ ...setup({ keepAliveMs: 500 }), hurry: 10 });
  await until('rows', () => device.last('a') !== undefined);
  const before = await server.ask({ mute: 'all' });
  await until('a fault', () => device.faults.length > 0, 15_000);
  assert.equal(device.faults[0]?.code, 'opcua.silent');
  assert.ok(device.events.some(({ name }) => name === 'opcua.subscription-rebuilt'));
  await until('a hole', () =>
    device.gaps.some(({ reason, tags }) => reason === 'device-silent' && tags.length === 2),
  );
  await server.ask({ mute: 'no' });
  const { count } = await server.ask({ step: 1 });
  await until('data again', () => device.last('a')?.value === count, 15_000);
  assert.ok((await server.ask()).sessionsEver > before.sessionsEver);
});

test('steady values stay fresh by what is read besides, without a rebuilding', async () => {
  const wide = {
    recipe: { at: { node: 'ns=1;s=Recipe' }, type: 'structure' },
    big: { at: { node: 'ns=1;s=Big' }, type: 'int64' },
    text: { at: { node: 'ns=1;s=Local' }, type: 'text' },
    part: { at: { node: 'ns=1;s=Recipe', field: 'Axes[1].Position' } },
  } as const;
  await using device = await openOpcua({ ...setup({ verifyEveryMs: 500 }), tags: { ...tags, ...wide } });
  const times = (path: string) => device.rows.filter((row) => row.path === path).length;
  await device.until(() => ['b', ...Object.keys(wide)].every((path) => times(path) >= 4));
  assert.deepEqual(device.events, []);
  assert.equal(device.last('b')?.quality, Quality.good);
});

test('a value that comes and goes between two samplings is told, and held against nobody', async () => {
  const pulse = { p: { at: { node: 'ns=1;s=WDouble' } } };
  await using device = await openOpcua({ ...setup({ verifyEveryMs: 500, publishMs: 500 }), tags: pulse });
  await device.until(() => device.last('p'));
  const before = Number(device.last('p')?.value);
  await server.ask({ mute: 'data', set: { name: 'WDouble', value: before + 1 } });
  // Those to publish have no time.
  const reads = () => device.requests.filter(({ ms }) => ms !== undefined).length;
  const earlier = reads();
  await until('it is read', () => reads() >= earlier + 2);
  await server.ask({ set: { name: 'WDouble', value: before } });
  await device.until(() => device.rows.some(({ value }) => value === before + 1));
  const seen = device.rows.length;
  await device.until(() => device.rows.slice(seen).filter(({ value }) => value === before).length >= 2);
  await server.ask({ mute: 'no' });
  assert.deepEqual(device.events, []);
});

test('a deadband may keep back what lies within it, and no more', async () => {
  const banded = { p: { at: { node: 'ns=1;s=WDouble', deadband: { absolute: 10 } } } };
  await using device = await openOpcua({ ...setup({ verifyEveryMs: 500 }), tags: banded });
  await device.until(() => device.last('p'));
  const before = Number(device.last('p')?.value);
  await server.ask({ set: { name: 'WDouble', value: before + 3 } });
  await device.until(() => device.rows.filter(({ value }) => value === before + 3).length >= 2);
  assert.deepEqual(device.events, []);
  await server.ask({ mute: 'data', set: { name: 'WDouble', value: before + 30 } });
  await device.until(() => device.events.some(({ name }) => name === 'opcua.subscription-rebuilt'));
  await server.ask({ mute: 'no', set: { name: 'WDouble', value: before } });
});

test('a line that carries nothing leaves a write unknown, and does not hold up closing', async () => {
  await using line = await Line.to(server.port);
  const device = keepOpcua({
    trust: trust.store,
    hurry: 10,
    config: { url: `opc.tcp://127.0.0.1:${line.port}/test`, requestTimeoutMs: 300, connectTimeoutMs: 500 },
    tags: { ...tags, w: { at: { node: 'ns=1;s=WDouble' } } },
  });
  try {
    await until('rows', () => device.last('w') !== undefined);
    assert.equal((await device.write('w', 3)).state, 'sent');
    line.stall();
    const { state, reason } = await device.write('w', 4);
    assert.equal(state, 'unknown', reason ?? '');
    await until('a fault', () => device.faults.length > 0, 15_000);
    const seen = device.rows.length;
    await until('data over a new connection', () => device.rows.length > seen, 15_000);
    assert.equal((await server.ask()).values.WDouble, 3);
    line.stall();
  } finally {
    const startedMs = performance.now();
    await device[Symbol.asyncDispose]();
    assert.ok(performance.now() - startedMs < 8000);
  }
});

test('a source that is not read asks the server for no more, and loses nothing that its queues hold', async () => {
  await using device = await openOpcua(setup({ inboxBytes: 1024, queue: 100 }));
  const { count } = await server.ask();
  await device.until(() => device.last('a') && device.last('b'));
  for (let i = 0; i < 60; i++) await server.ask({ step: 1 });
  await device.until(() => device.last('a')?.value === count + 60 && device.last('b')?.value === count + 60);
  const values = device.rows.filter(({ path }) => path === 'a').map(({ value }) => value);
  assert.deepEqual(
    values.slice(-60),
    Array.from({ length: 60 }, (_, i) => count + 1 + i),
  );
  assert.deepEqual(device.gaps, []);
});

test('a source clock an hour ahead is left as it is', async () => {
  await using device = await openOpcua(setup({}));
  await device.until(() => device.last('a'));
  const { count } = await server.ask({ clockOffsetMs: 3_600_000, step: 1 });
  await device.until(() => device.last('a')?.value === count);
  assert.ok((device.last('a')?.timeUs ?? 0) > (Date.now() + 3_500_000) * 1000);
});
