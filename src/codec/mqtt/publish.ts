export type QoS = 0 | 1 | 2;
export type Version = 4 | 5;

/** First byte of a PUBLISH without flags (MQTT 5.0, 3.3.1). */
export const PUBLISH = 0x30;
const DUP = 0x08;
const RETAIN = 0x01;

/**
 * A received PUBLISH as ranges of the bytes it came in. One object is filled again and again; what it says holds until
 * the next packet.
 */
export class PublishView {
  bytes: Uint8Array = new Uint8Array(0);
  topicStart = 0;
  topicEnd = 0;
  payloadStart = 0;
  payloadEnd = 0;
  qos: QoS = 0;
  retain = false;
  dup = false;
  /** 1 to 65,535; 0 for QoS 0. */
  packetId = 0;

  /**
   * @param whole false for the start of an oversized packet: properties and payload are then not looked at
   * @returns what is wrong with the packet (MQTT 5.0, 3.3.1 to 3.3.2); undefined when nothing is
   */
  read(head: number, bytes: Uint8Array, start: number, end: number, version: Version, whole = true) {
    const qos = (head >> 1) & 3;
    if (qos === 3) return 'QoS 3';
    this.bytes = bytes;
    this.qos = qos as QoS;
    this.retain = (head & RETAIN) !== 0;
    this.dup = (head & DUP) !== 0;
    this.packetId = 0;
    if (start + 2 > end) return 'no topic';
    this.topicStart = start + 2;
    let at = this.topicStart + uint16(bytes, start);
    this.topicEnd = at;
    if (at > end) return 'a topic longer than the packet';
    // We allow no aliases (Topic Alias Maximum 0), so there is a topic in every version.
    if (at === this.topicStart) return 'an empty topic';
    if (qos > 0) {
      if (at + 2 > end) return 'no packet id';
      this.packetId = uint16(bytes, at);
      if (this.packetId === 0) return 'packet id 0';
      at += 2;
    }
    if (whole && version === 5) {
      at = behindProperties(bytes, at, end);
      if (at < 0) return 'properties longer than the packet';
    }
    this.payloadStart = at;
    this.payloadEnd = end;
    return undefined;
  }

  get topic(): string {
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset, this.topicEnd).toString('utf8', this.topicStart);
  }
}

const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

/** MQTT 5.0, 2.2.2: a variable byte integer, then that many bytes, which nobody here needs. */
function behindProperties(bytes: Uint8Array, from: number, end: number): number {
  let size = 0;
  for (let i = 0; i < 4; i++) {
    if (from + i >= end) return -1;
    const byte = bytes[from + i] as number;
    size += (byte & 0x7f) * 0x80 ** i;
    if (byte >= 0x80) continue;
    const behind = from + i + 1 + size;
    return behind <= end ? behind : -1;
  }
  return -1;
}

/** A PUBLISH to be sent. Topic as bytes, so that it is encoded once and not per message. */
export interface OutgoingPublish {
  readonly topic: Uint8Array;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** After so many seconds the broker does not hand it on any more (MQTT 5.0, 3.3.2.3.3); nothing says so in 3.1.1. */
  readonly expiryS?: number | undefined;
}

/** Most bytes that the packet can take. */
export const publishBytes = (message: OutgoingPublish): number =>
  1 +
  4 +
  2 +
  message.topic.length +
  2 +
  1 +
  (message.expiryS === undefined ? 0 : EXPIRY_BYTES) +
  message.payload.length;

const MESSAGE_EXPIRY = 0x02;
const EXPIRY_BYTES = 5;

/**
 * @param packetId 1 to 65,535; unused at QoS 0
 * @param out with room for `publishBytes` from `start` on. @returns position behind the packet
 */
export function writePublish(
  out: Uint8Array,
  start: number,
  message: OutgoingPublish,
  packetId: number,
  version: Version,
): number {
  const { topic, payload, qos, expiryS } = message;
  const properties = expiryS === undefined ? 0 : EXPIRY_BYTES;
  let at = start;
  out[at++] = PUBLISH | (qos << 1) | (message.retain ? RETAIN : 0);
  let size = 2 + topic.length + (qos > 0 ? 2 : 0) + (version === 5 ? 1 + properties : 0) + payload.length;
  for (; size >= 0x80; size = Math.floor(size / 0x80)) out[at++] = (size % 0x80) | 0x80;
  out[at++] = size;
  out[at++] = topic.length >> 8;
  out[at++] = topic.length;
  out.set(topic, at);
  at += topic.length;
  if (qos > 0) {
    out[at++] = packetId >> 8;
    out[at++] = packetId;
  }
  if (version === 5) {
    out[at++] = properties;
    if (expiryS !== undefined) {
      out[at++] = MESSAGE_EXPIRY;
      for (let shift = 24; shift >= 0; shift -= 8) out[at++] = expiryS >>> shift;
    }
  }
  out.set(payload, at);
  return at + payload.length;
}

export const PUBACK = 0x40;
export const PUBACK_BYTES = 4;

/** PUBACK with success: the same four bytes in both versions (MQTT 5.0, 3.4.2.1). */
export function writePuback(out: Uint8Array, start: number, packetId: number): number {
  out[start] = PUBACK;
  out[start + 1] = 2;
  out[start + 2] = packetId >> 8;
  out[start + 3] = packetId;
  return start + PUBACK_BYTES;
}
