import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { Identity } from './api.ts';
import { folder } from './fixture.ts';
import { openTrust } from './store.ts';

const REQUEST = { protocol: 'opcua', commonName: 'Holdfast north', uri: 'urn:holdfast:north' };
const made = (dir: string, request = REQUEST, nowUs = Date.now() * 1000): Promise<Identity> =>
  openTrust(dir, { nowUs: () => nowUs }).identity(request);
const openssl = (...args: readonly string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
const certificateOf = ({ certificateFile }: Identity) => new X509Certificate(readFileSync(certificateFile));

test('our own certificate is one that OPC UA asks for, by the word of openssl', async () => {
  using dir = folder();
  const { certificateFile, privateKeyFile } = await made(dir.path);
  const text = openssl('x509', '-in', certificateFile, '-noout', '-text');
  assert.match(text, /Version: 3/);
  assert.match(text, /Signature Algorithm: sha256WithRSAEncryption/);
  assert.match(text, /Public-Key: \(2048 bit\)/);
  assert.match(text, /Subject: CN ?= ?Holdfast north, O ?= ?Holdfast/);
  assert.match(text, /CA:FALSE/);
  assert.match(
    text,
    /Digital Signature, Non Repudiation, Key Encipherment, Data Encipherment, Certificate Sign/,
  );
  assert.match(text, /TLS Web Client Authentication/);
  assert.ok(text.includes(`URI:urn:holdfast:north, DNS:${hostname()}`));
  const key = /X509v3 Subject Key Identifier: \n\s*(\S+)/.exec(text)?.[1];
  assert.ok(key && text.split(key).length === 3, 'the authority key identifier is its own');
  assert.match(openssl('verify', '-check_ss_sig', '-CAfile', certificateFile, certificateFile), /: OK/);
  const modulus = (kind: string, file: string) => openssl(kind, '-in', file, '-noout', '-modulus');
  assert.equal(modulus('rsa', privateKeyFile), modulus('x509', certificateFile));
  for (const file of [certificateFile, privateKeyFile]) assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('it is valid for twenty years, also when it is made by a box that woke up in 1970', async () => {
  using dir = folder();
  const year = (date: Date) => date.getUTCFullYear();
  const one = certificateOf(await made(dir.path));
  assert.equal(year(one.validToDate) - year(new Date()), 20);
  assert.ok(one.validFromDate.getTime() < Date.now() - 86_400_000);
  using other = folder();
  assert.ok(year(certificateOf(await made(other.path, REQUEST, 0)).validToDate) >= 2045);
});

test('it is made once, whoever asks how often', async () => {
  using dir = folder();
  const trust = openTrust(dir.path, { nowUs: () => Date.now() * 1000 });
  const [first, second] = await Promise.all([trust.identity(REQUEST), trust.identity(REQUEST)]);
  assert.equal(first, second);
  const before = readFileSync(first.certificateFile);
  assert.deepEqual(readFileSync((await made(dir.path)).certificateFile), before);
});

test('a box that gets another name keeps its certificate, which says by what URI it goes', async () => {
  using dir = folder();
  const first = await made(dir.path);
  assert.equal(first.uri, REQUEST.uri);
  const before = readFileSync(first.certificateFile);
  const renamed = await made(dir.path, { ...REQUEST, commonName: 'Other', uri: 'urn:holdfast:south' });
  assert.equal(renamed.uri, REQUEST.uri);
  assert.deepEqual(readFileSync(renamed.certificateFile), before);
});

test('a lost or cut file is made anew, the certificate with the key that is there', async () => {
  using dir = folder();
  const { certificateFile, privateKeyFile } = await made(dir.path);
  const key = readFileSync(privateKeyFile, 'utf8');
  // A power cut between the two files: the key is there, its certificate is not.
  rmSync(certificateFile);
  await made(dir.path);
  assert.equal(readFileSync(privateKeyFile, 'utf8'), key);
  writeFileSync(privateKeyFile, key.slice(0, 100));
  const anew = await made(dir.path);
  assert.notEqual(readFileSync(privateKeyFile, 'utf8'), key);
  assert.ok(certificateOf(anew).checkIssued(certificateOf(anew)));
});

test('a folder that cannot be written is said, and asked for again', async () => {
  using dir = folder();
  writeFileSync(`${dir.path}/own`, 'a file in the way');
  const trust = openTrust(dir.path, { nowUs: () => Date.now() * 1000 });
  await assert.rejects(trust.identity(REQUEST), { code: 'trust.identity' });
  rmSync(`${dir.path}/own`);
  assert.ok(certificateOf(await trust.identity(REQUEST)));
});
