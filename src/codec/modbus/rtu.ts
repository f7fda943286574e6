import { decodeReply, type Request, replyLength } from '#codec/modbus/pdu.ts';

/*
 * Frames of Modbus RTU: MODBUS over Serial Line V1.02, 2.5.1. The frame has neither length nor transaction id, so an
 * answer can only be recognised by what was asked: unit, function, the length that follows from both, and the CRC.
 */

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  return crc;
});

/** CRC-16 with the polynomial 0xA001 reflected, start 0xFFFF (appendix B); sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number);
  }
  return crc;
}

export function encodeRtu(unit: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + 3);
  frame[0] = unit;
  frame.set(pdu, 1);
  const crc = crc16(frame.subarray(0, -2));
  frame[frame.length - 2] = crc & 0xff;
  frame[frame.length - 1] = crc >>> 8;
  return frame;
}

const LONGEST = 256;
const EXCEPTION_PDU = 2;

/** Looks for the one answer to the one request that is open; everything around it is noise. */
export class RtuReader {
  readonly #unit: number;
  readonly #request: Request;
  readonly #length: number;
  /** Twice the longest frame: noise before the answer is dropped from the front. */
  readonly #buffer = new Uint8Array(2 * LONGEST);
  #filled = 0;
  #noise = 0;

  constructor(unit: number, request: Request) {
    this.#unit = unit;
    this.#request = request;
    this.#length = replyLength(request);
  }

  /** Bytes that belong to no answer; without an answer, all of them. */
  get noise(): number {
    return this.#noise + this.#filled;
  }

  /** Takes a piece of the stream. @returns the PDU of the answer once it is complete */
  push(bytes: Uint8Array): Uint8Array | undefined {
    for (const byte of bytes) {
      if (this.#filled === this.#buffer.length) this.#drop(LONGEST);
      this.#buffer[this.#filled++] = byte;
      const pdu = this.#answerAtEnd();
      if (pdu) return pdu;
    }
    return undefined;
  }

  /** An answer ends where its CRC does, so each byte is looked at as the last one of a frame. */
  #answerAtEnd(): Uint8Array | undefined {
    const { code } = this.#request;
    return this.#frame(this.#length, code) ?? this.#frame(EXCEPTION_PDU, code | 0x80);
  }

  #frame(pduLength: number, code: number): Uint8Array | undefined {
    const start = this.#filled - pduLength - 3;
    if (start < 0 || this.#buffer[start] !== this.#unit || this.#buffer[start + 1] !== code) return undefined;
    const frame = this.#buffer.subarray(start, this.#filled);
    // Over a frame and its own CRC the remainder is 0.
    if (crc16(frame) !== 0) return undefined;
    // In noise one remainder of 65,536 is 0 by chance; what it covers must also be what was asked for.
    const pdu = frame.slice(1, -2);
    if (decodeReply(this.#request, pdu).kind === 'garbage') return undefined;
    this.#noise += start;
    this.#filled = 0;
    return pdu;
  }

  #drop(bytes: number): void {
    this.#buffer.copyWithin(0, bytes, this.#filled);
    this.#filled -= bytes;
    this.#noise += bytes;
  }
}
