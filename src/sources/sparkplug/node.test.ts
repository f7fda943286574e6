import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { Metric } from '#codec/sparkplug/payload.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';
import { EdgeNode } from './node.ts';
import type { NodePorts } from './node-ports.ts';

const QUALITY = { type: DataType.Int32, value: 192 };

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
    born() {},
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

test('a number of the session that is none is as good as no number', () => {
  for (const value of [0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
    const { node, values } = play();
    const metrics = [{ name: 'bdSeq', datatype: DataType.Double, value }];
    const birth = encodePayload({ seq: 0, metrics });
    node.message('NBIRTH', undefined, birth, 0, birth.length);
    send(node, 'NBIRTH', 0, 7);
    assert.deepEqual([node.state, values().at(-1)], ['born', 7]);
    node.message('NDEATH', undefined, birth, 0, birth.length);
    assert.equal(node.state, 'dead');
  }
});

test('messages that wait are bounded, and more of them count as a loss at once', () => {
  const { node, values, gaps } = play();
  send(node, 'NBIRTH', 0, 0);
  for (let i = 2; i < 140; i++) send(node, 'NDATA', i, i);
  assert.equal(values().length, 139);
  assert.deepEqual(gaps, [undefined]);
});
