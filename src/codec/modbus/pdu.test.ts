import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeReply, encodeRequest, exceptionText, type Request, replyLength } from '#codec/modbus/pdu.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

// The examples of the Application Protocol Specification V1.1b3, section 6: request and response of each function.
const EXAMPLES: readonly (readonly [string, Request, string, string])[] = [
  ['read coils', { code: 1, address: 0x13, count: 0x13 }, '0100130013', '0103cd6b05'],
  ['read discrete inputs', { code: 2, address: 0xc4, count: 0x16 }, '0200c40016', '0203acdb35'],
  ['read holding registers', { code: 3, address: 0x6b, count: 3 }, '03006b0003', '0306022b00000064'],
  ['read input registers', { code: 4, address: 8, count: 1 }, '0400080001', '0402000a'],
  ['write coil', { code: 5, address: 0xac, on: true }, '0500acff00', '0500acff00'],
  ['write register', { code: 6, address: 1, data: bytes('0003') }, '0600010003', '0600010003'],
  [
    'write coils',
    { code: 15, address: 0x13, bits: [...'1011001110'].map((bit) => bit === '1') },
    '0f0013000a02cd01',
    '0f0013000a',
  ],
  [
    'write registers',
    { code: 16, address: 1, data: bytes('000a0102') },
    '100001000204000a0102',
    '1000010002',
  ],
  ['mask write', { code: 22, address: 4, and: 0xf2, or: 0x25 }, '16000400f20025', '16000400f20025'],
];

for (const [name, request, asked, answered] of EXAMPLES) {
  test(`${name} has the bytes of the specification`, () => {
    assert.equal(hex(encodeRequest(request)), asked);
    const reply = decodeReply(request, bytes(answered));
    assert.equal(reply.kind, request.code <= 4 ? 'data' : 'written');
    assert.equal(replyLength(request), answered.length / 2);
  });

  test(`${name} takes an exception as one, whatever its code`, () => {
    const reply = decodeReply(request, Uint8Array.of(request.code | 0x80, 11));
    assert.deepEqual(reply, { kind: 'exception', code: 11 });
  });

  test(`${name} takes nothing for an answer that is shorter, longer or of another function`, () => {
    const good = bytes(answered);
    const others = [good.subarray(0, -1), Uint8Array.of(...good, 0), good.with(0, request.code ^ 0x10)];
    for (const pdu of [...others, new Uint8Array(0)]) {
      assert.equal(decodeReply(request, pdu).kind, 'garbage', hex(pdu));
    }
  });
}

test('an echo that differs from what was written is no confirmation', () => {
  const request: Request = { code: 6, address: 1, data: bytes('0003') };
  assert.equal(decodeReply(request, bytes('0600010004')).kind, 'garbage');
});

test('no bytes whatever make a reply throw', () => {
  const requests = fc.constantFrom(...EXAMPLES.map(([, request]) => request));
  fc.assert(
    fc.property(requests, fc.uint8Array({ maxLength: 260 }), (request, pdu) => {
      assert.ok(decodeReply(request, pdu).kind.length > 0);
    }),
  );
});

test('exceptions have the names of the specification', () => {
  assert.match(exceptionText(2), /illegal data address/);
  assert.match(exceptionText(99), /99/);
});
