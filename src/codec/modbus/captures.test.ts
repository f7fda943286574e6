import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMbap, type MbapFrame, MbapParser } from '#codec/modbus/mbap.ts';
import { decodeReply, type ReadCode } from '#codec/modbus/pdu.ts';
import { RtuReader } from '#codec/modbus/rtu.ts';
import { modbusSegments, noCaptures } from '#test/fuzz/captures.ts';

const options = { skip: noCaptures };

function parse(segment: Uint8Array): { frames: MbapFrame[]; damage: string | undefined } {
  const parser = new MbapParser();
  const frames: MbapFrame[] = [];
  for (const byte of segment) parser.push(Uint8Array.of(byte), (frame) => frames.push(frame));
  return { frames, damage: parser.damage };
}

test('recorded frames come out whole, and building them again gives the same bytes', options, () => {
  let frames = 0;
  for (const segment of modbusSegments(/^(MODBUS-TestDataPart1|modbusSmall)\.pcap$/)) {
    const parsed = parse(segment);
    if (parsed.damage !== undefined) continue;
    frames += parsed.frames.length;
    const again = Buffer.concat(parsed.frames.map((f) => encodeMbap(f.transaction, f.unit, f.pdu)));
    assert.deepEqual(new Uint8Array(again), segment.subarray(0, again.length));
  }
  assert.ok(frames > 50, `only ${frames} frames found`);
});

test('recorded frames, mutated, never throw or hang', options, () => {
  const segments = modbusSegments(/\.pcap$/i);
  const mutation = fc.record({ at: fc.nat(300), byte: fc.nat(255), cut: fc.nat(300) });
  const codes = fc.constantFrom<ReadCode>(1, 2, 3, 4);
  fc.assert(
    fc.property(fc.constantFrom(...segments), mutation, codes, (segment, { at, byte, cut }, code) => {
      const mutated = segment
        .with(at % segment.length, byte)
        .subarray(0, segment.length - (cut % segment.length));
      const request = { code, address: 0, count: 1 + (cut % 100) };
      for (const frame of parse(mutated).frames) assert.ok(decodeReply(request, frame.pdu).kind);
      new RtuReader(mutated[0] ?? 0, request).push(mutated);
    }),
    { numRuns: 2000 },
  );
});
