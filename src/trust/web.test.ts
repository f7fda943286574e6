import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '#trust/fixture.ts';
import { isPrivate } from '#trust/name-constraints.ts';
import { webCertificate } from '#trust/web.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 28);
const asked = {
  site: 'north',
  must: [] as string[],
  may: ['box', 'localhost', '127.0.0.1', '::1', '10.0.0.7'],
};
const serial = (pem: string): string => new X509Certificate(pem).serialNumber;

test('it is made once, vouched for by an authority that stays, and readable by its owner only', async () => {
  using dir = folder();
  const made = await webCertificate(dir.path, asked, NOW_MS);
  const [own, authority] = [new X509Certificate(made.certificate), new X509Certificate(made.authority)];
  assert.ok(own.verify(authority.publicKey) && own.checkIssued(authority));
  assert.ok(own.checkHost('box') && own.checkIP('10.0.0.7') && own.checkIP('::1'));
  assert.equal(own.checkHost('elsewhere'), undefined);
  assert.ok(!own.ca && authority.ca);
  for (const name of ['site.key', 'authority.key'])
    assert.equal(statSync(join(dir.path, name)).mode & 0o777, 0o600);
  assert.deepEqual(await webCertificate(dir.path, asked, NOW_MS + DAY_MS), made);
});

test('it is renewed before its end, and when the box has other addresses, with another key each time', async () => {
  using dir = folder();
  const first = await webCertificate(dir.path, asked, NOW_MS);
  const later = await webCertificate(dir.path, asked, NOW_MS + 300 * DAY_MS);
  assert.notEqual(serial(later.certificate), serial(first.certificate));
  assert.notEqual(later.key, first.key);
  assert.equal(later.authority, first.authority);
  assert.ok(Date.parse(new X509Certificate(later.certificate).validTo) > NOW_MS + 650 * DAY_MS);
  const moved = await webCertificate(
    dir.path,
    { ...asked, may: ['box', '192.168.1.9', 'fd00::7'] },
    NOW_MS + 300 * DAY_MS,
  );
  assert.ok(new X509Certificate(moved.certificate).checkIP('fd00::7'));
  assert.equal(moved.authority, first.authority);
});

test('one that was made while the clock ran ahead is made anew; in 1970 it is still one of today', async () => {
  using dir = folder();
  const ahead = await webCertificate(dir.path, asked, NOW_MS + 5000 * DAY_MS);
  const right = await webCertificate(dir.path, asked, NOW_MS);
  assert.notEqual(serial(right.certificate), serial(ahead.certificate));
  using other = folder();
  const early = new X509Certificate((await webCertificate(other.path, asked, 0)).certificate);
  assert.ok(Date.parse(early.validTo) > Date.UTC(2027, 0, 1));
});

test('a name that was written down gets another authority where the present one may not vouch for it', async () => {
  using dir = folder();
  const first = await webCertificate(dir.path, asked, NOW_MS);
  const renamed = await webCertificate(dir.path, { ...asked, may: ['another'] }, NOW_MS);
  assert.equal(renamed.authority, first.authority, 'a box that is called otherwise is no reason');
  assert.deepEqual(renamed.leftOut, ['another']);
  const named = await webCertificate(dir.path, { ...asked, must: ['plant.example', '8.8.8.8'] }, NOW_MS);
  assert.notEqual(named.authority, first.authority);
  const own = new X509Certificate(named.certificate);
  assert.ok(own.checkHost('plant.example') && own.checkIP('8.8.8.8') && own.checkHost('box'));
});

test('damaged files are made anew; where nothing can be kept there is one all the same, and it says so', async () => {
  using dir = folder();
  const first = await webCertificate(dir.path, asked, NOW_MS);
  writeFileSync(join(dir.path, 'site.key'), readFileSync(join(dir.path, 'authority.key')));
  const repaired = await webCertificate(dir.path, asked, NOW_MS);
  assert.equal(repaired.authority, first.authority);
  assert.ok(new X509Certificate(repaired.certificate).verify(new X509Certificate(first.authority).publicKey));
  chmodSync(dir.path, 0o700);
  writeFileSync(join(dir.path, 'file'), '');
  const homeless = await webCertificate(join(dir.path, 'file'), asked, NOW_MS);
  assert.equal(homeless.fault?.code, 'trust.web');
  assert.ok(homeless.certificate.includes('BEGIN CERTIFICATE'));
});

test('private addresses are told from those of others', () => {
  for (const one of [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.1.1',
    '127.9.9.9',
    'fd12::1',
    'fe80::1',
    '::1',
  ])
    assert.ok(isPrivate(one), one);
  for (const one of ['8.8.8.8', '172.32.0.1', '11.0.0.1', '2001:db8::1', '::2', 'fec0::1'])
    assert.ok(!isPrivate(one), one);
});
