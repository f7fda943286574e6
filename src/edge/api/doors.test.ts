import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, renameSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { EncryptedDoor } from '#edge/api/doors.ts';
import { SILENT } from '#edge/silent-log.ts';
import { folder } from '#trust/fixture.ts';

function make(dir: string, name: string): void {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    join(dir, 'key.pem'),
  ];
  const { OPENSSL_CONF: _, ...env } = process.env;
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-out', join(dir, 'cert.pem')], {
    stdio: 'pipe',
    env,
  });
}

async function shownAt(
  port: number,
): Promise<{ readonly subject: string; readonly protocol: string | null }> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  const protocol = socket.getProtocol();
  socket.destroy();
  return { subject: new X509Certificate(raw).subject, protocol };
}

test('a given certificate that is replaced is shown without a restart; a bad one gives way to the own', async () => {
  using dir = folder();
  make(dir.path, 'first');
  const told: string[] = [];
  const said: string[] = [];
  const tls = { certificate: join(dir.path, 'cert.pem'), key: join(dir.path, 'key.pem') };
  using door = await EncryptedDoor.open({
    settings: { host: '127.0.0.1', port: 0, names: [], tls },
    site: 'north',
    trustDir: join(dir.path, 'trust'),
    log: { ...SILENT, error: (_, text) => void said.push(text ?? '') },
    nowMs: () => Date.now(),
    onEvent: (name) => void told.push(name),
  });
  assert.ok(door);
  const server = door.factory((_request, reply) => void reply.end(), {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await shownAt(port), { subject: 'CN=first', protocol: 'TLSv1.3' });
  make(dir.path, 'second');
  await door.look();
  assert.equal((await shownAt(port)).subject, 'CN=second');
  renameSync(tls.key, `${tls.key}.gone`);
  await door.look();
  assert.match((await shownAt(port)).subject, /CN=Holdfast north/);
  assert.deepEqual(told, ['security.certificate-unusable']);
  assert.match(said[0] ?? '', /key of settings\.api\.tls cannot be read.*key\.pem/);
  assert.ok(door.shown.isOwn);
  chmodSync(`${tls.key}.gone`, 0o600);
  renameSync(`${tls.key}.gone`, tls.key);
  await door.look();
  assert.equal((await shownAt(port)).subject, 'CN=second');
  server.close();
});

test('nothing but loopback goes unencrypted', async () => {
  using dir = folder();
  const open = (host: string) =>
    EncryptedDoor.open({
      settings: { host, port: 0, names: [] },
      site: 'north',
      trustDir: dir.path,
      log: SILENT,
      nowMs: () => Date.now(),
      onEvent() {},
    });
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    assert.equal(await open(host), undefined, host);
  for (const host of ['0.0.0.0', '::', '192.168.1.7', 'box', '127.0.0.1.example', '1127.0.0.1']) {
    using door = await open(host);
    assert.ok(door, host);
  }
});
