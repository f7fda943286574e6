import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { ManualClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { AckOrder } from './acks.ts';
import { confirmation } from './confirmation.ts';
import { parseControl } from './control.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import { type Hello, Protocol } from './protocol.ts';
import { openSession } from './session.ts';

const HELLO: Hello = {
  version: 5,
  clientId: 'c',
  cleanStart: false,
  sessionExpiryS: 60,
  keepAliveS: 30,
  receiveMaximum: 100,
  maxPacketBytes: 1000,
  where: 'broker',
};

/** A protocol core and what it sent, as packets. */
function core(hello: Partial<Hello> = {}) {
  const sent: Packet[] = [];
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (packet) => sent.push(packet));
  const outbox = new Outbox((bytes) => void reader.parse(Buffer.from(bytes)));
  const topics: string[] = [];
  const receiver = { message: (view: { topic: string }) => void topics.push(view.topic), oversized() {} };
  const protocol = new Protocol({ ...HELLO, ...hello }, outbox, receiver);
  const receive = (packet: Packet) => protocol.receive(generate(packet, { protocolVersion: 5 }));
  const welcome = (properties: object = {}) =>
    receive({ cmd: 'connack', reasonCode: 0, sessionPresent: true, properties });
  return { protocol, outbox, sent, topics, receive, welcome };
}

const publish = (messageId: number): Packet => ({
  cmd: 'publish',
  topic: `t${messageId}`,
  payload: 'x',
  qos: 1,
  dup: false,
  retain: false,
  messageId,
});

test('CONNECT asks to keep the session and allows no topic aliases', () => {
  const { protocol, outbox, sent } = core({ username: 'u', password: 'p' });
  void protocol.connect();
  outbox.flush();
  const packet = sent[0] as Packet & { cmd: 'connect' };
  assert.equal(packet.clean, false);
  assert.deepEqual([packet.username, packet.password?.toString()], ['u', 'p']);
  assert.deepEqual(
    { ...packet.properties },
    { sessionExpiryInterval: 60, receiveMaximum: 100, topicAliasMaximum: 0 },
  );
});

test('messages kept by the broker may come in the same chunk as its welcome', async () => {
  const { protocol, topics } = core();
  const connecting = protocol.connect();
  const v5 = { protocolVersion: 5 };
  const chunk = [
    generate({ cmd: 'connack', reasonCode: 0, sessionPresent: true }, v5),
    generate(publish(1), v5),
  ];
  protocol.receive(Buffer.concat(chunk));
  assert.equal((await connecting).sessionPresent, true);
  assert.deepEqual(topics, ['t1']);
});

test('a message before the welcome, a second welcome and QoS 2 are protocol errors', () => {
  const early = core();
  void early.protocol.connect();
  assert.throws(() => early.receive(publish(1)), { code: 'mqtt.malformed' });
  const twice = core();
  twice.welcome();
  assert.throws(() => twice.welcome(), { code: 'mqtt.protocol' });
  const two = core();
  two.welcome();
  assert.throws(() => two.receive({ ...publish(1), qos: 2 } as Packet), { code: 'mqtt.protocol' });
});

test('no more messages are under way than the broker allows', async () => {
  const { protocol, receive, welcome } = core();
  void protocol.connect();
  welcome({ receiveMaximum: 2 });
  const message = { topic: Buffer.from('a'), payload: Buffer.from('1'), qos: 1, retain: false } as const;
  const first = protocol.publish(message);
  void protocol.publish(message);
  assert.throws(() => protocol.publish(message), { code: 'mqtt.window-full' });
  receive({ cmd: 'puback', messageId: 1, reasonCode: 0x87 });
  assert.equal(await first, 0x87);
  assert.ok(protocol.publish(message));
});

test('what the broker said that it will not take is not sent', () => {
  const { protocol, outbox, sent, welcome } = core();
  void protocol.connect();
  welcome({ retainAvailable: false, maximumQoS: 0, maximumPacketSize: 50 });
  const message = { topic: Buffer.from('a'), payload: Buffer.from('1'), qos: 0, retain: false } as const;
  for (const more of [{ retain: true }, { qos: 1 }, { payload: Buffer.alloc(50) }] as const) {
    assert.throws(() => protocol.publish({ ...message, ...more }), { code: 'mqtt.not-allowed' });
  }
  protocol.publish(message);
  outbox.flush();
  assert.deepEqual(
    sent.map((packet) => packet.cmd),
    ['connect', 'publish'],
  );
});

test('a DISCONNECT of the broker becomes a fault that says why', () => {
  const { receive, welcome } = core();
  welcome();
  assert.throws(
    () => receive({ cmd: 'disconnect', reasonCode: 0x8e }),
    (fault: Fault) => fault.code === 'mqtt.disconnected' && /same clientId/.test(fault.hint ?? ''),
  );
});

