import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMbap, type MbapFrame, MbapParser } from '#codec/modbus/mbap.ts';
import type { Request } from '#codec/modbus/pdu.ts';
import { crc16, encodeRtu, RtuReader } from '#codec/modbus/rtu.ts';

const frames = fc.record(
  {
    transaction: fc.nat(0xffff),
    unit: fc.nat(255),
    pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
  },
  { noNullPrototype: true },
);

function parse(pieces: Iterable<Uint8Array>): { found: MbapFrame[]; damage: string | undefined } {
  const parser = new MbapParser();
  const found: MbapFrame[] = [];
  for (const piece of pieces) parser.push(piece, (frame) => found.push(frame));
  return { found, damage: parser.damage };
}

const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const byteByByte = (all: Uint8Array) => [...all].map((byte) => Uint8Array.of(byte));

test('frames come out as they went in, fed in any pieces or byte by byte', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (sent, size) => {
      const stream = joined(sent.map((f) => encodeMbap(f.transaction, f.unit, f.pdu)));
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      );
      for (const fed of [pieces, byteByByte(stream), [stream]]) {
        assert.deepEqual(parse(fed), { found: sent, damage: undefined });
      }
    }),
  );
});

test('another protocol id and an impossible length are damage, and nothing after it is read', () => {
  const good = encodeMbap(1, 1, Uint8Array.of(3, 2, 0, 1));
  for (const [at, value] of [
    [2, 1],
    [4, 9],
    [5, 1],
    [5, 0],
  ] as const) {
    const { found, damage } = parse([good.with(at, value), good]);
    assert.equal(found.length, 0);
    assert.match(damage ?? '', /protocol id|length/);
  }
});

test('the longest and the shortest frame pass', () => {
  for (const length of [1, 253]) {
    const { found, damage } = parse([encodeMbap(7, 1, new Uint8Array(length))]);
    assert.deepEqual([found.length, damage], [1, undefined]);
  }
});

test('a stream of noise never throws and never grows', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
      for (const frame of parse(pieces).found) assert.ok(frame.pdu.length <= 253);
    }),
  );
});

test('the CRC is the one of the specification', () => {
  // Serial Line V1.02, appendix B: 02 07 gives 0x1241, low byte first on the line: 41 12.
  assert.equal(crc16(Uint8Array.of(2, 7)), 0x1241);
  assert.deepEqual([...encodeRtu(2, Uint8Array.of(7))], [2, 7, 0x41, 0x12]);
});

const ask: Request = { code: 3, address: 0, count: 2 };
const answer = encodeRtu(17, Uint8Array.of(3, 4, 1, 2, 3, 4));

function listen(stream: Uint8Array, size = 1): Uint8Array | undefined {
  const reader = new RtuReader(17, ask);
  for (let at = 0; at < stream.length; at += size) {
    const pdu = reader.push(stream.subarray(at, at + size));
    if (pdu) return pdu;
  }
  return undefined;
}

test('an RTU answer is found in any pieces and behind any noise', () => {
  const noise = fc.uint8Array({ maxLength: 700 }).filter((bytes) => listen(bytes) === undefined);
  fc.assert(
    fc.property(noise, fc.integer({ min: 1, max: 30 }), (before, size) => {
      assert.deepEqual(listen(joined([before, answer]), size), Uint8Array.of(3, 4, 1, 2, 3, 4));
    }),
  );
});

test('an RTU answer with one wrong bit, of another unit or another length is not taken', () => {
  fc.assert(
    fc.property(fc.nat(answer.length * 8 - 1), (bit) => {
      const at = bit >> 3;
      assert.equal(listen(answer.with(at, (answer[at] as number) ^ (1 << (bit & 7)))), undefined);
    }),
  );
  assert.equal(listen(encodeRtu(18, Uint8Array.of(3, 4, 1, 2, 3, 4))), undefined);
  assert.equal(listen(encodeRtu(17, Uint8Array.of(3, 2, 1, 2))), undefined);
});

test('what has the length and the CRC of an RTU answer, but not its number of bytes, is noise', () => {
  assert.equal(listen(encodeRtu(17, Uint8Array.of(3, 6, 1, 2, 3, 4))), undefined);
});

test('an RTU exception is an answer', () => {
  assert.deepEqual(listen(encodeRtu(17, Uint8Array.of(0x83, 2))), Uint8Array.of(0x83, 2));
});
