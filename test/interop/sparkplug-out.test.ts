import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '#test/until.ts';
import { startMosquitto } from './mosquitto.ts';
import { command } from './mqtt-site.ts';
import { startNode } from './sparkplug-peer.ts';
import { brief, hostDeps, metric, openHost, pointOf, readRows, readUntil } from './sparkplug-site.ts';

const temp = (value: number, more: object = {}) => ({
  name: 'Temp',
  type: 'Double' as const,
  value,
  ...more,
});

test('STATE is told under the own host id, retained, with the time of the will, and the end of the host, too', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([]);
  const state = async () => JSON.parse(await broker.sub('-t', 'spBv1.0/STATE/site', '-C', '1', '-W', '5'));
  await using host = await openHost(broker.url, deps);
  const born = await state();
  assert.equal(born.online, true);
  assert.ok(Math.abs(born.timestamp - Date.now()) < 60_000);
  // Somebody else's death under our id is corrected.
  await broker.pub('-q', '1', '-r', '-t', 'spBv1.0/STATE/site', '-m', '{"online":false,"timestamp":1}');
  await until('it says that it is there', async () => (await state()).online === true);
  assert.equal((await state()).timestamp, born.timestamp);
  await host[Symbol.asyncDispose]();
  const died = await state();
  assert.equal(died.online, false);
  assert.ok(died.timestamp >= born.timestamp);
});

test('the will of a host that is cut off says that it is offline, with the time of its birth', async () => {
  await using broker = await startMosquitto();
  const { startLine } = await import('./mqtt-line.ts');
  await using line = await startLine(broker.port);
  const state = async () => JSON.parse(await broker.sub('-t', 'spBv1.0/STATE/site', '-C', '1', '-W', '5'));
  await using host = await openHost(`mqtt://127.0.0.1:${line.port}`, hostDeps([]));
  const born = await state();
  line.cut();
  await assert.rejects(host.read(AbortSignal.timeout(5000)), { name: 'Fault' });
  await until('the will is told', async () => (await state()).online === false);
  assert.deepEqual(await state(), { online: false, timestamp: born.timestamp });
});

test('commands go out as the birth describes the metric, and never to what is not born', async () => {
  await using broker = await startMosquitto();
  const write = { access: 'readWrite' as const };
  const deps = hostDeps([
    metric('a/speed', 'Speed', write),
    metric('a/run', 'Run', { ...write, type: 'boolean', device: 'pump' }),
    metric('a/count', 'Count', write),
    metric('a/none', 'None', write),
  ]);
  await using host = await openHost(broker.url, deps);
  await using node = await startNode(broker.url);
  const signal = AbortSignal.timeout(5000);
  const put = (tag: number, value: number) => host.write?.(command(value, { tag }), signal);
  assert.deepEqual(await put(0, 1), { state: 'refused', reason: 'node cell is not born' });
  await node.birth([
    { name: 'Speed', type: 'Int16', value: 0 },
    { name: 'Count', type: 'UInt32', value: 0 },
  ]);
  await node.deviceBirth('pump', [{ name: 'Run', type: 'Boolean', value: false, alias: 12 }]);
  await readRows(host, deps, 4);
  assert.equal((await put(0, -300))?.state, 'sent');
  assert.equal((await put(1, 1))?.state, 'sent');
  assert.equal((await put(2, 4_000_000_000))?.state, 'sent');
  const range = await put(0, 40_000);
  assert.equal(range?.state, 'refused');
  assert.match(range?.reason ?? '', /Speed is Int16/);
  assert.match((await put(3, 1))?.reason ?? '', /has no metric None/);
  const expired = await host.write?.(command(1, { deadlineUs: 0 }), signal);
  assert.equal(expired?.state, 'failed');
  await until('three commands come', () => node.commands.length >= 3);
  const seen = node.commands.map(({ topic, metrics: [first] }) => {
    const { name, alias, value } = first ?? {};
    return [topic, name || Number(alias), Number(value) >>> 0];
  });
  assert.deepEqual(seen, [
    ['spBv1.0/plant/NCMD/cell', 'Speed', -300 >>> 0],
    ['spBv1.0/plant/DCMD/cell/pump', 12, 1],
    ['spBv1.0/plant/NCMD/cell', 'Count', 4_000_000_000],
  ]);
});

