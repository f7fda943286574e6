/*
 * Frames of Modbus TCP (MODBUS Messaging on TCP/IP 1.0b, 3.1.3): transaction, protocol, length, unit, function, data.
 */

const HEADER = 6;

/** Cuts a stream into whole frames; what is left over stays in the cutter for the next bytes. */
export function frameCutter(): (bytes: Buffer) => Buffer[] {
  let held: Buffer = Buffer.alloc(0);
  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const frames: Buffer[] = [];
    while (held.length >= HEADER) {
      const end = HEADER + held.readUInt16BE(4);
      if (held.length < end) break;
      frames.push(held.subarray(0, end));
      held = held.subarray(end);
    }
    return frames;
  };
}

/** An answer to a request: same transaction and unit. @param pdu function code and data */
export function answer(request: Buffer, pdu: Buffer): Buffer {
  const head = Buffer.alloc(HEADER + 1);
  request.copy(head, 0, 0, 4);
  head.writeUInt16BE(pdu.length + 1, 4);
  head[HEADER] = request[HEADER] ?? 0;
  return Buffer.concat([head, pdu]);
}

/** Ways in which a reply can be broken; each call does the next one. */
export function garbler(): (reply: Buffer) => Buffer {
  let turn = 0;
  return (reply) => {
    const spoil = SPOILS[turn++ % SPOILS.length] as (frame: Buffer) => Buffer;
    return spoil(Buffer.from(reply));
  };
}

/** Changes a copy in place. */
const edit = (change: (frame: Buffer) => void) => (frame: Buffer) => {
  change(frame);
  return frame;
};

const SPOILS: readonly ((frame: Buffer) => Buffer)[] = [
  // Another protocol than Modbus.
  edit((frame) => frame.writeUInt16BE(0x4242, 2)),
  // A byte count that does not agree with the length of the frame.
  edit((frame) => frame.writeUInt8(((frame[8] ?? 0) + 7) & 0xff, Math.min(8, frame.length - 1))),
  // The answer to a request that nobody made.
  edit((frame) => frame.writeUInt16BE(frame.readUInt16BE(0) ^ 0x5a5a, 0)),
  // From another unit.
  edit((frame) => frame.writeUInt8(0xee, 6)),
  // For another function.
  edit((frame) => frame.writeUInt8(0x2b, 7)),
  // Cut off in the middle, the header none the wiser: the next reply is eaten up.
  (frame) => frame.subarray(0, Math.max(frame.length - 3, 7)),
  // No frame at all.
  (frame) => Buffer.from(frame.map((byte, i) => (byte * 167 + i * 31 + 13) & 0xff)),
  // A length beyond anything that the specification allows.
  edit((frame) => frame.writeUInt16BE(0xfff0, 4)),
];
