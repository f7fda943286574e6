import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { Fault } from '#kernel/fault.ts';
import { topicFilter, topicProblem } from './filter.ts';
import { FrameReader } from './frames.ts';
import { PUBLISH, PublishView, publishBytes, type Version, writePublish } from './publish.ts';
import { TopicTable } from './topics.ts';

interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly messageId: number;
}

/** Reads a stream with our reader, given in the chunks that `cuts` makes. */
function readAll(stream: Buffer, cuts: readonly number[], version: Version, maxBytes = 1e6) {
  const seen: Seen[] = [];
  const oversized: number[] = [];
  const view = new PublishView();
  const reader = new FrameReader(
    {
      packet(head, bytes, start, end) {
        if ((head & 0xf0) !== PUBLISH) return;
        assert.equal(view.read(head, bytes, start, end, version), undefined);
        const payload = Buffer.from(bytes.subarray(view.payloadStart, view.payloadEnd)).toString('latin1');
        const { topic, qos, retain, dup, packetId } = view;
        seen.push({ topic, payload, qos, retain, dup, messageId: packetId });
      },
      oversized: (_head, _bytes, _start, _end, size) => oversized.push(size),
    },
    maxBytes,
  );
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b), stream.length]) {
    reader.push(stream.subarray(from, cut));
    from = cut;
  }
  return { seen, oversized };
}

const topic = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((t) => !/[+#\0]/.test(t));
const message = fc.record({
  topic,
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  qos: fc.constantFrom(0, 1),
  retain: fc.boolean(),
  dup: fc.boolean(),
});
const version = fc.constantFrom<Version>(4, 5);

const asSeen = (all: readonly Omit<Seen, 'messageId'>[]): Seen[] =>
  all.map((m, i) => ({ ...m, dup: m.dup && m.qos > 0, messageId: m.qos > 0 ? i + 1 : 0 }));

function generated(m: Seen, protocolVersion: Version): Buffer {
  const properties = { userProperties: { line: '1' }, messageExpiryInterval: 5 };
  const payload = Buffer.from(m.payload, 'latin1');
  return generate({ cmd: 'publish', ...m, qos: m.qos as 0 | 1, payload, properties }, { protocolVersion });
}

test('messages of mqtt-packet are read the same, wherever the chunks are cut', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), cuts, version, (list, where, v) => {
      const all = asSeen(list);
      const stream = Buffer.concat(all.map((m) => generated(m, v)));
      assert.deepEqual(readAll(stream, where, v).seen, all);
      const everyByte = Array.from(stream, (_, i) => i);
      assert.deepEqual(readAll(stream, everyByte, v).seen, all);
    }),
  );
});

test('messages that we write are, to the byte, those of mqtt-packet', () => {
  fc.assert(
    fc.property(message, version, fc.option(fc.nat(2 ** 32 - 1), { nil: undefined }), (m, v, expiryS) => {
      const properties = expiryS === undefined ? {} : { messageExpiryInterval: expiryS };
      const wanted = { ...m, dup: false, messageId: 0x1234, ...(v === 5 && { properties }) };
      const payload = Buffer.from(m.payload, 'latin1');
      const qos = m.qos as 0 | 1;
      const ours = { topic: Buffer.from(m.topic), payload, qos, retain: m.retain, expiryS };
      const out = Buffer.alloc(publishBytes(ours) + 3);
      const end = writePublish(out, 3, ours, 0x1234, v);
      const theirs = generate({ cmd: 'publish', ...wanted, qos, payload }, { protocolVersion: v });
      assert.deepEqual(out.subarray(3, end), theirs);
    }),
  );
});

test('a message above the limit is told and skipped; its neighbours arrive', () => {
  const at = (payload: string, n: number): Seen => ({
    topic: 'a',
    payload,
    qos: 1,
    retain: false,
    dup: false,
    messageId: n,
  });
  const all = [at('x', 1), at('y'.repeat(200_000), 2), at('z', 3)];
  const stream = Buffer.concat(all.map((m) => generated(m, 5)));
  const inChunks = Array.from({ length: 60 }, (_, i) => i * 3571);
  for (const cuts of [[], inChunks]) {
    const { seen, oversized } = readAll(stream, cuts, 5, 1000);
    assert.deepEqual(
      seen.map((m) => m.payload),
      ['x', 'z'],
    );
    assert.equal(oversized.length, 1);
  }
});

test('damaged streams end in a fault or in messages, never in another error', () => {
  const hits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 4 }),
      hits,
      fc.array(fc.nat()),
      version,
      (list, damage, cuts, v) => {
        const stream = Buffer.concat(asSeen(list).map((m) => generated(m, v)));
        for (const [place, value] of damage) stream[place % stream.length] = value;
        const view = new PublishView();
        const within = (_: number, bytes: Uint8Array, start: number, end: number) => {
          assert.ok(start <= end && end <= bytes.length);
          if (view.read(_, bytes, start, end, v) !== undefined) return;
          assert.ok(start < view.topicStart && view.topicStart < view.topicEnd);
          assert.ok(
            view.topicEnd <= view.payloadStart &&
              view.payloadStart <= view.payloadEnd &&
              view.payloadEnd === end,
          );
        };
        const reader = new FrameReader({ packet: within, oversized: () => {} }, 1000);
        let from = 0;
        try {
          for (const cut of [
            ...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b),
            stream.length,
          ]) {
            reader.push(stream.subarray(from, cut));
            from = cut;
          }
        } catch (error) {
          assert.ok(error instanceof Fault);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a length of five bytes cannot be read on from', () => {
  const reader = new FrameReader({ packet: () => {}, oversized: () => {} }, 1000);
  assert.throws(() => reader.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff])), { code: 'mqtt.malformed' });
});

test('a topic is found by its bytes, and only the same topic', () => {
  fc.assert(
    fc.property(fc.uniqueArray(topic, { maxLength: 300 }), fc.array(topic), (known, others) => {
      const table = new TopicTable();
      for (const [i, t] of known.entries()) assert.equal(table.add(t), i);
      for (const t of [...known, ...others]) {
        const bytes = Buffer.from(`/${t}+`);
        assert.equal(table.find(bytes, 1, bytes.length - 1), known.indexOf(t));
      }
    }),
  );
});

test('filters match as the standard says and give what the wildcards stood for', () => {
  const cases: [string, string, readonly string[] | undefined][] = [
    ['plant/+/env/+', 'plant/hall/env/temp', ['hall', 'temp']],
    ['plant/+/env/+', 'plant/hall/env', undefined],
    ['plant/+', 'plant/', ['']],
    ['plant/#', 'plant/a/b', ['a/b']],
    ['plant/#', 'plant', ['']],
    ['+/b/#', 'a/b/c', ['a', 'c']],
    ['#', '$SYS/load', undefined],
    ['$SYS/#', '$SYS/load', ['load']],
    ['a/b', 'a/b', []],
    ['a/b', 'a/c', undefined],
  ];
  for (const [filter, name, expected] of cases) {
    assert.equal(topicProblem(filter, true), undefined);
    assert.deepEqual(topicFilter(filter).match(name), expected, `${filter} ${name}`);
  }
  for (const bad of ['', 'a/b+', 'a/#/b', '#a']) assert.ok(topicProblem(bad, true), bad);
  assert.ok(topicProblem('a/+', false));
});
