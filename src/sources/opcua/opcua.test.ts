import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { freePort, ServerProcess } from '#test/opcua/peer.ts';
import { openOpcua, pointsOf, QUICK, type Setup, type TagAt, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { Config } from './config.ts';

const trust = new TestTrust();
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({ variables: 200, maxSessions: 3 });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const at = (name: string, more: Partial<TagAt> & { readonly field?: string } = {}): TagAt => {
  const { field, ...info } = more;
  return { at: { node: `ns=1;s=${name}`, ...(field && { field }) }, ...info };
};
const counter = (i: number): TagAt => ({ at: { path: `Plant/Line1/Counter${i}` } });
const open = (tags: Setup['tags'], config: Setup['config'] = {}, more: Partial<Setup> = {}) =>
  openOpcua({ trust: trust.store, config: { url: server.url, ...config }, tags, ...more });

test('values of every type arrive as the tag wants them, 64 bits exactly', async () => {
  await using device = await open({
    bool: at('Bool', { type: 'boolean' }),
    float: at('Float'),
    state: at('State', { type: 'enum' }),
    big: at('Big', { type: 'int64' }),
    bigAsNumber: at('Big'),
    unsigned: at('UBig', { type: 'int64' }),
    small: at('Int32', { type: 'int64' }),
    text: at('Text', { type: 'text' }),
    local: at('Local', { type: 'text' }),
    time: at('Time', { type: 'text' }),
    timeAsNumber: at('Time'),
    bytes: at('Bytes', { type: 'structure' }),
    node: at('Node', { type: 'text' }),
    doubles: at('Doubles', { type: 'structure' }),
    bigs: at('Bigs', { type: 'structure' }),
    recipe: at('Recipe', { type: 'structure' }),
    setting: at('Setting', { type: 'structure' }),
    matrix: at('Matrix', { type: 'structure' }),
    cell: at('Matrix', { field: '[1][2]' }),
    position: at('Recipe', { field: 'Axes[1].Position' }),
    second: at('Doubles', { field: '[1]' }),
    beyond: at('Doubles', { field: '[9]' }),
  });
  await device.until(() => new Set(device.rows.map(({ path }) => path)).size === 22);
  const value = (path: string) => device.last(path)?.value;
  const numbers = ['bool', 'float', 'state', 'timeAsNumber', 'position', 'second'].map(value);
  assert.deepEqual(numbers, [1, 0.5, 1, Date.parse('2026-01-02T03:04:05.678Z'), -3, 2.5]);
  assert.deepEqual(['big', 'unsigned', 'small'].map(value), [
    -9_007_199_254_740_993n,
    2n ** 64n - 2n,
    -70_000n,
  ]);
  assert.equal(device.last('bigAsNumber')?.quality, Quality.badOutOfRange);
  assert.deepEqual(['text', 'local', 'time', 'node'].map(value), [
    'Grüße',
    'Pumpe',
    '2026-01-02T03:04:05.678Z',
    'ns=1;s=Text',
  ]);
  assert.deepEqual(value('bytes'), Uint8Array.of(1, 2, 255));
  assert.deepEqual(value('doubles'), [1, 2.5, 3]);
  assert.deepEqual(value('bigs'), [7n, -1n]);
  assert.deepEqual(value('matrix'), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.equal(value('cell'), 6);
  assert.deepEqual(value('setting'), {
    Name: 'Limit',
    Value: 7.5,
    Description: 'of the press',
    Text: 'up',
    Locale: 'to',
  });
  assert.deepEqual(value('recipe'), {
    Name: 'Bread',
    Batch: 9_007_199_254_740_993n,
    Axes: [
      { Position: 1.5, Speed: 2.5 },
      { Position: -3, Speed: 0 },
    ],
    Limits: [1, 2, 3],
  });
  assert.equal(device.last('beyond')?.quality, Quality.badOutOfRange);
});

test('writes reach the server in the type of the node, one element of an array too, and are read back', async () => {
  await using device = await open({
    double: at('WDouble'),
    int: at('WInt16'),
    big: at('WBig', { type: 'int64' }),
    bool: at('WBool', { type: 'boolean' }),
    text: at('WText', { type: 'text', access: 'write' }),
    element: at('WDoubles', { field: '[1]' }),
  });
  const sent = (readBack: unknown) => ({ state: 'sent', readBack });
  assert.deepEqual(await device.write('double', 12.5), sent(12.5));
  assert.deepEqual(await device.write('int', -2.0000001), sent(-2));
  assert.deepEqual(await device.write('big', -9_007_199_254_740_993n), sent(-9_007_199_254_740_993n));
  assert.deepEqual(await device.write('bool', 1), sent(1));
  assert.deepEqual(await device.write('text', 'Otto'), sent('Otto'));
  assert.deepEqual(await device.write('element', 7), sent(7));
  const { values } = await server.ask();
  assert.deepEqual(
    [values.WDouble, values.WInt16, values.WBig, values.WBool, values.WText, values.WDoubles],
    [12.5, -2, [0xffdf_ffff, 0xffff_ffff], true, 'Otto', { 0: 1, 1: 7, 2: 3 }],
  );
});

test('a write that is refused, does not fit, or comes too late says so, and is not sent again', async () => {
  await using device = await open({
    fixed: at('Int32'),
    int: at('WInt16'),
    gone: at('Nowhere', { access: 'write' }),
  });
  assert.deepEqual(await device.write('fixed', 1), { state: 'refused', reason: 'BadNotWritable' });
  assert.match((await device.write('int', 40_000)).reason ?? '', /out of the range/);
  assert.match((await device.write('int', 'seven')).reason ?? '', /no whole number/);
  assert.equal((await device.write('gone', 1)).state, 'failed');
  const late = await device.write('int', 1, -1);
  assert.equal(late.state, 'failed');
  assert.match(late.reason ?? '', /time to live/);
});

test('a matrix is written row by row, and nothing else into its node', async () => {
  await using device = await open({
    matrix: at('WMatrix', { type: 'structure' }),
    one: at('WMatrix', { field: '[1]', access: 'write' }),
  });
  const rows = [
    [1, 2],
    [3, 4.5],
    [5, 6],
  ];
  assert.equal((await device.write('matrix', [...rows, [7]])).state, 'failed');
  assert.match((await device.write('matrix', [1, 2, 3, 4])).reason ?? '', /matrix of 2 dimensions/);
  assert.match((await device.write('one', 5)).reason ?? '', /matrix: write all of it/);
  const square = rows.slice(0, 2);
  assert.deepEqual(await device.write('matrix', square), { state: 'sent', readBack: square });
});

test('a write of which the server has made something else says so: what was read back is told', async () => {
  await using device = await open({ level: at('WClamped'), blind: at('WOnly', { access: 'write' }) });
  assert.deepEqual(await device.write('level', 140), { state: 'sent', readBack: 100 });
  assert.deepEqual(await device.write('blind', 4), { state: 'sent' });
});

test('a write of which the server does not know what became of it is unknown, not refused', async () => {
  await using device = await open({ int: at('WInt16') });
  for (const writesEnd of ['BadTimeout', 'BadNoCommunication', 'BadDeviceFailure']) {
    await server.ask({ writesEnd });
    assert.deepEqual(await device.write('int', 3), { state: 'unknown', reason: writesEnd });
  }
  const { values } = await server.ask({ writesEnd: '' });
  assert.equal(values.WInt16, 3);
});

test('a node that is not there turns bad alone, and is found once it is there', async () => {
  await using device = await open(
    { good: at('Float'), gone: at('Nowhere'), path: { at: { path: 'Plant/Nowhere/At/All' } } },
    { retryNodesMs: 100 },
  );
  await device.until(() => device.last('good') && device.last('gone') && device.last('path'));
  assert.equal(device.last('good')?.quality, Quality.good);
  assert.equal(device.last('gone')?.quality, Quality.badNodeUnknown);
  assert.equal(device.last('path')?.quality, Quality.badNodeUnknown);
});

test('sampling faster than publishing overflows the queue: a gap of unknown count, the newest value kept', async () => {
  await using device = await open({ c: { at: { node: 'ns=1;i=10000', queue: 2 } } });
  await device.until(() => device.last('c'));
  const { count } = await server.ask({ step: 50 });
  await device.until(() => device.last('c')?.value === count);
  const overflow = device.gaps.find(({ reason }) => reason === 'device-overflow');
  assert.equal(overflow?.count, undefined);
  assert.deepEqual(overflow?.tags, [device.tags.number('c')]);
});

test('with a queue that is long enough every step arrives, in order', async () => {
  const tags = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`c${i}`, counter(i)]));
  await using device = await open(tags, { queue: 200 });
  await device.until(() => new Set(device.rows.map(({ path }) => path)).size === 200);
  const from = (await server.ask()).count;
  for (let i = 0; i < 5; i++) await server.ask({ step: 20 });
  await device.until(
    () => device.last('c199')?.value === from + 100 && device.last('c0')?.value === from + 100,
  );
  assert.deepEqual(device.gaps, []);
  for (const path of ['c0', 'c77', 'c199']) {
    const values = device.rows.filter((row) => row.path === path).map(({ value }) => value);
    assert.deepEqual(
      values.slice(-100),
      Array.from({ length: 100 }, (_, i) => from + 1 + i),
    );
  }
});