test('a shadow says nothing: no STATE, no request, no command', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')], 'shadow');
  await using host = await openHost(broker.url, deps, { reorderMs: 10 });
  await using node = await startNode(broker.url);
  await node.data([temp(1)], { seq: 5 });
  await readUntil(host, deps, (read) => read.gaps.length >= 1);
  await node.birth([temp(2)]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 2]]);
  assert.equal(host.write, undefined);
  // What it had sent would be there before this.
  await broker.pub('-t', 'spBv1.0/plant/NCMD/cell', '-n');
  await until('the marker comes', () => node.commands.length > 0);
  assert.equal(node.commands.length, 1);
  assert.equal(node.commands[0]?.metrics.length, 0);
  await assert.rejects(broker.sub('-t', 'spBv1.0/STATE/site', '-C', '1', '-W', '1'));
});

test('births make tags where discover says so, each name its own, and browse shows them', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  const discover = [{ metric: 'Line/*', tag: '{node}/{device}/{metric}' }];
  await using host = await openHost(broker.url, deps, { reorderMs: 10, discover });
  await using node = await startNode(broker.url);
  const properties = {
    engUnit: { type: 'String' as const, value: '°C' },
    engLow: { type: 'Double' as const, value: 0 },
    engHigh: { type: 'Double' as const, value: 150 },
    readOnly: { type: 'Boolean' as const, value: true },
  };
  await node.birth([
    temp(1),
    { name: 'Line/Out Temp', type: 'Double', value: 2, properties },
    { name: 'Line/Out_Temp', type: 'Int64', value: 3 },
    { name: 'Other', type: 'Double', value: 4 },
  ]);
  const rows = await readRows(host, deps, 3);
  const found = deps.table.find('cell/line/out_temp');
  assert.deepEqual(
    { type: found?.type, unit: found?.unit, range: found?.range },
    { type: 'number', unit: 'Cel', range: [0, 150] },
  );
  assert.deepEqual(
    rows.map(({ value }) => value),
    [1, 2, 3n],
  );
  assert.match(rows[2]?.tag ?? '', /^cell\/line\/out_temp_[0-9a-f]{8}$/);
  const seen = [];
  for await (const one of host.browse?.('plant/cell/Line', AbortSignal.timeout(8000)) ?? []) seen.push(one);
  assert.deepEqual(seen[0], {
    name: 'Line/Out Temp',
    place: ['plant', 'cell'],
    address: { group: 'plant', node: 'cell', metric: 'Line/Out Temp' },
    type: 'number',
    unit: 'Cel',
    range: [0, 150],
    access: 'read',
    description: 'Double',
    value: 2,
  });
  assert.equal(seen.length, 2);
});

test('changed points are taken without a new session, and bring their values by a birth', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  const config = { reorderMs: 10, rebirthEveryMs: 100 };
  await using host = await openHost(broker.url, deps, config);
  await using node = await startNode(broker.url);
  await node.birth([temp(1), { name: 'Level', type: 'Double', value: 5 }]);
  await readRows(host, deps, 1);
  const { sparkplug } = await import('#sources/sparkplug/sparkplug.ts');
  const parsed = sparkplug.config.parse({ url: broker.url, hostId: 'site', ...config });
  const points = [pointOf(deps, metric('a/level', 'Level'))];
  assert.equal(await host.reconfigure?.(parsed as never, points), true);
  await node.data([temp(2), { name: 'Level', type: 'Double', value: 6 }]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/level', 6]]);
  await node.rebirthAsked(1);
  const other = sparkplug.config.parse({ url: broker.url, hostId: 'other', ...config });
  assert.equal(await host.reconfigure?.(other as never, points), false);
});
