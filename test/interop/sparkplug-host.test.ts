import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import { sparkplug } from '#sources/sparkplug/sparkplug.ts';
import { until } from '#test/until.ts';
import { startMosquitto } from './mosquitto.ts';
import { startNode } from './sparkplug-peer.ts';
import { brief, hostDeps, metric, openHost, pointOf, readRows, readUntil } from './sparkplug-site.ts';

const isTooMany = ({ name }: { readonly name: string }) => name === 'sparkplug.too-many';

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
  const [gap] = gaps;
  assert.ok(gap && gap.fromUs < gap.toUs, 'from the arrival of what had to wait');
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
  // Of two connections: the birth must be there first, or it would heal what comes before it.
  await readRows(host, deps, 1);
  await broker.pub('-t', 'spBv1.0/plant/NDATA/cell', '-m', 'what is this?');
  await broker.pub('-t', 'spBv1.0/plant/NBIRTH/other', '-m', '{"not": "protobuf"}');
  const { gaps } = await readUntil(host, deps, (read) => read.gaps.length >= 1);
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

test('a line that breaks again and again does not make a node be asked more often', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using node = await startNode(broker.url);
  {
    await using host = await openHost(broker.url, deps, { reorderMs: 10_000 });
    await node.birth([temp(0)]);
    await readRows(host, deps, 1);
  }
  for (let i = 1; i <= 6; i++) {
    await using host = await openHost(broker.url, deps, { reorderMs: 10 });
    for (let n = 0; n < 2; n++) {
      await node.data([temp(i)]);
      await readUntil(host, deps, (read) => read.gaps.length >= 1);
    }
  }
  await node.rebirthAsked(1);
  assert.equal(node.commands.length, 1);
});

test('after a restart of the host all is unknown until the births that it asks for', async () => {
  await using broker = await startMosquitto();
  const before = hostDeps([metric('a/temp', 'Temp')]);
  await using node = await startNode(broker.url);
  {
    await using host = await openHost(broker.url, before, { reorderMs: 50 });
    await node.birth([temp(1, { alias: 9 })]);
    await readRows(host, before, 1);
  }
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  const sent = node.data([{ alias: 9, type: 'Double', value: 2 } as never]);
  await node.rebirthAsked(1);
  await sent;
  await node.birth([temp(3, { alias: 4 })]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 3]]);
});

test('a tag that is another metric now gets the value of that, by a birth', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 50, rebirthEveryMs: 100 });
  await using node = await startNode(broker.url);
  const press = { name: 'Press', type: 'Double' as const, value: 5 };
  await node.birth([temp(1), press]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 1]]);
  const [point] = deps.points;
  const moved = { tag: point?.tag, address: { group: 'plant', node: 'cell', metric: 'Press' } };
  const config = sparkplug.config.parse({ url: broker.url, hostId: 'site', reorderMs: 50 });
  assert.equal(await host.reconfigure?.(config as never, [moved] as never), true);
  await node.rebirthAsked(1);
  await node.birth([temp(1), press]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['a/temp', 5]]);
});

test('nodes that were too many are read once the limit is higher or a tag is theirs', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  const config = { reorderMs: 50, rebirthEveryMs: 100, mostNodes: 1, discover: [{ node: 'more' }] };
  await using host = await openHost(broker.url, deps, config);
  await using cell = await startNode(broker.url);
  await using named = await startNode(broker.url, 'named');
  await using more = await startNode(broker.url, 'more');
  await cell.birth([temp(1)]);
  await readRows(host, deps, 1);
  for (const node of [named, more]) await node.birth([temp(2)]);
  await until('both are told', () => deps.events.filter(isTooMany).length === 2);
  const use = async (mostNodes: number, ...points: readonly object[]) => {
    const next = sparkplug.config.parse({ url: broker.url, hostId: 'site', ...config, mostNodes });
    assert.equal(await host.reconfigure?.(next as never, [...deps.points, ...points] as never), true);
  };
  const { address, ...info } = metric('b/temp', 'Temp');
  const point = pointOf(deps, { ...info, address: { ...address, node: 'named' } });
  await use(1, point);
  await named.rebirthAsked(1);
  await named.birth([temp(3)]);
  assert.deepEqual(brief(await readRows(host, deps, 1)), [['b/temp', 3]]);
  await use(3, point);
  await more.data([temp(4)]);
  await more.rebirthAsked(1);
  await more.birth([temp(5)]);
  const { rows } = await readUntil(host, deps, (read) => read.rows.length >= 1);
  assert.deepEqual(brief(rows), [['plant/more/temp', 5]]);
});

test('what goes wrong with a message that waited is a fault of the source, as with any other', async () => {
  await using broker = await startMosquitto();
  const base = hostDeps([metric('a/temp', 'Temp')]);
  const declare = () => {
    throw new Fault('tag.full', 'there is no room for another tag');
  };
  const deps = { ...base, tags: { ...base.tags, declare } };
  await using host = await openHost(broker.url, deps, { reorderMs: 50, discover: [{}] });
  await using node = await startNode(broker.url);
  await node.birth([temp(1)]);
  node.seq = 2;
  await node.deviceBirth('late', [{ name: 'Press', type: 'Float', value: 1.5 }]);
  await assert.rejects(readRows(host, deps, 9), (error: Fault) => error.code === 'tag.full');
});

test('thousands of messages keep their order over every wrap from 255 to 0, the swapped ones too', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/temp', 'Temp')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 20_000 });
  await using node = await startNode(broker.url);
  await node.birth([temp(0)]);
  const count = 2048;
  for (let i = 1; i <= count; i += 2) {
    for (const n of i % 3 === 0 ? [i, i + 1] : [i + 1, i]) void node.data([temp(n)], { seq: n & 0xff });
  }
  const { rows, gaps } = await readUntil(host, deps, (read) => read.rows.length > count);
  assert.deepEqual(
    rows.map(({ value }) => value),
    Array.from({ length: count + 1 }, (_, i) => i),
  );
  assert.deepEqual([gaps, node.commands], [[], []]);
});
