import { Fault } from '#kernel/fault.ts';

/** Before the other side is known a frame is short. */
export const GREETING_BYTES = 64 * 1024;
/** Longest frame, type included: more than the largest entry of a journal takes, packed. */
export const FRAME_BYTES = 8 * 2 ** 20;
const HEAD_BYTES = 4;
/** Memory for a frame that comes in pieces grows with what has come, never with what its head claims. */
const FIRST_BYTES = 16 * 1024;

/** Cuts a byte stream into frames, however it is split into chunks: docs/formats/uplink.md. */
export class FrameReader {
  /** Longest frame that is taken; may be changed between two frames. */
  limitBytes: number;
  readonly #frame: (type: number, body: Uint8Array) => void;
  /** A frame that did not lie in one chunk. */
  #held = new Uint8Array(0);
  #have = 0;

  /** @param frame told of each one, in order; the body is valid during the call */
  constructor(frame: (type: number, body: Uint8Array) => void, limitBytes = GREETING_BYTES) {
    this.#frame = frame;
    this.limitBytes = limitBytes;
  }

  /** Bytes of a frame that is not complete yet. */
  get held(): number {
    return this.#have;
  }

  /** @throws Fault `uplink.malformed`: the stream cannot be read on then */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at = this.#have > 0 ? this.#fill(chunk, at) : this.#take(chunk, at);
  }

  #take(chunk: Uint8Array, at: number): number {
    const left = chunk.length - at;
    const end = left < HEAD_BYTES ? Number.POSITIVE_INFINITY : at + HEAD_BYTES + this.#lengthAt(chunk, at);
    if (end > chunk.length) return this.#hold(chunk, at, chunk.length);
    this.#frame(chunk[at + HEAD_BYTES] as number, chunk.subarray(at + HEAD_BYTES + 1, end));
    return end;
  }

  #fill(chunk: Uint8Array, at: number): number {
    if (this.#have < HEAD_BYTES)
      return this.#hold(chunk, at, Math.min(chunk.length, at + HEAD_BYTES - this.#have));
    const end = HEAD_BYTES + this.#lengthAt(this.#held, 0);
    const to = Math.min(chunk.length, at + end - this.#have);
    this.#hold(chunk, at, to);
    if (this.#have < end) return to;
    const held = this.#held;
    this.#held = new Uint8Array(0);
    this.#have = 0;
    this.#frame(held[HEAD_BYTES] as number, held.subarray(HEAD_BYTES + 1, end));
    return to;
  }

  #hold(chunk: Uint8Array, from: number, to: number): number {
    const needed = this.#have + to - from;
    if (needed > this.#held.length) {
      const wider = new Uint8Array(Math.max(needed, 2 * this.#held.length, FIRST_BYTES));
      wider.set(this.#held.subarray(0, this.#have));
      this.#held = wider;
    }
    this.#held.set(chunk.subarray(from, to), this.#have);
    this.#have = needed;
    // Its length may be known now: what is too long is not waited for.
    if (needed >= HEAD_BYTES) this.#lengthAt(this.#held, 0);
    return to;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES).getUint32(0, true);
    if (length > 0 && length <= this.limitBytes) return length;
    throw new Fault('uplink.malformed', `a frame of ${length} bytes came in; allowed is ${this.limitBytes}`, {
      hint: 'Is this the port of a Holdfast hub, and does the other side speak the same version?',
    });
  }
}
