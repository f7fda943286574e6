import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connectAsync } from 'mqtt';
import { generate, parser } from 'mqtt-packet';
import { freePort, startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { EdgeProcess, folder } from './edge-process.ts';

const settings = { api: { port: 0 }, journal: { quotaMb: 64 } };

async function start(t: TestContext, site: object): Promise<EdgeProcess> {
  const edge = await new EdgeProcess({ site: 'plant', settings, ...site }, await folder(t)).up();
  t.after(() => edge.kill());
  return edge;
}

/** A broker that never answers a probe, but goes on sending. */
async function talker(t: TestContext): Promise<{ readonly port: number; probes: number; sessions: number }> {
  const seen = { port: 0, probes: 0, sessions: 0 };
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((socket) => {
    sockets.add(socket);
    seen.sessions++;
    const say = (packet: Parameters<typeof generate>[0]) =>
      socket.write(generate(packet, { protocolVersion: 4 }));
    const requests = parser({ protocolVersion: 4 });
    requests.on('packet', (packet) => {
      if (packet.cmd === 'connect') say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
      if (packet.cmd === 'pingreq') seen.probes++;
      if (packet.cmd !== 'subscribe') return;
      say({
        cmd: 'suback',
        messageId: packet.messageId as number,
        granted: packet.subscriptions.map(() => 0),
      });
      let n = 0;
      timers.add(
        setInterval(() => {
          say({ cmd: 'publish', topic: 'x', payload: `${n++}`, qos: 0, dup: false, retain: false });
        }, 100),
      );
    });
    socket.on('data', (chunk) => void requests.parse(chunk as Buffer)).on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const timer of timers) clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return Object.assign(seen, { port: (server.address() as AddressInfo).port });
}

test('a broker that sends data but never answers a probe stays connected', async (t) => {
  const broker = await talker(t);
  const edge = await start(t, {
    sources: { broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${broker.port}`, version: 4, keepAliveS: 1 } },
    tags: { 'a/x': { source: 'broker', address: { topic: 'x' } } },
  });
  // Each probe comes after most of the keep-alive: after so many any other measure of life had ended the session.
  await until('it has been probed', () => broker.probes >= 5, 20_000);
  const { sources } = await edge.status();
  assert.deepEqual([sources.broker?.state, sources.broker?.opened, broker.sessions], ['running', 1, 1]);
  assert.equal((await edge.tag('a/x')).quality, 'good');
});

test('bombs of payload, nesting and topics: the site lives, memory and tags are bounded', async (t) => {
  await using broker = await startMosquitto(['max_queued_messages 0']);
  const limit = 500;
  const edge = await start(t, {
    sources: {
      broker: {
        kind: 'mqtt',
        url: broker.url,
        discover: [{ topic: 'new/#', tag: 'found/$1', limit }],
      },
    },
    tags: { 'a/x': { source: 'broker', address: { topic: 'x', path: 'v.w' } } },
  });
  await until('it listens', async () => (await edge.status()).sources.broker?.state === 'running');
  const client = await connectAsync(broker.url);
  t.after(() => client.endAsync(true));
  const send = (topic: string, payload: string | Buffer) => client.publishAsync(topic, payload, { qos: 1 });
  const before = (await edge.status()).memoryBytes;
  await send('x', Buffer.alloc(10 * 2 ** 20, '7'));
  for (const bomb of ['['.repeat(100_000), '{"v":'.repeat(100_000), `{"v":{"w":${'9'.repeat(500_000)}}}`]) {
    for (let i = 0; i < 5; i++) await send('x', bomb);
  }
  await send('x', Buffer.from('ff80c1c2fe7b22', 'hex'));
  for (let i = 0; i < 10_000; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => send(`new/t${i + k}`, `${k}`)));
  }
  await send('x', '{"v":{"w":42}}');
  await until('a good value arrives', async () => (await edge.tag('a/x')).value === 42, 20_000);
  const { memoryBytes, tags, sources, journal } = await edge.status();
  t.diagnostic(`${before} bytes before, ${memoryBytes} after; ${tags} tags`);
  assert.equal(sources.broker?.opened, 1);
  assert.equal(tags, 1 + limit);
  assert.ok(journal.gaps >= 1, 'the large message is counted');
  assert.ok(memoryBytes < before + 150 * 2 ** 20, `${memoryBytes} bytes, before ${before}`);
});

test('a topic that is no UTF-8 ends at most the session, never the site', async (t) => {
  const sessions = { count: 0 };
  const server = createServer((socket) => {
    sessions.count++;
    const requests = parser({ protocolVersion: 4 });
    requests.on('packet', (packet) => {
      if (packet.cmd === 'connect')
        socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
      if (packet.cmd !== 'subscribe') return;
      const granted = packet.subscriptions.map(() => 0);
      socket.write(generate({ cmd: 'suback', messageId: packet.messageId as number, granted }));
      socket.write(Buffer.from('30060002c3286162', 'hex'));
      socket.write(Buffer.from('30060002feff6162', 'hex'));
      socket.write(generate({ cmd: 'publish', topic: 'x', payload: '5', qos: 0, dup: false, retain: false }));
    });
    socket.on('data', (chunk) => void requests.parse(chunk as Buffer)).on('error', () => {});
    t.after(() => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const edge = await start(t, {
    sources: {
      broker: { kind: 'mqtt', url, version: 4, discover: [{ topic: '#', tag: 'found/$1', limit: 5 }] },
    },
    tags: { 'a/x': { source: 'broker', address: { topic: 'x' } } },
  });
  await until('the site has seen them', async () => {
    const { sources } = await edge.status();
    return (await edge.tag('a/x')).value === 5 || sources.broker?.fault !== undefined;
  });
  assert.ok(!edge.ended);
});

test('an actuator that refuses, hangs or is down changes nothing for rules and writes', async (t) => {
  await using broker = await startMosquitto();
  const client = await connectAsync(broker.url);
  t.after(() => client.endAsync(true));
  let written = 0;
  client.on('message', () => void written++);
  await client.subscribeAsync('set');
  const hook = createHttp((request, response) => {
    request.resume();
    if (request.url === '/500') response.writeHead(500).end();
  });
  await once(hook.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    hook.closeAllConnections();
    hook.close();
  });
  const at = (path: string) => `http://127.0.0.1:${(hook.address() as AddressInfo).port}/${path}`;
  const edge = await start(t, {
    sources: { broker: { kind: 'mqtt', url: broker.url } },
    actuators: {
      refuses: { kind: 'webhook', url: at('500') },
      hangs: { kind: 'webhook', url: at('never'), timeoutMs: 500 },
      down: { kind: 'webhook', url: `http://127.0.0.1:${await freePort()}/` },
    },
    tags: {
      'a/x': { source: 'broker', address: { topic: 'x' } },
      'a/set': {
        access: 'write',
        source: 'broker',
        address: { write: { topic: 'set' } },
        write: { range: [0, 9] },
      },
    },
    rules: {
      high: {
        when: 'tag("a/x") > 50',
        do: [
          { send: { to: 'refuses', payload: {} } },
          { send: { to: 'hangs', payload: {} } },
          { send: { to: 'down', payload: {} } },
          { write: { tag: 'a/set', value: 1 } },
        ],
      },
    },
  });
  await until('it listens', async () => (await edge.status()).sources.broker?.state === 'running');
  for (let round = 1; round <= 10; round++) {
    await client.publishAsync('x', `${round}`, { qos: 1 });
    await client.publishAsync('x', `${50 + round}`, { qos: 1 });
    await until(`write ${round} arrives`, () => written === round);
  }
  const ended = async () =>
    (await edge.events())
      .filter(({ name }) => /^action\.(failed|unknown)$/.test(name))
      .map(({ subject }) => subject);
  await until('every action has ended', async () => (await ended()).length === 30, 20_000);
  const { actuators, decisions } = await edge.status();
  assert.deepEqual(
    Object.entries(actuators).map(([id, one]) => [id, one.done, one.failed, one.unknown]),
    [
      ['refuses', 0, 10, 0],
      ['hangs', 0, 0, 10],
      ['down', 0, 10, 0],
    ],
  );
  t.diagnostic(`decision p99 ${decisions.p99Ms} ms`);
});
