import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { Fault } from '#kernel/fault.ts';
import { openSource, take, testDeps } from './mqtt-site.ts';

const deps = () => testDeps([{ path: 'a/x', address: { topic: 'x' } }]);

interface Peer extends AsyncDisposable {
  readonly url: string;
}

/** A TCP server that answers what arrives with what the test says. */
async function pretend(answer: (socket: net.Socket, received: Buffer, n: number) => void): Promise<Peer> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    let n = 0;
    socket.on('error', () => {});
    socket.on('data', (data) => answer(socket, data as Buffer, n++));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A broker that welcomes and grants, and then sends whatever it is given. */
const brokerThatSends = (bytes: Buffer) =>
  pretend((socket, received) => {
    const v5 = { protocolVersion: 5 };
    const type = (received[0] as number) >> 4;
    if (type === 1) socket.write(generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, v5));
    if (type !== 8) return;
    const messageId = received.readUInt16BE(2);
    socket.write(generate({ cmd: 'suback', messageId, granted: [1] } as Packet, v5));
    socket.write(bytes);
  });

test('a server that is no broker ends opening with a fault and a hint', async () => {
  await using peer = await pretend((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await assert.rejects(openSource({ url: peer.url }, deps()), (error: Fault) => {
    assert.equal(error.code, 'mqtt.malformed');
    assert.match(error.hint ?? '', /port of an MQTT broker/);
    return true;
  });
});

test('a server that says nothing ends opening in time', async () => {
  await using peer = await pretend(() => {});
  const config = { url: peer.url, connectTimeoutMs: 100 };
  await assert.rejects(openSource(config, deps()), { code: 'mqtt.timeout' });
});

test('a broker that never answers SUBSCRIBE ends opening in time', async () => {
  await using peer = await pretend((socket, received) => {
    if (received[0] === 0x10) socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
  });
  const config = { url: peer.url, connectTimeoutMs: 200 };
  await assert.rejects(openSource(config, deps()), { code: 'mqtt.timeout' });
});

test('a server that hangs up is asked in 3.1.1 too, then told as a fault', async () => {
  const versions: number[] = [];
  await using peer = await pretend((socket, received) => {
    versions.push(received[8] as number);
    socket.destroy();
  });
  await assert.rejects(openSource({ url: peer.url }, deps()), (error: Fault) => error instanceof Fault);
  assert.deepEqual(versions, [5, 4]);
});

test('what was whole before the damage is handed on; then read rejects', async () => {
  const good = generate(
    { cmd: 'publish', topic: 'x', payload: '5', qos: 0, dup: false, retain: false },
    { protocolVersion: 5 },
  );
  await using peer = await brokerThatSends(Buffer.concat([good, Buffer.from([0x36, 4, 0, 1, 0x78, 0])]));
  const site = deps();
  await using source = await openSource({ url: peer.url }, site);
  const { rows } = await take(source, site, 1);
  assert.equal(rows[0]?.value, 5);
  await assert.rejects(source.read(AbortSignal.timeout(5000)), { code: 'mqtt.malformed' });
});

test('whatever a broker sends becomes rows or a fault, and nothing hangs', async () => {
  const packet = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 30 }))
      .map(([head, body]) => Buffer.from([head, body.length, ...body])),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 5 }), async (packets) => {
      // The end breaks off whatever packet was begun: a length of five bytes, or QoS 3.
      await using peer = await brokerThatSends(Buffer.concat([...packets, Buffer.alloc(70_000, 0xff)]));
      const config = { url: peer.url, maxPacketBytes: 1000, connectTimeoutMs: 1000 };
      const site = deps();
      try {
        await using source = await openSource(config, site);
        for (let reads = 0; reads < 20; reads++) await source.read(AbortSignal.timeout(300));
      } catch (error) {
        assert.ok(error instanceof Fault || (error as Error).name === 'TimeoutError', String(error));
      }
    }),
    { numRuns: 30 },
  );
});
