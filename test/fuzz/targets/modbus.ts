import assert from 'node:assert/strict';
import { IDENTIFY_PDU, readIdentification } from '#codec/modbus/identification.ts';
import { encodeMbap, type MbapFrame, MbapParser } from '#codec/modbus/mbap.ts';
import { decodeReply, type ReadCode, type Request } from '#codec/modbus/pdu.ts';
import {
  bigReader,
  NUMBER_TYPES,
  numberReader,
  plainOrder,
  readBit,
  readText,
  sizeOf,
} from '#codec/modbus/registers.ts';
import { encodeRtu, RtuReader } from '#codec/modbus/rtu.ts';
import type { Noise } from '#plant/physics/noise.ts';
import { modbusSegments } from '../captures.ts';
import { pieces, type Target } from '../target.ts';

const sound = (): Uint8Array[] => [
  Uint8Array.of(3, 4, 0, 1, 0xff, 0xfe),
  Uint8Array.of(1, 2, 0xa5, 0x01),
  Uint8Array.of(0x83, 2),
  Uint8Array.of(6, 0, 1, 0, 3),
  Uint8Array.of(3, 250, ...Array.from({ length: 250 }, (_, i) => i)),
  Uint8Array.of(...IDENTIFY_PDU, 1, 0, 0, 2, 0, 3, 0x41, 0x42, 0x43, 1, 2, 0x44, 0x45),
];

const recorded = (): Uint8Array[] => modbusSegments(/\.pcap$/i);

function aRead(chance: Noise): Request & { readonly code: ReadCode } {
  const code = (1 + Math.floor(chance.uniform() * 4)) as ReadCode;
  return { code, address: 0, count: 1 + Math.floor(chance.uniform() * 125) };
}

/** Each type at each place of what a device sent. */
function interpret(data: Uint8Array): void {
  for (const type of NUMBER_TYPES) {
    const size = sizeOf(type);
    if (data.length < size) continue;
    assert.equal(typeof numberReader(type, plainOrder(size))(data, 0), 'number');
    if (type === 'int64' || type === 'uint64')
      assert.equal(typeof bigReader(type, plainOrder(size))(data, 0), 'bigint');
  }
  assert.equal(typeof readText(data, 0, data.length, 'AB'), 'string');
  if (data.length > 0) readBit(data, 0);
}

function answered(pdu: Uint8Array, chance: Noise): void {
  assert.ok(pdu.length <= 253, `a PDU of ${pdu.length} bytes`);
  const request = aRead(chance);
  const reply = decodeReply(request, pdu);
  if (reply.kind === 'data') {
    const wanted = request.code <= 2 ? Math.ceil(request.count / 8) : request.count * 2;
    assert.equal(reply.data.length, wanted);
    interpret(reply.data);
  }
  const identified = decodeReply({ code: 43 }, pdu);
  if (identified.kind === 'data') readIdentification(identified.data);
}

/** What a device answers over TCP, from frames to values. */
export const modbusTcp: Target = {
  name: 'modbus-tcp',
  seeds: () => [...recorded(), ...sound().map((pdu, i) => encodeMbap(i, 1, pdu))],
  read(input, chance) {
    const parser = new MbapParser();
    const frames: MbapFrame[] = [];
    for (const piece of pieces(input, chance)) parser.push(piece, (frame) => frames.push(frame));
    for (const { pdu } of frames) answered(pdu, chance);
  },
};

/** The same on a serial line, where an answer must be found in noise. */
export const modbusRtu: Target = {
  name: 'modbus-rtu',
  seeds: () => [...sound().map((pdu) => encodeRtu(1, pdu)), ...recorded().slice(0, 500)],
  read(input, chance) {
    const request = aRead(chance);
    const reader = new RtuReader(input[0] ?? 1, request);
    for (const piece of pieces(input, chance)) {
      const pdu = reader.push(piece);
      if (pdu) assert.notEqual(decodeReply(request, pdu).kind, 'garbage');
    }
    assert.ok(reader.noise >= 0 && reader.noise <= input.length);
  },
};
