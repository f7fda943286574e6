import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { Metric, MetricValue } from '#codec/sparkplug/payload.ts';
import { at, BatchBuilder, wideAt } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagType } from '#kernel/tag-table.ts';
import { Config, check } from './config.ts';
import { EdgeNode } from './node.ts';
import type { NodePorts } from './node-ports.ts';
import { Rebirths } from './rebirths.ts';
import { addMetric } from './rows.ts';
import { glob, tagPath } from './tag-book.ts';
import { filters, routeOf } from './topic.ts';
import { Unit } from './unit.ts';
import { Wake } from './wake.ts';

const reader = new MetricReader();
const QUALITY = { type: DataType.Int32, value: 192 };

/** The value of the one row that a metric makes, or its quality where that is not good. */
function rowOf(type: TagType, metric: Metric, birthType = metric.datatype): unknown {
  const rows = new BatchBuilder();
  const bytes = encodePayload({ metrics: [metric] });
  reader.open(bytes, 0, bytes.length);
  reader.next();
  const kept = { metric: { datatype: birthType ?? 0 }, whole: undefined };
  addMetric(rows, { tag: 0, type, codes: new Map([['auto', 2]]) }, kept, 5, 0, reader, true);
  const batch = rows.take({ receivedUs: 5 });
  assert.equal(batch.rows, 1);
  const quality = qualityName(at(batch.quality, 0));
  return quality === 'good' ? (wideAt(batch, 0) ?? at(batch.value, 0)) : quality;
}

const ROWS: readonly (readonly [TagType, number, MetricValue, unknown])[] = [
  ['number', DataType.Int8, -1, -1],
  ['number', DataType.UInt64, 2n ** 63n, 2 ** 63],
  ['number', DataType.Int64, -(2n ** 40n) - 1n, -(2 ** 40) - 1],
  ['number', DataType.Boolean, true, 'badTypeMismatch'],
  ['number', DataType.String, '5', 'badTypeMismatch'],
  ['number', DataType.Float, Number.POSITIVE_INFINITY, 'badOutOfRange'],
  ['boolean', DataType.Int8, 1, 1],
  ['boolean', DataType.Int8, 2, 'badTypeMismatch'],
  ['enum', DataType.Int32, 3, 3],
  ['enum', DataType.Int32, -3, 'badTypeMismatch'],
  ['enum', DataType.String, 'auto', 2],
  ['int64', DataType.Int16, -7, -7n],
  ['int64', DataType.Double, 7, 'badTypeMismatch'],
  ['text', DataType.Int32, 7, 'badTypeMismatch'],
  ['structure', DataType.Int16Array, [1, -2], [1, -2]],
  ['structure', DataType.BooleanArray, [true, false], [true, false]],
  ['structure', DataType.DateTimeArray, [5n], [5n]],
  ['structure', DataType.Double, 5, 'badTypeMismatch'],
];

test('a value becomes what its tag holds, and a bad row where it is something else', () => {
  for (const [type, datatype, value, wanted] of ROWS) {
    assert.deepEqual(rowOf(type, { datatype, value }), wanted, `${type} from ${datatype}`);
  }
});

test('a data message of another data type than the birth is bad', () => {
  const metric = { datatype: DataType.Int32, value: 5 };
  assert.equal(rowOf('number', metric, DataType.Double), 'badTypeMismatch');
  assert.equal(rowOf('number', metric, DataType.Int32), 5);
});

interface Played {
  readonly node: EdgeNode;
  readonly values: () => number[];
  readonly gaps: (number | undefined)[];
  readonly wanted: string[];
}

/** A node whose one metric is tag 0, and a clock that stands still. */
function play(clock = new ManualClock()): Played {
  const rows = new BatchBuilder();
  const gaps: (number | undefined)[] = [];
  const wanted: string[] = [];
  const ports: NodePorts = {
    reader: new MetricReader(),
    rows,
    late: new BatchBuilder(),
    receivedUs: () => clock.nowUs(),
    steadyUs: () => clock.steadyUs(),
    reorderUs: () => 2e6,
    mayHold: () => true,
    mayGrow: () => true,
    mayKnow: (_, bytes) => bytes < 100_000,
    bind(unit) {
      for (const slot of unit.slots) {
        const type = slot.metric.type === 'structure' ? 'structure' : 'number';
        slot.to = { tag: 0, type, codes: new Map() };
      }
      unit.tags = [0];
      return [];
    },
    wantRebirth: (_, reason) => wanted.push(reason),
    heard() {},
    settled() {},
    gap: (_, count) => gaps.push(count),
    told() {},
    deadline() {},
  };
  const node = new EdgeNode('g', 'n', ports);
  return { node, gaps, wanted, values: () => [...rows.take({ receivedUs: 0 }).value] };
}

