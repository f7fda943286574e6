import { type Packet, parser } from 'mqtt-packet';
import type { Version } from '#codec/mqtt/publish.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/**
 * Reads one control packet with mqtt-packet, which is given just this one: it trusts lengths inside a packet and may
 * read on into a neighbour or throw.
 * @throws Fault `mqtt.malformed`
 */
export function parseControl(head: number, body: Uint8Array, version: Version): Packet {
  let packet: Packet | undefined;
  let problem: unknown;
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (read) => {
    packet ??= read;
  });
  reader.on('error', (error) => {
    problem ??= error;
  });
  try {
    reader.parse(Buffer.concat([fixedHeader(head, body.length), body]));
  } catch (error) {
    problem ??= error;
  }
  if (packet && problem === undefined) return packet;
  throw malformed(problem === undefined ? 'a packet ends too early' : messageOf(problem));
}

export const malformed = (what: string): Fault =>
  new Fault('mqtt.malformed', `the broker sent what is no MQTT: ${what}`, {
    hint: 'Is this the port of an MQTT broker, and TLS where the url says mqtts?',
  });

function fixedHeader(head: number, size: number): Uint8Array {
  const bytes = [head];
  let rest = size;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