test('a notification that is lost on the way is asked for again; a gap says where the server has it no more', async () => {
  await using device = await open({ c: counter(0) });
  await device.until(() => device.last('c'));
  const lose = async (forgetful: boolean) => {
    const { count } = await server.ask({ swallow: 1, forgetful });
    const seen = device.rows.length;
    await server.ask({ step: 1 });
    await device.until(() => device.rows.length > seen, 300).catch(() => {});
    assert.equal(device.rows.length, seen, 'it did not arrive');
    await server.ask({ step: 1 });
    await device.until(() => device.last('c')?.value === count + 2);
    return device.rows.slice(seen).map(({ value }) => Number(value) - count);
  };
  assert.deepEqual(await lose(false), [1, 2]);
  assert.equal(device.gaps.length, 0);
  assert.deepEqual(await lose(true), [2]);
  assert.deepEqual(
    device.gaps.map(({ reason }) => reason),
    ['device-overflow'],
  );
  await server.ask({ swallow: 0, forgetful: false });
});

test('points come and go in the same session', async () => {
  await using device = await open({ a: counter(0), b: counter(1) });
  await device.until(() => device.last('a') && device.last('b'));
  const before = await server.ask();
  const next = pointsOf(device.tags, { b: counter(1), c: counter(2) });
  const config = Config.parse({ ...QUICK, url: server.url });
  assert.equal(await device.source.reconfigure?.(config, next), true);
  await device.until(() => device.last('c'));
  const seen = device.rows.length;
  const after = await server.ask({ step: 1 });
  await device.until(
    () => device.last('c')?.value === after.count && device.last('b')?.value === after.count,
  );
  assert.equal(
    device.rows.slice(seen).some(({ path }) => path === 'a'),
    false,
  );
  assert.deepEqual(
    [after.sessionsEver, after.subscriptionsEver, after.items],
    [before.sessionsEver, before.subscriptionsEver, 2],
  );
  const other = Config.parse({ ...config, publishMs: 100 });
  assert.equal(await device.source.reconfigure?.(other, next), false);
});