const send = (node: EdgeNode, type: 'NBIRTH' | 'NDATA', seq: number, value: number, timestamp = 1000) => {
  const metric = { name: 'x', datatype: DataType.Double, value };
  const bytes = encodePayload({ timestamp, seq, metrics: [metric] });
  node.message(type, undefined, bytes, 0, bytes.length);
};

test('whatever the order in which messages arrive, they are read in the order in which they were sent', () => {
  const count = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(fc.nat({ max: 255 }), count, fc.infiniteStream(fc.nat()), (from, length, random) => {
      const { node, values, gaps, wanted } = play();
      send(node, 'NBIRTH', from, 0);
      const numbers = Array.from({ length }, (_, i) => i + 1);
      const keys = numbers.map(() => random.next().value as number);
      const shuffled = [...numbers].sort((a, b) => (keys[a - 1] as number) - (keys[b - 1] as number));
      for (const i of shuffled) send(node, 'NDATA', (from + i) & 0xff, i);
      assert.deepEqual(values(), [0, ...numbers]);
      assert.deepEqual([gaps, wanted], [[], []]);
    }),
  );
});

test('what may hide a lost birth makes the node unknown: its aliases may mean something else', () => {
  const clock = new ManualClock();
  const { node, values, gaps, wanted } = play(clock);
  send(node, 'NBIRTH', 0, 1);
  send(node, 'NDATA', 1, 2);
  values();
  send(node, 'NDATA', 1, 3); // number 0, a birth, lies between
  node.due(clock.steadyUs() + 2e6);
  assert.equal(node.state, 'unborn');
  assert.deepEqual(values(), [Number.NaN]);
  assert.deepEqual(gaps, [undefined, 1]);
  assert.deepEqual(wanted, ['messages were lost']);
});

test('what was sent before a birth is not read with what the birth says', () => {
  const { node, values } = play();
  send(node, 'NBIRTH', 0, 1);
  send(node, 'NDATA', 3, 3);
  send(node, 'NBIRTH', 0, 10);
  send(node, 'NDATA', 1, 11);
  assert.deepEqual(values(), [1, 3, 10, 11]);
});

test('what was sent after a birth that it overtook is not read with the aliases of before', () => {
  const { node, values, gaps } = play();
  send(node, 'NBIRTH', 0, 1);
  send(node, 'NDATA', 3, 3, 3000); // number 2 of the new session is not there yet either
  send(node, 'NDATA', 1, 2, 3000);
  send(node, 'NBIRTH', 0, 10, 2000);
  assert.deepEqual(values(), [1, 2, 10]);
  assert.deepEqual(gaps, [1]);
});

test('a message of before the birth that comes late takes nothing from those after it', () => {
  const clock = new ManualClock();
  const { node, values, gaps, wanted } = play(clock);
  send(node, 'NBIRTH', 0, 1, 2000);
  send(node, 'NDATA', 57, 5, 1000);
  for (let i = 1; i < 10; i++) send(node, 'NDATA', i, i + 1, 3000);
  node.due(clock.steadyUs() + 2e6);
  for (let i = 10; i < 80; i++) send(node, 'NDATA', i, i + 1, 3000);
  assert.deepEqual(
    values(),
    Array.from({ length: 80 }, (_, i) => i + 1),
  );
  assert.deepEqual([gaps, wanted], [[1], []]);
});

test('a message that comes twice does not make its node unknown', () => {
  const clock = new ManualClock();
  const { node, values, wanted } = play(clock);
  send(node, 'NBIRTH', 0, 0);
  for (const seq of [1, 2, 2, 3, 4]) send(node, 'NDATA', seq, seq);
  node.due(clock.steadyUs() + 2e6);
  send(node, 'NDATA', 5, 5);
  assert.deepEqual([node.state, values(), wanted], ['born', [0, 1, 2, 3, 4, 5], []]);
});

