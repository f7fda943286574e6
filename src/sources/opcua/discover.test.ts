import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Discovered } from '#plugin/api.ts';
import { freePort } from '#test/interop/mosquitto.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { fingerprintOf } from '#wire/opcua/session.ts';
import { Config } from './config.ts';
import { opcuaDiscovery } from './discover.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let server: RichServer;
before(async () => {
  server = await startRich({ secured: true });
});
after(() => server[Symbol.asyncDispose]());

async function run(ports: readonly number[], signal = AbortSignal.timeout(15_000)): Promise<Discovered[]> {
  const range = opcuaDiscovery.range.parse({ hosts: ['127.0.0.1'], ports, pauseMs: 20, timeoutMs: 3000 });
  return Array.fromAsync(opcuaDiscovery.run(range, { clock: systemClock(), log: quiet }, signal));
}

test('finds a server with what it offers and an entry that would reach it, without a session', async () => {
  const [found, ...more] = await run([await freePort(), server.port]);
  assert.equal(more.length, 0);
  assert.equal(found?.at, server.url);
  assert.match(found?.said ?? '', /^Rich test server; offers none, signAndEncrypt with Basic256Sha256; /);
  assert.ok(found?.said.includes(fingerprintOf(server.keys.der)));
  const { kind, ...config } = (found?.source?.config ?? {}) as { kind?: string };
  assert.equal(kind, 'opcua');
  const { url, security } = Config.parse(config);
  assert.deepEqual([url, security.mode, security.policy], [server.url, 'signAndEncrypt', 'basic256Sha256']);
  assert.equal(server.asked.get('CreateSessionRequest'), undefined);
  assert.equal(server.server.currentSessionCount, 0);
});

test('a port where something else answers, or nothing, is passed over', async () => {
  const other = net.createServer((socket) => socket.resume().end('SSH-2.0-other\r\n'));
  const silent = net.createServer((socket) => socket.resume().end());
  for (const one of [other, silent]) await once(one.listen(0, '127.0.0.1'), 'listening');
  const ports = [other, silent].map((one) => (one.address() as net.AddressInfo).port);
  assert.deepEqual(await run([...ports, await freePort()]), []);
  for (const one of [other, silent]) await new Promise((resolve) => one.close(resolve));
});

test('waits longer for a server that has taken the connection than for one that does not', async () => {
  const slow = net.createServer((near) => {
    near.on('error', () => {});
    near.pause();
    setTimeout(() => {
      const far = net.connect(server.port, '127.0.0.1');
      far.on('error', () => {}).on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      near.pipe(far).pipe(near);
    }, 600);
  });
  await once(slow.listen(0, '127.0.0.1'), 'listening');
  const { port } = slow.address() as net.AddressInfo;
  const found = (answerMs: number) => {
    const range = { hosts: ['127.0.0.1'], ports: [port], pauseMs: 20, timeoutMs: 300, answerMs };
    const asked = opcuaDiscovery.range.parse(range);
    const tools = { clock: systemClock(), log: quiet };
    return Array.fromAsync(opcuaDiscovery.run(asked, tools, AbortSignal.timeout(30_000)));
  };
  assert.deepEqual(await found(100), []);
  assert.match((await found(20_000))[0]?.said ?? '', /^Rich test server/);
  await new Promise((resolve) => slow.close(resolve));
});

test('never has two connections at a time', async () => {
  let open = 0;
  let most = 0;
  const tap = net.createServer((near) => {
    most = Math.max(most, ++open);
    const far = net.connect(server.port, '127.0.0.1');
    near
      .on('error', () => {})
      .on('close', () => {
        open--;
        far.destroy();
      });
    far.on('error', () => {}).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await once(tap.listen(0, '127.0.0.1'), 'listening');
  const { port } = tap.address() as net.AddressInfo;
  assert.equal((await run([port, port])).length, 2);
  assert.equal(most, 1);
  await new Promise((resolve) => tap.close(resolve));
});

test('says beforehand what it would ask, and refuses a range that nobody can have meant', () => {
  const range = opcuaDiscovery.range.parse({ hosts: ['10.0.0.0/24'] });
  const plan = opcuaDiscovery.plan(range);
  assert.equal(plan.requests, 254);
  assert.equal(plan.seconds, 51);
  assert.match(
    plan.asks.join('\n'),
    /port 4840 of 254 hosts.*\n.*FindServers and GetEndpoints.*without a session/,
  );
  const wide = opcuaDiscovery.range.parse({ hosts: ['10.0.0.0/8'] });
  assert.throws(() => opcuaDiscovery.plan(wide), { code: 'discover.range' });
});

test('ends when it is no longer wanted', async () => {
  const stop = AbortSignal.abort(new Error('enough'));
  await assert.rejects(run([server.port], stop), /enough/);
});
