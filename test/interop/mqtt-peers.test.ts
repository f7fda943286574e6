import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Aedes } from 'aedes';
import type { Fault } from '#kernel/fault.ts';
import { until } from '#test/until.ts';
import { type Mosquitto, startMosquitto, startMosquittoIn } from './mosquitto.ts';
import { brief, command, openSource, take, testDeps } from './mqtt-site.ts';

const soon = () => AbortSignal.timeout(8000);

/** A device that is known to the broker and away: what comes for it is kept. */
async function device(broker: Mosquitto, id: string, topic: string) {
  const as = ['-V', '5', '-i', id, '-c', '-x', '600', '-q', '1', '-t', topic] as const;
  await broker.sub(...as, '-E');
  return (...args: string[]) => broker.sub(...as, ...args);
}

for (const version of [4, 5]) {
  test(`a write reaches mosquitto_sub as the address says, MQTT ${version}`, async () => {
    await using broker = await startMosquitto();
    const deps = testDeps([
      {
        path: 'a/set',
        access: 'write',
        address: { write: { topic: 'set', template: '{"sp":{{value}}}' } },
      },
      { path: 'a/on', type: 'boolean', access: 'write', address: { write: { topic: 'on' } } },
    ]);
    const set = await device(broker, 'one', 'set');
    const on = await device(broker, 'two', 'on');
    await using source = await openSource({ url: broker.url, version }, deps);
    assert.deepEqual(await source.write?.(command(12.5), soon()), { state: 'sent' });
    const deadlineUs = deps.clock.steadyUs() + 600e6;
    assert.deepEqual(await source.write?.(command(1, { tag: 1, deadlineUs }), soon()), { state: 'sent' });
    assert.equal(await set('-C', '1'), '{"sp":12.5}\n');
    const [value, expiryS] = (await on('-C', '1', '-F', '%p %E')).trim().split(' ');
    assert.equal(value, 'true');
    if (version === 5) assert.ok(Number(expiryS) > 550 && Number(expiryS) < 600, `${expiryS}`);
    const late = await source.write?.(command(1, { deadlineUs: deps.clock.steadyUs() - 1 }), soon());
    assert.equal(late?.state, 'failed');
  });
}

test('a command that a device missed is not handed to it after its time to live', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([
    { path: 'a/set', access: 'write', address: { write: { topic: 'set' } } },
    { path: 'a/other', access: 'write', address: { write: { topic: 'set' } } },
  ]);
  const set = await device(broker, 'one', 'set');
  await using source = await openSource({ url: broker.url }, deps);
  const deadlineUs = deps.clock.steadyUs() + 1.5e6;
  assert.deepEqual(await source.write?.(command(1, { deadlineUs }), soon()), { state: 'sent' });
  await until('its time to live is over', () => deps.clock.steadyUs() > deadlineUs + 1e6);
  await source.write?.(command(2, { deadlineUs: deadlineUs + 60e6 }), soon());
  assert.equal(await set('-C', '1'), '2\n');
});

test('a write that nobody listens to has failed, where the broker says so', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([{ path: 'a/set', access: 'write', address: { write: { topic: 'set' } } }]);
  await using source = await openSource({ url: broker.url }, deps);
  assert.deepEqual(await source.write?.(command(1), soon()), {
    state: 'failed',
    reason: 'nobody subscribes to the topic',
  });
});

test('a broker of 3.1.1 only is spoken to in 3.1.1', async () => {
  const aedes = await Aedes.createBroker();
  const server = net.createServer(aedes.handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
    const url = `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    await using source = await openSource({ url }, deps);
    const packet = {
      cmd: 'publish',
      topic: 'x',
      payload: Buffer.from('4'),
      qos: 1,
      retain: false,
      dup: false,
    } as const;
    aedes.publish(packet, () => {});
    assert.deepEqual(brief((await take(source, deps, 1)).rows), [['a/x', 4]]);
  } finally {
    await new Promise<void>((done) => aedes.close(done));
    server.close();
  }
});

test('TLS with an own authority: accepted with tls.ca, refused with a hint without it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
  );
  openssl(
    'req',
    ...key,
    '-keyout',
    'key.pem',
    '-out',
    'csr.pem',
    '-subj',
    '/CN=broker',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'csr.pem',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    'cert.pem',
  );
  const extra = ['cafile DIR/ca.pem', 'certfile DIR/cert.pem', 'keyfile DIR/key.pem'];
  await using broker = await startMosquittoIn(dir, extra, 'mqtts');
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  const ca = join(dir, 'ca.pem');
  await using source = await openSource({ url: broker.url, tls: { ca } }, deps);
  await broker.pub('--cafile', ca, '-q', '1', '-t', 'x', '-m', '8');
  assert.deepEqual(brief((await take(source, deps, 1)).rows), [['a/x', 8]]);
  await assert.rejects(openSource({ url: broker.url }, deps), (error: Fault) => {
    assert.equal(error.code, 'mqtt.tls');
    assert.match(error.hint ?? '', /tls\.ca/);
    return true;
  });
});

for (const version of [4, 5]) {
  test(`a wrong password is told with a hint, MQTT ${version}`, async () => {
    await using broker = await startMosquitto(['allow_anonymous false']);
    await assert.rejects(openSource({ url: broker.url, version }, testDeps([])), (error: Fault) => {
      assert.equal(error.code, 'mqtt.refused');
      assert.match(error.message, /not authorized|password/);
      assert.ok(error.hint);
      return true;
    });
  });
}