test('messages that always change places are no loss, however long that goes on', async () => {
  const clock = new ManualClock();
  const { node, values, gaps, wanted } = play(clock);
  send(node, 'NBIRTH', 0, 0);
  send(node, 'NDATA', 2, 2);
  for (let i = 4; i < 600; i += 2) {
    send(node, 'NDATA', i & 0xff, i);
    await clock.advance(100);
    node.due(clock.steadyUs()); // there is always one that waits, but none for long
    send(node, 'NDATA', (i - 3) & 0xff, i - 3);
  }
  send(node, 'NDATA', 597 & 0xff, 597);
  assert.deepEqual(
    values(),
    Array.from({ length: 599 }, (_, i) => i),
  );
  assert.deepEqual([gaps, wanted], [[], []]);
});

test('a number that was lost is a straggler only until the numbers have come round', async () => {
  const clock = new ManualClock();
  const { node, values, wanted } = play(clock);
  send(node, 'NBIRTH', 0, 0);
  send(node, 'NDATA', 5, 5);
  node.due(clock.steadyUs() + 2e6);
  const sent = Array.from({ length: 300 }, (_, i) => i + 6);
  for (const i of sent) {
    if (i === 259) send(node, 'NDATA', 260 & 0xff, 260);
    else if (i === 260) send(node, 'NDATA', 259 & 0xff, 259);
    else send(node, 'NDATA', i & 0xff, i);
  }
  assert.deepEqual(values(), [0, 5, ...sent]);
  assert.equal(wanted.length, 1);
});

test('a device that is not born again turns bad in time, however often its node is', async () => {
  const clock = new ManualClock();
  const { node, values } = play(clock);
  const birth = (type: 'NBIRTH' | 'DBIRTH', seq: number, device?: string) => {
    const bytes = encodePayload({ seq, metrics: [{ name: 'x', datatype: DataType.Double, value: seq }] });
    node.message(type, device, bytes, 0, bytes.length);
  };
  birth('NBIRTH', 0);
  birth('DBIRTH', 1, 'a');
  birth('DBIRTH', 2, 'b');
  for (let i = 0; i < 2; i++) {
    birth('NBIRTH', 0);
    birth('DBIRTH', 1, 'a');
    await clock.advance(1500);
    node.due(clock.steadyUs());
  }
  assert.ok(values().includes(Number.NaN), 'device b shows what it said before');
});

test('a birth of a device that cannot be read ends what its aliases meant', () => {
  const { node, wanted } = play();
  const birth = (type: 'NBIRTH' | 'DBIRTH', seq: number, cut = 0) => {
    const bytes = encodePayload({ seq, metrics: [{ name: 'x', datatype: DataType.Double, value: 1 }] });
    node.message(type, type === 'DBIRTH' ? 'd' : undefined, bytes, 0, bytes.length - cut);
  };
  birth('NBIRTH', 0);
  birth('DBIRTH', 1);
  birth('DBIRTH', 2, 3);
  assert.deepEqual([node.devices.get('d')?.isBorn, wanted.length], [false, 1]);
});

test('a birth that would take too much memory leaves its node unknown, and what it knew is let go', () => {
  const { node, values } = play();
  send(node, 'NBIRTH', 0, 1);
  const metrics = Array.from({ length: 300 }, (_, i) => ({
    name: `m${i}`,
    datatype: DataType.Int8,
    value: i & 1,
  }));
  const bytes = encodePayload({ seq: 0, metrics });
  node.message('NBIRTH', undefined, bytes, 0, bytes.length);
  assert.deepEqual(values(), [1, Number.NaN]);
  assert.deepEqual([node.own.isBorn, node.own.slots.length, node.own.bornBytes], [false, 0, 0]);
});

