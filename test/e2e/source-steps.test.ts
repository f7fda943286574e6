import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../modbus-rig.ts';
import { device, tryOut } from './commission-rig.ts';
import { Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

test('a source test says how far it gets, from the outside in', async () => {
  await using box = new Sandbox();
  await using plc = await device();
  const { file } = smallSite(box, { modbus: plc.port, mqtt: 1883 });
  const text = readFileSync(file, 'utf8');
  const at = (host: string, port: number) => {
    writeFileSync(file, text.replace(/host: [^,]+, port: \d+/, `host: ${host}, port: ${port}`));
    return tryOut(box, 'plc', file, '--data', box.path('none'), '--within', '2s');
  };

  const healthy = await at('localhost', plc.port);
  assert.equal(healthy.status, 0, JSON.stringify(healthy.steps));
  assert.deepEqual(
    healthy.steps.map(({ step, state }) => `${step} ${state}`),
    ['name ok', 'port ok', 'session ok', 'value ok', 'value ok'],
  );
  assert.match(healthy.steps[0]?.said ?? '', /^localhost is .*127\.0\.0\.1/);
  assert.match(healthy.steps[3]?.said ?? '', /^line\/press\/pressure: 100 bar, good, \d\.\d s old$/);

  // No name may be as long as this: nobody has to be asked.
  const unknown = await at(`${'x'.repeat(64)}.example`, plc.port);
  assert.equal(unknown.status, 1);
  assert.deepEqual([unknown.last?.step, unknown.last?.state], ['name', 'failed']);
  assert.ok(unknown.last?.hint);

  const refused = await at('127.0.0.1', await freePort());
  assert.equal(refused.status, 1);
  assert.deepEqual([refused.last?.step, refused.last?.state], ['port', 'failed']);
  assert.match(refused.last?.said ?? '', /refused the connection/);

  await using silent = await listening(createServer((socket) => socket.on('error', () => {})));
  const mute = await at('127.0.0.1', silent.port);
  assert.equal(mute.status, 1);
  assert.ok(mute.steps.some(({ step, state }) => step === 'session' && state === 'ok'));
  assert.match(mute.last?.hint ?? '', /does not answer: another unit number/);

  await using http = await listening(createHttp((_, reply) => reply.end('hello')));
  const other = await at('127.0.0.1', http.port);
  assert.equal(other.status, 1);
  assert.ok(other.steps.some(({ step, state }) => step === 'value' && state === 'failed'));
  assert.equal(plc.connections, 0, 'every test closed what it opened');
});

/** A server of another protocol, or of none. */
async function listening(server: ReturnType<typeof createServer>) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
