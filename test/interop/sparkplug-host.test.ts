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

test('data before a birth asks for one, and what the birth names is read', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp'), metric('a/press', 'Press', { device: 'pump' })]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  node.seq = 7;
  await node.data([temp(1)]);
  await node.rebirthAsked(1);
  await node.birth([temp(2)]);
  await node.deviceBirth('pump', [{ name: 'Press', type: 'Float', value: 1.5 }]);
  await node.deviceData('pump', [{ name: 'Press', type: 'Float', value: 2.5 }]);
  await node.data([temp(3)]);
  const { rows, gaps } = await readUntil(host, deps, (read) => read.rows.length >= 4);
  assert.deepEqual(brief(rows), [
    ['a/temp', 2],
    ['a/press', 1.5],
    ['a/press', 2.5],
    ['a/temp', 3],
  ]);
  assert.deepEqual(
    gaps.map(({ tags, count, reason }) => ({ tags, count, reason })),
    [{ tags: [0, 1], count: 1, reason: 'undecodable' }],
  );
});

test('a node that was asked before it was there is asked again when it speaks', async () => {
  await using broker = await startMosquitto();
  let asked = 0;
  const load = { request: () => asked++, caps() {} };
  const deps = { ...hostDeps([metric('a/temp', 'Temp')]), load };
  await using host = await openHost(broker.url, deps, { reorderMs: 10 });
  await until('a birth is asked for', () => asked > 0);
  await using node = await startNode(broker.url);
  await node.data([temp(1)], { seq: 3 });
  await node.rebirthAsked(1);
  await host[Symbol.asyncDispose]();
});

test('a message that others overtook is read in its place, and no birth is asked for', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 60_000 });
  await using node = await startNode(broker.url);
  // The birth, too, may be overtaken.
  await node.data([temp(1)], { seq: 1 });
  await node.birth([temp(0)], { timestamp: 1000 });
  for (const seq of [4, 3, 2, 5]) await node.data([temp(seq)], { seq });
  assert.deepEqual(
    brief(await readRows(host, deps, 6)).map(([, value]) => value),
    [0, 1, 2, 3, 4, 5],
  );
  assert.deepEqual(node.commands, []);
});

test('a lost message is a gap and a request for a birth, and what follows is read', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  await node.birth([temp(0)]);
  await node.data([temp(2)], { seq: 2 });
  const { rows, gaps } = await readUntil(host, deps, (read) => read.rows.length >= 2);
  assert.deepEqual(
    brief(rows).map(([, value]) => value),
    [0, 2],
  );
  assert.deepEqual(
    gaps.map(({ count, reason }) => [count, reason]),
    [[undefined, 'device-overflow']],
  );
  await node.rebirthAsked(1);
  // It comes after all: kept as history, for it is older than what was read since.
  await node.data([temp(1)], { seq: 1 });
  const { late } = await readUntil(host, deps, (read) => read.late.length >= 1);
  assert.deepEqual(brief(late), [['a/temp', 1]]);
});

test('numbers wrap from 255 to 0', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 60_000 });
  await using node = await startNode(broker.url);
  await node.birth([temp(0)]);
  for (let i = 1; i < 600; i++) await node.data([temp(i)]);
  const rows = await readRows(host, deps, 600);
  assert.deepEqual(
    rows.map(({ value }) => value),
    rows.map((_, i) => i),
  );
});

test('a node reborn with other aliases has its values on the right tags', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp'), metric('a/level', 'Level')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50, rebirthEveryMs: 100 });
  await using node = await startNode(broker.url);
  const level = { name: 'Level', type: 'Double' as const, value: 50 };
  await node.birth([temp(20, { alias: 1 }), { ...level, alias: 2 }]);
  await node.data([{ alias: 1, type: 'Double', value: 21 } as never]);
  await node.birth([temp(22, { alias: 2 }), { ...level, alias: 1 }]);
  await node.data([{ alias: 1, type: 'Double', value: 51 } as never]);
  assert.deepEqual(brief(await readRows(host, deps, 6)), [
    ['a/temp', 20],
    ['a/level', 50],
    ['a/temp', 21],
    ['a/temp', 22],
    ['a/level', 50],
    ['a/level', 51],
  ]);
  await node.data([
    { alias: 77, type: 'Double', value: 1 } as never,
    { alias: 78, type: 'Double', value: 1 } as never,
  ]);
  const { gaps } = await readUntil(host, deps, (read) => read.gaps.length >= 1);
  assert.deepEqual(
    gaps.map(({ tags, count, reason }) => [tags, count, reason]),
    [[[0, 1], 2, 'undecodable']],
  );
  await node.rebirthAsked(1);
});

