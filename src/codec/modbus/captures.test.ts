import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMbap, type MbapFrame, MbapParser } from '#codec/modbus/mbap.ts';
import { decodeReply, type ReadCode } from '#codec/modbus/pdu.ts';
import { RtuReader } from '#codec/modbus/rtu.ts';

/*
 * Recorded traffic of real devices. The recordings are no part of this repository: a folder of .pcap files named by
 * OT_CAPTURES, or ../shared/data/ot-captures beside it.
 */
const FOLDER = process.env.OT_CAPTURES ?? join(import.meta.dirname, '../../../../shared/data/ot-captures');
const skip = existsSync(FOLDER) ? false : `no recordings in ${FOLDER}; set OT_CAPTURES`;

/** Payloads of the TCP segments of a classic pcap file (Ethernet, IPv4) that go to or come from a port. */
function payloads(file: string, port: number): Uint8Array[] {
  const pcap = readFileSync(file);
  const little = pcap.readUInt32LE(0) === 0xa1b2c3d4;
  const word = (at: number) => (little ? pcap.readUInt32LE(at) : pcap.readUInt32BE(at));
  const found: Uint8Array[] = [];
  for (let at = 24; at + 16 <= pcap.length; at += 16 + word(at + 8)) {
    const packet = pcap.subarray(at + 16, at + 16 + word(at + 8));
    if (packet.length < 54 || packet.readUInt16BE(12) !== 0x0800 || packet[23] !== 6) continue;
    const tcp = 14 + ((packet[14] as number) & 15) * 4;
    if (packet.length < tcp + 20) continue;
    if (packet.readUInt16BE(tcp) !== port && packet.readUInt16BE(tcp + 2) !== port) continue;
    const data = tcp + ((packet[tcp + 12] as number) >> 4) * 4;
    const end = 14 + packet.readUInt16BE(16);
    if (data < end) found.push(new Uint8Array(packet.subarray(data, end)));
  }
  return found;
}

const segmentsOf = (name: RegExp) =>
  readdirSync(FOLDER)
    .filter((file) => name.test(file))
    .flatMap((file) => payloads(join(FOLDER, file), 502));

function parse(segment: Uint8Array): { frames: MbapFrame[]; damage: string | undefined } {
  const parser = new MbapParser();
  const frames: MbapFrame[] = [];
  for (const byte of segment) parser.push(Uint8Array.of(byte), (frame) => frames.push(frame));
  return { frames, damage: parser.damage };
}

test('recorded frames come out whole, and building them again gives the same bytes', { skip }, () => {
  let frames = 0;
  for (const segment of segmentsOf(/^(MODBUS-TestDataPart1|modbusSmall)\.pcap$/)) {
    const parsed = parse(segment);
    if (parsed.damage !== undefined) continue;
    frames += parsed.frames.length;
    const again = Buffer.concat(parsed.frames.map((f) => encodeMbap(f.transaction, f.unit, f.pdu)));
    assert.deepEqual(new Uint8Array(again), segment.subarray(0, again.length));
  }
  assert.ok(frames > 50, `only ${frames} frames found`);
});

test('recorded frames, mutated, never throw or hang', { skip }, () => {
  const segments = segmentsOf(/\.pcap$/i);
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