test('whoever waits for an answer is told when the connection is gone', async () => {
  const { protocol, welcome } = core();
  welcome();
  const waiting = [protocol.subscribe([{ topic: 'a', qos: 1 }]), protocol.unsubscribe(['a'])];
  protocol.fail(new Fault('mqtt.lost', 'gone'));
  for (const answer of waiting) await assert.rejects(answer, { code: 'mqtt.lost' });
  await assert.rejects(protocol.subscribe([{ topic: 'a', qos: 1 }]), { code: 'mqtt.lost' });
});

test('acknowledgements leave in the order of arrival, whatever the order of settling', () => {
  const order = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(
    fc.property(order, (keys) => {
      const sent: number[] = [];
      const acks = new AckOrder((ids) => sent.push(...ids));
      const settle = keys.map((_, i) => acks.received([2 * i, 2 * i + 1]));
      const ranked = keys.map((key, i) => [key, i] as const).sort((a, b) => a[0] - b[0]);
      const settled = new Set<number>();
      for (const [, i] of ranked) {
        settle[i]?.();
        settled.add(i);
        let head = 0;
        while (settled.has(head)) head++;
        assert.deepEqual(
          sent,
          Array.from({ length: 2 * head }, (_, id) => id),
        );
      }
      assert.equal(acks.waiting, 0);
    }),
  );
});

test('what is written is sent in order and whole, however it is flushed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 40_000 }), fc.boolean()), { maxLength: 20 }), (steps) => {
      const written: Uint8Array[] = [];
      const outbox = new Outbox((bytes) => written.push(bytes));
      const wanted = steps.map(([size, flush], i) => {
        const packet = Buffer.alloc(size, i);
        outbox.append(packet);
        if (flush) outbox.flush();
        return packet;
      });
      outbox.flush();
      assert.ok(Buffer.concat(written).equals(Buffer.concat(wanted)));
    }),
    { numRuns: 30 },
  );
});

test('silence is probed, then given up; any arriving data counts as alive', () => {
  const second = 1e6;
  const alive = new KeepAlive(4, 0);
  const dead = new KeepAlive(4, 0);
  let pings = 0;
  for (let t = 1; t <= 60; t++) {
    alive.received(t * second);
    alive.sent(t * second);
    assert.equal(alive.tick(t * second), undefined);
    const due = dead.tick(t * second);
    if (due === 'ping') pings++;
    if (due === 'ping') dead.sent(t * second);
    assert.equal(due === 'dead', t > 6);
  }
  assert.equal(pings, 2);
});

test('a client that only receives still pings, or the broker would end it', () => {
  const keepAlive = new KeepAlive(4, 0);
  const due = [1, 2, 3].map((t) => {
    keepAlive.received(t * 1e6);
    return keepAlive.tick(t * 1e6);
  });
  assert.deepEqual(due, [undefined, undefined, 'ping']);
});

test('while paused or held up, silence is not taken for death', () => {
  const paused = new KeepAlive(4, 0);
  paused.paused(true, 0);
  for (let t = 1; t <= 60; t++) assert.notEqual(paused.tick(t * 1e6), 'dead');
  const heldUp = new KeepAlive(4, 0);
  heldUp.tick(1e6);
  assert.notEqual(heldUp.tick(1000e6), 'dead');
});

test('a control packet of any content is read or refused with a fault', () => {
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom<4 | 5>(4, 5),
      (head, body, version) => {
        try {
          parseControl(head, body, version);
        } catch (error) {
          assert.ok(error instanceof Fault);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('a broker that falls silent is given up by the clock, without an answer to the probe', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const clock = new ManualClock();
  const lost = Promise.withResolvers<Fault>();
  const url = `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  const connection = { url, version: 5, keepAliveS: 8, connectTimeoutMs: 5000, tls: {} } as const;
  const events = { chunk() {}, message() {}, oversized() {}, chunkDone() {}, lost: lost.resolve };
  await openSession({ ...HELLO, connection }, events, clock, AbortSignal.timeout(5000));
  for (let s = 0; s < 14; s++) await clock.advance(1000);
  assert.equal((await lost.promise).code, 'mqtt.silent');
  server.close();
});

test('a confirmation that does not come in time leaves the result unknown', async () => {
  const clock = new ManualClock();
  const never = new AbortController().signal;
  const waiting = confirmation(new Promise(() => {}), 1000, clock, never, false);
  await clock.advance(1000);
  assert.equal((await waiting).state, 'unknown');
  const lost = Promise.reject(new Fault('mqtt.lost', 'gone'));
  assert.deepEqual(await confirmation(lost, 1000, clock, never, false), { state: 'unknown', reason: 'gone' });
  const refused = await confirmation(Promise.resolve(0x97), 1000, clock, never, false);
  assert.deepEqual(refused, { state: 'refused', reason: 'quota exceeded' });
});
