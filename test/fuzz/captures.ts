import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Recorded traffic of real devices. The recordings are no part of this repository: a folder of .pcap files named by
 * OT_CAPTURES, or ../shared/data/ot-captures beside it.
 */
const FOLDER = process.env.OT_CAPTURES ?? join(import.meta.dirname, '../../../shared/data/ot-captures');

/** Why there are none here, if so. */
export const noCaptures: string | false = existsSync(FOLDER)
  ? false
  : `no recordings in ${FOLDER}; set OT_CAPTURES`;

/** Payloads of the TCP segments of all recordings of that name that go to or come from the Modbus port; none without recordings. */
export const modbusSegments = (name: RegExp): Uint8Array[] =>
  noCaptures
    ? []
    : readdirSync(FOLDER)
        .filter((file) => name.test(file))
        .flatMap((file) => payloads(join(FOLDER, file), 502));

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