test('a death makes everything of the node bad at once, a late one of an earlier session nothing', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([
    metric('a/temp', 'Temp'),
    metric('a/press', 'Press', { device: 'pump' }),
    metric('a/gone', 'Gone', { device: 'pump' }),
  ]);
  await using host = await openHost(broker.url, deps);
  await using node = await startNode(broker.url, 'cell', 4);
  const press = { name: 'Press', type: 'Double' as const, value: 5 };
  await node.birth([temp(1)]);
  await node.deviceBirth('pump', [press]);
  assert.deepEqual(brief(await readRows(host, deps, 3)), [
    ['a/temp', 1],
    ['a/gone', 'badNodeUnknown'],
    ['a/press', 5],
  ]);
  await node.death(3);
  await node.deviceDeath('pump');
  assert.deepEqual(brief(await readRows(host, deps, 2)), [
    ['a/press', 'badNoCommunication'],
    ['a/gone', 'badNoCommunication'],
  ]);
  await node.deviceBirth('pump', [press]);
  await readRows(host, deps, 2);
  node.cut();
  assert.deepEqual(brief(await readRows(host, deps, 3)), [
    ['a/temp', 'badNoCommunication'],
    ['a/press', 'badNoCommunication'],
    ['a/gone', 'badNoCommunication'],
  ]);
});

test('a device that is not born again with its node turns bad', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/press', 'Press', { device: 'pump' })]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  await node.birth([]);
  await node.deviceBirth('pump', [{ name: 'Press', type: 'Double', value: 5 }]);
  await node.birth([]);
  assert.deepEqual(brief(await readRows(host, deps, 2)), [
    ['a/press', 5],
    ['a/press', 'badNoCommunication'],
  ]);
});

test('a payload of 10 MB is passed over and counted, and the node goes on', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  await node.birth([temp(1)]);
  await node.data([{ name: 'Blob', type: 'Bytes', value: new Uint8Array(10_000_000) }]);
  await node.data([temp(2)]);
  const { rows, gaps } = await readUntil(host, deps, (read) => read.rows.length >= 2);
  assert.deepEqual(
    brief(rows).map(([, value]) => value),
    [1, 2],
  );
  assert.ok(gaps.some(({ reason, count }) => reason === 'undecodable' && count === undefined));
  await node.rebirthAsked(1);
});

test('bytes that are no payload are told and counted, and other nodes do not notice', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  await node.birth([temp(1)]);
  await broker.pub('-t', 'spBv1.0/plant/NDATA/cell', '-m', 'what is this?');
  await broker.pub('-t', 'spBv1.0/plant/NBIRTH/other', '-m', '{"not": "protobuf"}');
  const { gaps } = await readUntil(host, deps, (read) => read.gaps.length >= 1 && read.rows.length >= 1);
  assert.equal(gaps[0]?.reason, 'undecodable');
  await node.rebirthAsked(1);
  await node.birth([temp(2)]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 2]]);
  await until(
    'both are told',
    () => deps.events.filter(({ name }) => name === 'sparkplug.malformed').length === 2,
  );
});

test('twenty nodes that all need a birth are asked a few at a time', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([]);
  await using host = await openHost(broker.url, deps, {
    reorderMs: 10,
    discover: [{}],
    rebirthsPerMinute: 60,
  });
  const startedMs = performance.now();
  await using peer = await startNode(broker.url);
  await peer.client.subscribeAsync('spBv1.0/plant/NCMD/+');
  for (let i = 0; i < 20; i++) await peer.client.publishAsync(`spBv1.0/plant/NDATA/node${i}`, '');
  await peer.rebirthAsked(7);
  const seconds = (performance.now() - startedMs) / 1000;
  assert.ok(peer.commands.length <= 5 + seconds, `${peer.commands.length} requests in ${seconds} s`);
  assert.equal(new Set(peer.commands.map(({ topic }) => topic)).size, peer.commands.length);
  await host[Symbol.asyncDispose]();
});

test('after a restart of the host all is unknown until the births that it asks for', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using node = await startNode(broker.url);
  {
    await using host = await openHost(broker.url, deps, { reorderMs: 50 });
    await node.birth([temp(1, { alias: 9 })]);
    await readRows(host, deps, 1);
  }
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  const sent = node.data([{ alias: 9, type: 'Double', value: 2 } as never]);
  await node.rebirthAsked(1);
  await sent;
  await node.birth([temp(3, { alias: 4 })]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 3]]);
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
