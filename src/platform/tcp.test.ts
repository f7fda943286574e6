import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { connectTcp } from '#platform/tcp.ts';

test('connects, and hands over a socket that speaks', async () => {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const socket = await connectTcp({ host: '127.0.0.1', port, timeoutMs: 2000 });
    const [greeting] = await once(socket, 'data');
    assert.equal(String(greeting), 'hello');
    socket.destroy();
  } finally {
    server.close();
  }
});

test('a port where nothing listens is a fault with a hint', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  await assert.rejects(connectTcp({ host: '127.0.0.1', port, timeoutMs: 2000 }), (fault: Fault) => {
    assert.equal(fault.code, 'tcp.refused');
    assert.match(fault.message, /nothing listens on this port/);
    assert.match(fault.hint ?? '', /is this its port/);
    return true;
  });
});

test('an aborted connect rejects with the reason of the signal', async () => {
  const gone = AbortSignal.abort(new Error('stopping'));
  await assert.rejects(connectTcp({ host: '127.0.0.1', port: 9, timeoutMs: 2000 }, gone), /stopping/);
});