test('another pace of the source concerns only the tags without one of their own', async () => {
  const own = { at: { path: 'Plant/Line1/Counter1', sampleMs: 0, queue: 5 } };
  await using device = await open({ a: counter(0), own });
  await device.until(() => device.last('a') && device.last('own'));
  const seen = device.rows.length;
  const { sampleMs: _, ...quick } = QUICK;
  const next = pointsOf(device.tags, { a: counter(0), own });
  const config = Config.parse({ ...quick, url: server.url, sampleMs: 10, queue: 20 });
  assert.equal(await device.source.reconfigure?.(config, next), true);
  await device.until(() => device.rows.length > seen);
  assert.deepEqual(
    device.rows.slice(seen).map(({ path }) => path),
    ['a'],
  );
});

test('a deadband is the work of the server; one that it refuses costs no value', async () => {
  await using device = await open({
    level: { at: { node: 'ns=1;s=Level', deadband: { absolute: 5 } } },
    percent: { at: { node: 'ns=1;s=Float', deadband: { percent: 5 } } },
  });
  await device.until(() => device.last('level') && device.last('percent'));
  await server.ask({ set: { name: 'Level', value: 52 } });
  await server.ask({ set: { name: 'Level', value: 60 } });
  await device.until(() => device.last('level')?.value === 60);
  assert.equal(
    device.rows.some(({ path, value }) => path === 'level' && value === 52),
    false,
  );
  assert.equal(device.last('percent')?.value, 0.5);
});

test('a shadow cannot write', async () => {
  await using device = await open({ a: counter(0) }, {}, { mode: 'shadow' });
  assert.equal(device.source.write, undefined);
});

test('nothing is left behind at the server, also when opening is given up', async () => {
  const before = await server.ask();
  for (const ms of [0, 5, 20, 60]) {
    const opening = open({ a: counter(0) }, {}, { signal: AbortSignal.timeout(ms) });
    await opening.then(
      (device) => device[Symbol.asyncDispose](),
      () => {},
    );
  }
  await until('sessions are gone', async () => {
    const { sessions, subscriptions, channels } = await server.ask();
    return sessions + subscriptions + channels === 0;
  });
  assert.equal(before.sessions, 0);
});

test('a server without a free session is tried again', async () => {
  await using a = await open({ a: counter(0) });
  await using b = await open({ a: counter(0) });
  await using c = await open({ a: counter(0) });
  await assert.rejects(open({ a: counter(0) }), (fault: Fault) => {
    assert.equal(fault.code, 'opcua.too-many-sessions');
    assert.equal(fault.retry, 'backoff');
    assert.ok(fault.hint);
    return true;
  });
  await c[Symbol.asyncDispose]();
  await using d = await open({ a: counter(0) });
  await d.until(() => d.last('a'));
  void a;
  void b;
});

test('nobody listening is a fault with a hint; the next address is tried', async () => {
  const dead = `opc.tcp://127.0.0.1:${await freePort()}`;
  await assert.rejects(open({ a: counter(0) }, { url: dead }), (fault: Fault) => {
    assert.equal(fault.code, 'opcua.refused');
    assert.ok(fault.hint);
    return true;
  });
  await using device = await open({ a: counter(0) }, { url: dead, alternatives: [server.url] });
  await device.until(() => device.last('a'));
});

test('closing ends a read that waits', async () => {
  const device = await open({});
  const ended = assert.rejects(
    device.until(() => false),
    (fault: Fault) => fault.code === 'opcua.closed',
  );
  await device[Symbol.asyncDispose]();
  await ended;
});
