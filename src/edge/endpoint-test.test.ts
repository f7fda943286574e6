import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer as createTls } from 'node:tls';
import type { Endpoint, TestStep } from '#plugin/api.ts';
import { identityIn } from '#trust/identity.ts';
import { testEndpoints } from './endpoint-test.ts';

async function stepsOf(...endpoints: readonly Endpoint[]) {
  const steps: TestStep[] = [];
  const reached = { any: false };
  for await (const step of testEndpoints(endpoints, reached, AbortSignal.timeout(20_000))) steps.push(step);
  return { steps, told: steps.map(({ step, state }) => `${step} ${state}`), reached: reached.any };
}

async function listening(server: ReturnType<typeof createServer>) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('TLS is told by its version, its certificate and who trusts it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  const { certificateFile, privateKeyFile } = await identityIn(
    dir,
    {
      protocol: 'tls',
      commonName: 'Broker 7',
    },
    Date.now(),
  );
  const server = createTls(
    { cert: readFileSync(certificateFile), key: readFileSync(privateKeyFile) },
    (socket) => socket.on('error', () => {}),
  );
  await using there = await listening(server);
  const { steps, told, reached } = await stepsOf({ host: '127.0.0.1', port: there.port, tls: true });
  assert.deepEqual(told, ['name ok', 'port ok', 'TLS warning']);
  assert.match(
    steps[2]?.said ?? '',
    /^TLSv1\.3, certificate of Broker 7, valid .* to .*, signed by itself; this machine does not trust it/,
  );
  assert.ok(reached);
  await rm(dir, { recursive: true });
});

test('a port without TLS says so, and is not used', async () => {
  await using plain = await listening(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.end('hello\n');
    }),
  );
  const { steps, told, reached } = await stepsOf({ host: '127.0.0.1', port: plain.port, tls: true });
  assert.deepEqual(told, ['name ok', 'port ok', 'TLS failed']);
  assert.match(steps[2]?.hint ?? '', /Does this port speak TLS at all/);
  assert.ok(!reached);
});

test('one of several endpoints is enough', async () => {
  await using plain = await listening(createServer((socket) => socket.destroy()));
  const gone = await listening(createServer());
  await gone[Symbol.asyncDispose]();
  const { told, reached } = await stepsOf(
    { host: '127.0.0.1', port: gone.port },
    { host: 'localhost', port: plain.port },
  );
  assert.deepEqual(told, ['name ok', 'port failed', 'name ok', 'port ok']);
  assert.ok(reached);
});
