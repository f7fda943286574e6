import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readIdentification } from './identification.ts';
import { decodeReply, encodeRequest } from './pdu.ts';

const asked = { code: 43 } as const;
const object = (id: number, text: string) => [id, text.length, ...Buffer.from(text, 'latin1')];
const reply = (...objects: readonly (readonly number[])[]) =>
  Uint8Array.of(43, 14, 1, 1, 0, 0, objects.length, ...objects.flat());

test('the basic identification is asked as section 6.21 says', () => {
  assert.deepEqual([...encodeRequest(asked)], [0x2b, 0x0e, 0x01, 0x00]);
});

test('vendor, product and revision are read, without what could move a cursor', () => {
  const pdu = reply(object(0, 'Works\x1b[2J'), object(1, 'PLC 7 '), object(2, 'V1.2'), object(0x80, 'x'));
  const how = decodeReply(asked, pdu);
  assert.ok(how.kind === 'data');
  assert.deepEqual(readIdentification(how.data), { vendor: 'Works[2J', product: 'PLC 7', revision: 'V1.2' });
});

test('an exception and a half answer are told apart', () => {
  assert.deepEqual(decodeReply(asked, Uint8Array.of(0xab, 1)), { kind: 'exception', code: 1 });
  assert.equal(decodeReply(asked, reply(object(0, 'Works')).subarray(0, -1)).kind, 'garbage');
  assert.equal(decodeReply(asked, Uint8Array.of(43, 13, 0, 0, 0, 0, 0)).kind, 'garbage');
});

test('whatever comes is read or garbage, never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const how = decodeReply(asked, Uint8Array.of(43, 14, 1, 1, 0, 0, ...bytes));
      if (how.kind === 'data') readIdentification(how.data);
    }),
  );
});
