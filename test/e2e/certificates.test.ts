import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CertificateDetail, CertificateView } from '#contract/api.ts';
import { madeByOpenssl } from '#trust/fixture.ts';
import { openTrust, trustDir } from '#trust/store.ts';
import { freePort } from '../modbus-rig.ts';
import { Api, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

const ME = userInfo().username;
const PEER = 'opc.tcp://10.0.0.7:4840';
const digest = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');

/** What a site would have met before it stopped. */
async function met(data: string, certificates: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  mkdirSync(data, { recursive: true });
  const trust = openTrust(trustDir(data), { nowUs: () => Date.now() * 1000, onEvent() {} });
  for (const [peer, der] of certificates) trust.judge(peer, der);
  await trust.saved();
}

test('certificates are listed, shown, trusted and rejected while the site is stopped', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const [a, b] = [madeByOpenssl('plc a', '-addext', 'subjectAltName=URI:urn:plc:a'), madeByOpenssl('plc b')];
  await met(data, [
    [PEER, a],
    ['opc.tcp://10.0.0.8:4840', b],
  ]);
  const run = (...args: readonly string[]) => box.run('certificates', ...args, '--data', data);
  const list = await run();
  assert.equal(list.status, 0);
  assert.match(
    list.stdout,
    new RegExp(`^${digest(a).slice(0, 16)} +${PEER} +CN=plc a, O=Works .* waiting`, 'm'),
  );

  const shown = await run('show', digest(a).slice(0, 12));
  assert.match(shown.stdout, /^names +URI:urn:plc:a$/m);
  assert.match(shown.stdout, /^issuer +itself \(self-signed\)$/m);
  assert.equal(/^SHA-256 +(\S+)$/m.exec(shown.stdout)?.[1]?.replaceAll(':', '').toLowerCase(), digest(a));

  const trusted = await run('trust', digest(a).slice(0, 12));
  assert.deepEqual(
    [trusted.status, trusted.stdout],
    [0, `${PEER}: ${digest(a).slice(0, 16)} trusted  CN=plc a, O=Works\n`],
  );
  assert.equal((await run('reject', digest(b))).status, 0);
  const after = await box.json<CertificateView[]>('certificates', '--data', data);
  assert.deepEqual(
    after.map(({ state, by }) => [state, by]),
    [
      ['trusted', ME],
      ['rejected', ME],
    ],
  );
  const unknown = await run('trust', digest(a).startsWith('0000') ? '1111' : '0000');
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /no certificate has a fingerprint .*\n.*there are: .*10\.0\.0\.7/);
});

test('a running site is asked and told; who decided is in its audit, also what was decided before it ran', async () => {
  await using box = new Sandbox();
  const { file, data } = smallSite(box, { modbus: await freePort(), mqtt: await freePort() });
  const [a, b] = [madeByOpenssl('plc a'), madeByOpenssl('plc b')];
  await met(data, [
    [PEER, a],
    [PEER, b],
  ]);
  assert.equal((await box.run('certificates', 'trust', digest(a), '--data', data)).status, 0);

  const edge = await box.startEdge(file, data);
  const api = new Api(data);
  const [changed, known] = await api.get<readonly CertificateView[]>('/api/certificates');
  assert.deepEqual([changed?.fingerprint, changed?.state, known?.state], [digest(b), 'changed', 'trusted']);
  const detail = await api.get<CertificateDetail>(`/api/certificates/${digest(b).slice(0, 8)}`);
  assert.match(detail.pem, /^-----BEGIN CERTIFICATE-----/);
  assert.equal((await box.run('certificates', 'reject', digest(a).slice(0, 8), '--data', data)).status, 0);
  assert.equal((await box.run('certificates', 'trust', digest(b).slice(0, 8), '--data', data)).status, 0);
  assert.equal((await api.fetch('/api/certificates/ffff')).status, 404);
  assert.equal((await api.post('/api/certificates', '{"fingerprint":"ffff","act":"trust"}')).status, 404);
  assert.equal((await api.post('/api/certificates', '{"fingerprint":"ffff","act":"love"}')).status, 400);
  const told = (await api.events()).filter(({ name }) => name.startsWith('security.certificate-'));
  assert.deepEqual(
    told.map(({ name, by, detail }) => [name, by, detail?.fingerprint]),
    [
      ['security.certificate-trusted', ME, digest(a)],
      ['security.certificate-changed', undefined, digest(b)],
      ['security.certificate-rejected', ME, digest(a)],
      ['security.certificate-trusted', ME, digest(b)],
    ],
  );
  await edge.stop('SIGKILL');
  const after = await box.json<CertificateView[]>('certificates', '--data', data);
  assert.deepEqual(
    after.map(({ fingerprint, state }) => [fingerprint, state]),
    [
      [digest(b), 'trusted'],
      [digest(a), 'rejected'],
    ],
  );
});

test('a folder that is not there is said to be missing', async () => {
  await using box = new Sandbox();
  const { status, stderr } = await box.run('certificates', '--data', join(box.dir, 'nowhere'));
  assert.equal(status, 3);
  assert.match(stderr, /there is no data folder/);
});