test('members of a template need no data type where the birth gave it, whatever their sign and depth', () => {
  const inner = (value: number, datatype?: number): Metric => ({
    name: 'inner',
    datatype: DataType.Template,
    value: { metrics: [{ name: 'low', alias: 4n, ...(datatype && { datatype }), value }] },
  });
  const rows = new BatchBuilder();
  const born = { metrics: [inner(5, DataType.Int32), { name: 'mode', datatype: DataType.Int8, value: 1 }] };
  const kept = { metric: { datatype: DataType.Template, value: born }, whole: undefined };
  // As nodes write them who follow 6.4.6 to the letter: field 10 is a 32-bit integer, field 18 a template.
  const long = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const byAlias = [0x12, 8, 0x10, 4, 0x50, ...long];
  const named = [0x0a, 5, ...Buffer.from('inner'), 0x92, 1, byAlias.length, ...byAlias];
  const whole = [0x12, named.length, ...named];
  const bytes = Uint8Array.from([0x12, whole.length + 3, 0x92, 1, whole.length, ...whole]);
  reader.open(bytes, 0, bytes.length);
  reader.next();
  addMetric(rows, { tag: 0, type: 'structure', codes: new Map() }, kept, 5, 0, reader, true);
  assert.deepEqual(wideAt(rows.take({ receivedUs: 5 }), 0), { inner: { low: -1 } });
});

test('what a template said before it was null is not shown again', () => {
  const rows = new BatchBuilder();
  const kept = { metric: { datatype: DataType.Template }, whole: undefined };
  const part = (names: string[]): Metric => ({
    datatype: DataType.Template,
    value: { metrics: names.map((name) => ({ name, datatype: DataType.Int8, value: 1 })) },
  });
  for (const metric of [part(['a', 'b']), { isNull: true }, part(['a'])]) {
    const bytes = encodePayload({ metrics: [metric] });
    reader.open(bytes, 0, bytes.length);
    reader.next();
    addMetric(rows, { tag: 0, type: 'structure', codes: new Map() }, kept, 5, 0, reader, true);
  }
  const batch = rows.take({ receivedUs: 5 });
  assert.deepEqual([wideAt(batch, 0), wideAt(batch, 2)], [{ a: 1, b: 1 }, { a: 1 }]);
});

test('no bytes of a node end the session, whatever they are and whenever they come', () => {
  const types = ['NBIRTH', 'NDATA', 'DBIRTH', 'DDATA', 'DDEATH', 'NDEATH'] as const;
  const metrics: Metric[] = [
    {
      name: 'x',
      alias: 1n,
      datatype: DataType.Double,
      value: 1,
      properties: new Map([['Quality', QUALITY]]),
    },
    {
      name: 'set',
      alias: 2n,
      datatype: DataType.DataSet,
      value: { columns: ['a'], types: [1], rows: [[1]] },
    },
    {
      name: 't',
      alias: 3n,
      datatype: DataType.Template,
      value: { metrics: [{ name: 'y', datatype: 1, value: 1 }] },
    },
    { name: 'bdSeq', datatype: DataType.Int64, value: 0n },
  ];
  const step = fc.tuple(fc.constantFrom(...types), fc.nat({ max: 3 }), fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { node } = play();
      let seq = 0;
      for (const [type, damage, place, byte] of steps) {
        const bytes = encodePayload({ timestamp: 1000, seq: seq++ & 0xff, metrics });
        if (damage > 1) bytes[place % bytes.length] = byte;
        const end = damage === 1 ? place % bytes.length : bytes.length;
        node.message(type, type.startsWith('D') ? 'd' : undefined, bytes, 0, end);
      }
    }),
    { numRuns: 500 },
  );
});

test('messages that wait are bounded, and more of them count as a loss at once', () => {
  const { node, values, gaps } = play();
  send(node, 'NBIRTH', 0, 0);
  for (let i = 2; i < 140; i++) send(node, 'NDATA', i, i);
  assert.equal(values().length, 139);
  assert.deepEqual(gaps, [undefined]);
});

test('one node is asked at growing pauses, and all of them together not above the limit', () => {
  const rebirths = new Rebirths({ everyMs: 60_000, perMinute: 60 }, 0);
  const minute = 60e6;
  const asked: number[] = [];
  for (let us = 0; us < 20 * minute; us += minute / 4) {
    rebirths.want('a', us);
    if (rebirths.take(us).length > 0) asked.push(us / minute);
  }
  assert.deepEqual(asked, [0, 1, 3, 7, 15]);
  for (let i = 0; i < 100; i++) rebirths.want(`n${i}`, 100 * minute);
  assert.equal(rebirths.take(100 * minute).length, 5);
  assert.equal(rebirths.take(100 * minute).length, 0);
  assert.equal(rebirths.nextUs(100 * minute), 100 * minute + 1e6);
  assert.equal(rebirths.take(100 * minute + 2e6).length, 2);
});

