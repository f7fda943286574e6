/*
 * Frames of Modbus TCP: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3 (MBAP header).
 */

const HEADER = 7;
/** Unit and PDU together: a PDU has 1 to 253 bytes. */
const MAX_LENGTH = 254;

export interface MbapFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

export function encodeMbap(transaction: number, unit: number, pdu: Uint8Array): Uint8Array {
  const length = pdu.length + 1;
  const frame = new Uint8Array(HEADER + pdu.length);
  frame.set([transaction >>> 8, transaction & 0xff, 0, 0, length >>> 8, length & 0xff, unit]);
  frame.set(pdu, HEADER);
  return frame;
}

/**
 * Cuts a stream of bytes into frames, whatever the pieces it arrives in. The stream has no mark to find the next
 * frame by: after damage nothing more is read, and only a new connection helps.
 */
export class MbapParser {
  readonly #buffer = new Uint8Array(HEADER - 1 + MAX_LENGTH);
  #filled = 0;
  #damage: string | undefined;

  /** Why this stream cannot be read any further; undefined while it can. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Takes a piece of the stream and hands out the frames that are complete with it. */
  push(bytes: Uint8Array, onFrame: (frame: MbapFrame) => void): void {
    let taken = 0;
    while (taken < bytes.length && this.#damage === undefined) {
      const piece = bytes.subarray(taken, taken + this.#missing());
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === HEADER) this.#check();
      if (this.#damage === undefined && this.#missing() === 0) onFrame(this.#take());
    }
  }

  #missing(): number {
    return (this.#filled < HEADER ? HEADER : HEADER - 1 + this.#word(4)) - this.#filled;
  }

  #check(): void {
    const protocol = this.#word(2);
    const length = this.#word(4);
    if (protocol !== 0) this.#damage = `protocol id ${protocol} where Modbus has 0`;
    else if (length < 2 || length > MAX_LENGTH) {
      this.#damage = `length ${length} outside 2 to ${MAX_LENGTH}`;
    }
  }

  #take(): MbapFrame {
    const frame = {
      transaction: this.#word(0),
      unit: this.#buffer[6] as number,
      pdu: this.#buffer.slice(HEADER, this.#filled),
    };
    this.#filled = 0;
    return frame;
  }

  #word(at: number): number {
    return ((this.#buffer[at] as number) << 8) | (this.#buffer[at + 1] as number);
  }
}
