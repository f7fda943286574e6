import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as fc from 'fast-check';
import { Fault } from '#kernel/fault.ts';
import { loadX509, newKey, privateOf, publicOf, SIGNING, spkiOf } from '#trust/issue.ts';
import { readRequest } from './request.ts';

let der: Buffer;
let key: Awaited<ReturnType<typeof newKey>>;
before(async () => {
  const x509 = await loadX509();
  key = await newKey();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: ['north-1'] }],
    keys: { privateKey: await privateOf(key), publicKey: await publicOf(key) },
    signingAlgorithm: SIGNING,
  });
  der = Buffer.from(request.rawData);
});

const read = (bytes: Uint8Array) => readRequest(Buffer.from(bytes).toString('base64'));

test('reads base64, in lines and as PEM', async () => {
  const lines =
    der
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\r\n') ?? '';
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
  for (const text of [der.toString('base64'), lines, pem]) {
    const found = await readRequest(text);
    assert.equal(found.commonName, 'north-1');
    assert.deepEqual(spkiOf(found.key), spkiOf(key));
  }
});

test('whatever is changed on the way, it is refused, or says the same', async () => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let bytes = Buffer.from(der);
      for (const { at, to, cut } of changes) {
        if (bytes.length === 0) break;
        bytes[at % bytes.length] = to;
        if (cut === 0) bytes = bytes.subarray(0, at % bytes.length);
      }
      try {
        const { key: found, commonName } = await read(bytes);
        assert.deepEqual([spkiOf(found), commonName], [spkiOf(key), 'north-1']);
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'hub.request')) throw error;
      }
    }),
    { numRuns: 300 },
  );
});