test('a node that was right for long begins with a short pause again', () => {
  const rebirths = new Rebirths({ everyMs: 1000, perMinute: 6000 }, 0);
  for (const us of [0, 1e6, 3e6]) {
    rebirths.want('a', us);
    assert.equal(rebirths.take(us).length, 1, String(us));
  }
  rebirths.want('a', 3e6);
  assert.equal(rebirths.nextUs(3e6), 7e6);
  rebirths.settled('a');
  assert.equal(rebirths.nextUs(3e6), Number.POSITIVE_INFINITY);
  rebirths.want('a', 100e6);
  assert.equal(rebirths.take(100e6).length, 1);
  rebirths.want('a', 100e6);
  assert.equal(rebirths.nextUs(100e6), 102e6);
});

test('a wake comes at the earliest deadline, and then at the one that the woken names', async () => {
  const clock = new ManualClock(0);
  const woken: number[] = [];
  const wake = new Wake(clock, () => {
    woken.push(clock.steadyUs() / 1000);
    return woken.length < 2 ? clock.steadyUs() + 50e3 : Number.POSITIVE_INFINITY;
  });
  wake.at(500e3);
  wake.at(100e3);
  wake.at(300e3);
  await clock.advance(1000);
  assert.deepEqual(woken, [100, 150]);
  wake.at(clock.steadyUs() + 1000);
  wake.close();
  await clock.advance(1000);
  assert.equal(woken.length, 2);
});

test('topics are taken apart by the specification, and nothing else is one', () => {
  assert.deepEqual(routeOf('spBv1.0/g/DDATA/n/d'), { type: 'DDATA', group: 'g', node: 'n', device: 'd' });
  assert.deepEqual(routeOf('spBv1.0/g/NBIRTH/n'), {
    type: 'NBIRTH',
    group: 'g',
    node: 'n',
    device: undefined,
  });
  for (const topic of [
    'spBv1.0/g/NDATA/n/d',
    'spBv1.0/g/DDATA/n',
    'spBv1.0/g/NCMD/n',
    'a/b',
    'spBv1.0/STATE/x',
  ]) {
    assert.equal(routeOf(topic), undefined, topic);
  }
  assert.equal(filters([], []).length, 6);
  assert.deepEqual(
    filters(['g'], ['n']).map(({ topic, qos }) => `${qos} ${topic}`)[1],
    '1 spBv1.0/g/NDEATH/n',
  );
});

test('a pattern with stars means what people expect of it', () => {
  const text = fc.stringMatching(/^[ab/]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab*]{0,6}$/);
  fc.assert(
    fc.property(pattern, text, (wanted, given) => {
      const expected = new RegExp(`^${wanted.replaceAll('*', '.*')}$`).test(given);
      assert.equal(glob(wanted)(given), expected);
    }),
    { numRuns: 1000 },
  );
});

test('paths keep to the namespace, with and without a device', () => {
  const template = '{group}/{node}/{device}/{metric}';
  assert.equal(
    tagPath(template, new Unit('Plant 1', 'Cell', 'Pump#1'), 'Out/Temp °C'),
    'plant_1/cell/pump_1/out/temp__c',
  );
  assert.equal(tagPath(template, new Unit('1', 'n', undefined), 'x'), 't1/n/x');
  assert.equal(tagPath('{node}/{device}', new Unit('g', 'n', undefined), 'x'), 'n');
});

test('a configuration that contradicts itself is told, with the tag', () => {
  const config = Config.parse({ url: 'mqtt://h', hostId: 'h', groups: ['a'], discover: [{ tag: '{x}' }] });
  const tag = { number: 0, type: 'number', access: 'read' } as const;
  const found = check(config, [
    { tag: { ...tag, path: 'p/one' }, address: { group: 'b', node: 'n', metric: 'm' } },
    { tag: { ...tag, path: 'p/two' }, address: { group: 'b', node: 'n', metric: 'm' } },
  ]);
  assert.deepEqual(
    found.map(({ tag: path, message }) => [path, message]),
    [
      ['p/one', 'group b is not listened to'],
      ['p/two', 'p/one is read from the same metric'],
      ['p/two', 'group b is not listened to'],
      [undefined, "discover 1: {x} in tag '{x}' stands for nothing"],
    ],
  );
  assert.equal(Config.safeParse({ url: 'mqtt://h', hostId: 'a/b' }).success, false);
});
