import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { type Batch, BatchBuilder, type Value } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';
import type { Entry, Sink, SinkDeps } from '#plugin/api.ts';
import { mqttSink } from './mqtt.ts';
import { payloadOf } from './payload.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const table = new TagTable();
for (const [path, type] of [
  ['line/a', 'number'],
  ['line/b', 'number'],
  ['other/c', 'number'],
  ['wild/+', 'number'],
] as const)
  table.declare({ path, type, access: 'read' });

const deps: SinkDeps = { id: 'it', site: 'north', clock: systemClock(), log: quiet, event() {}, tags: table };
const soon = () => AbortSignal.timeout(8000);

interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly id: number;
}

/** Answers a PUBLISH with a reason, leaves it unanswered, or hangs up. */
type Answer = (message: Published, count: number) => number | 'nothing' | 'hang up';

interface Broker extends AsyncDisposable {
  readonly url: string;
  readonly got: Published[];
  mostOpen: number;
}

/** A broker of MQTT 5 that says what the test wants to hear. */
async function broker(answer: Answer, properties: object = {}): Promise<Broker> {
  const got: Published[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let open = 0;
    const reader = parser({ protocolVersion: 5 });
    const say = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 5 }));
    reader.on('packet', (packet) => {
      if (packet.cmd === 'connect') say({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties });
      if (packet.cmd !== 'publish') return;
      const message = { topic: packet.topic, payload: String(packet.payload), id: packet.messageId ?? 0 };
      got.push(message);
      own.mostOpen = Math.max(own.mostOpen, ++open);
      const reasonCode = answer(message, got.length);
      if (reasonCode === 'hang up') socket.destroy();
      else if (reasonCode !== 'nothing') {
        // Later, so that several are under way.
        setImmediate(() => {
          open--;
          say({ cmd: 'puback', messageId: message.id, reasonCode });
        });
      }
    });
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data) => reader.parse(data as Buffer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const own = {
    url: `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    got,
    mostOpen: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return own;
}

const open = (url: string, more: object = {}): Promise<Sink> =>
  mqttSink.open(mqttSink.config.parse({ url, ...more }), deps, soon());

const rowsOf = (tags: readonly number[], first = 0): Batch => {
  const rows = new BatchBuilder();
  tags.forEach((tag, i) => {
    rows.add(tag, 1_700_000_000_000_000 + i, first + i);
  });
  return rows.take({ receivedUs: 1 });
};
const entriesOf = (...batches: readonly Batch[]): Entry[] =>
  batches.map((batch, i) => ({ seq: 10 * (i + 1), batch, source: 'plc', derived: false }));

test('sends each row to the topic of its tag, in order, and confirms what the broker confirmed', async () => {
  await using peer = await broker(() => 0);
  await using sink = await open(peer.url, { topic: 'x/{site}/{path}/v' });
  const receipt = await sink.deliver(entriesOf(rowsOf([0, 1]), rowsOf([2], 7)), soon());
  assert.deepEqual(receipt, { confirmed: 20, rows: 3, rejected: [] });
  assert.deepEqual(
    peer.got.map(({ topic, payload }) => [topic, JSON.parse(payload)]),
    [
      ['x/north/line/a/v', { value: 0, time: '2023-11-14T22:13:20.000000Z', quality: 'good' }],
      ['x/north/line/b/v', { value: 1, time: '2023-11-14T22:13:20.000001Z', quality: 'good' }],
      ['x/north/other/c/v', { value: 7, time: '2023-11-14T22:13:20.000000Z', quality: 'good' }],
    ],
  );
});

test('rows of other tags are passed over, and an entry of nothing else is confirmed all the same', async () => {
  await using peer = await broker(() => 0x10);
  await using sink = await open(peer.url, { tags: 'line/' });
  const receipt = await sink.deliver(entriesOf(rowsOf([2]), rowsOf([0, 2, 1])), soon());
  assert.deepEqual(receipt, { confirmed: 20, rows: 2, rejected: [] });
  assert.deepEqual(
    peer.got.map(({ topic }) => topic),
    ['north/line/a', 'north/line/b'],
  );
});

for (const [code, reason] of [
  [0x83, 'implementation specific error'],
  [0x87, 'not authorized'],
  [0x90, 'topic name invalid'],
  [0x95, 'packet too large'],
  [0x99, 'payload format invalid'],
] as const) {
  test(`a row that the broker refuses with 0x${code.toString(16)} is rejected, and the stream goes on`, async () => {
    await using peer = await broker(({ topic }) => (topic === 'north/line/b' ? code : 0));
    await using sink = await open(peer.url);
    const receipt = await sink.deliver(entriesOf(rowsOf([0, 1]), rowsOf([1, 0])), soon());
    const rejected = [
      { seq: 10, row: 1, reason },
      { seq: 20, row: 0, reason },
    ];
    assert.deepEqual(receipt, { confirmed: 20, rows: 2, rejected });
  });
}

test('what the broker may take later is no dead letter: what came before it is confirmed, the rest given again', async () => {
  await using peer = await broker((_, count) => (count === 3 ? 0x97 : 0));
  await using sink = await open(peer.url);
  const entries = entriesOf(rowsOf([0, 0]), rowsOf([0, 0]), rowsOf([0]));
  assert.deepEqual(await sink.deliver(entries, soon()), { confirmed: 10, rows: 2, rejected: [] });
  await assert.rejects(sink.deliver(entries.slice(1), soon()), { code: 'mqtt.not-taken', retry: 'backoff' });
});

test('a broker that hangs up in the middle confirms what it confirmed', async () => {
  await using peer = await broker((_, count) => (count === 40 ? 'hang up' : 0));
  await using sink = await open(peer.url, { inFlight: 2 });
  const entries = entriesOf(...Array.from({ length: 20 }, () => rowsOf([0, 1, 2])));
  const receipt = await sink.deliver(entries, soon());
  assert.ok(receipt.confirmed >= 100 && receipt.confirmed <= 130, `up to ${receipt.confirmed}`);
  await assert.rejects(sink.deliver(entries.slice(13), soon()), { code: 'mqtt.lost' });
});

test('a broker that does not confirm is left after the time-out', async () => {
  await using peer = await broker(() => 'nothing');
  await using sink = await open(peer.url, { confirmTimeoutMs: 100 });
  await assert.rejects(sink.deliver(entriesOf(rowsOf([0])), soon()), { code: 'mqtt.unconfirmed' });
});

test('no more is under way than the broker allows, and than the site file does', async () => {
  const rows = rowsOf(Array.from({ length: 200 }, () => 0));
  for (const [properties, more, most] of [
    [{ receiveMaximum: 7 }, {}, 7],
    [{}, { inFlight: 5 }, 5],
  ] as const) {
    await using peer = await broker(() => 0, properties);
    await using sink = await open(peer.url, more);
    assert.equal((await sink.deliver(entriesOf(rows), soon())).rows, 200);
    assert.ok(peer.mostOpen <= most && peer.mostOpen > 1, `${peer.mostOpen} under way`);
  }
});

test('a row that is larger than the broker takes never leaves, nor does one without a topic or a tag', async () => {
  await using peer = await broker(() => 0, { maximumPacketSize: 200 });
  await using sink = await open(peer.url);
  const rows = new BatchBuilder();
  rows.addValue(0, 0, 'x'.repeat(300));
  rows.addValue(1, 0, 'small');
  rows.add(3, 0, 1);
  rows.add(99, 0, 1);
  const receipt = await sink.deliver(entriesOf(rows.take({ receivedUs: 1 })), soon());
  assert.equal(receipt.rows, 1);
  assert.deepEqual(
    receipt.rejected.map(({ row }) => row),
    [0, 2, 3],
  );
  assert.match(receipt.rejected[0]?.reason ?? '', /above the 200 that the broker takes/);
  assert.match(receipt.rejected[1]?.reason ?? '', /wildcards/);
  assert.match(receipt.rejected[2]?.reason ?? '', /no tag of number 99/);
  assert.equal(peer.got.length, 1);
});

test('whatever the broker answers, each row is confirmed, rejected or given again, and none twice', async () => {
  const codes = fc.array(fc.constantFrom(0, 0, 0, 0x87, 0x97), { minLength: 30, maxLength: 30 });
  const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(codes, shape, async (answers, sizes) => {
      await using peer = await broker((_, count) => answers[count - 1] ?? 0);
      await using sink = await open(peer.url);
      const entries = entriesOf(...sizes.map((size) => rowsOf(Array.from({ length: size }, () => 0))));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const wrong = answers.slice(0, total).indexOf(0x97);
      const receipt = await sink.deliver(entries, soon()).catch(() => undefined);
      const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
      const whole = ends.filter((end) => wrong < 0 || end <= wrong).length;
      assert.equal(receipt?.confirmed ?? 0, 10 * whole);
      if (!receipt) return;
      const rows = sizes.slice(0, whole).reduce((sum, size) => sum + size, 0);
      assert.equal(receipt.rows + receipt.rejected.length, rows);
      assert.equal(receipt.rejected.length, answers.slice(0, rows).filter((code) => code === 0x87).length);
    }),
    { numRuns: 40 },
  );
});

test('values keep what they are in JSON: integers of 64 bits as text, microseconds, what is no number as null', () => {
  const text = (value: Value, type: 'number' | 'boolean' | 'int64' = 'number', timeUs = 0) => {
    const rows = new BatchBuilder();
    rows.addValue(0, timeUs, value, Quality.bad);
    return payloadOf(rows.take({ receivedUs: 0 }), 0, type);
  };
  const value = (...args: Parameters<typeof text>) => JSON.parse(text(...args)).value;
  assert.equal(
    text(1.5, 'number', 1_001),
    '{"value":1.5,"time":"1970-01-01T00:00:00.001001Z","quality":"bad"}',
  );
  assert.equal(text(1.5, 'number', -1), '{"value":1.5,"time":"1969-12-31T23:59:59.999999Z","quality":"bad"}');
  assert.equal(value(2n ** 63n - 1n, 'int64'), '9223372036854775807');
  assert.equal(value(12, 'int64'), '12');
  assert.equal(value(Number.NaN), null);
  assert.equal(value(true, 'boolean'), true);
  assert.equal(value(1), 1);
  assert.equal(value('a"b'), 'a"b');
  assert.deepEqual(value({ a: [1n, new Uint8Array([1])] }), { a: ['1', 'AQ=='] });
  assert.equal(JSON.parse(text(1, 'number', Number.NaN)).time, null);
});

test('a topic that tells no tags apart, has wildcards or unknown fields is refused', () => {
  const says = (topic: string) => {
    const { error } = mqttSink.config.safeParse({ url: 'mqtt://h', topic });
    return error?.issues[0]?.message ?? 'fine';
  };
  assert.equal(says('{site}/{path}'), 'fine');
  assert.equal(says('a/{path}/b'), 'fine');
  assert.match(says('{site}/values'), /without \{path\}/);
  assert.match(says('{path}/#'), /wildcard/);
  assert.match(says('{asset}/{path}'), /\{asset\} is neither/);
  assert.match(says('{path'), /is neither/);
});
