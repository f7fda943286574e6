import { Fault } from '#kernel/fault.ts';

/** Longest start of an oversized packet that is kept: topic (2 + 65,535), packet id, and some to spare. */
const HEAD_BYTES = 66_000;

export interface FrameSink {
  /**
   * One whole packet. The bytes are the socket's own chunk wherever the packet lay in one: valid during the call.
   * @param head first byte: type and flags
   * @param start of the variable header
   */
  packet(head: number, bytes: Uint8Array, start: number, end: number): void;
  /** A packet above the limit: its start only, enough to know topic and packet id. @param size of its body */
  oversized(head: number, bytes: Uint8Array, start: number, end: number, size: number): void;
}

/** Cuts a byte stream into MQTT control packets (MQTT 5.0, 2.1), however it is split into chunks. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxBytes: number;
  #head = 0;
  #size = 0;
  /** Weight of the next byte of the length; 0 while the first byte of a packet is awaited. */
  #weight = 0;
  /** A body that did not lie in one chunk, and how much of it is there. */
  #body: Buffer | undefined;
  #have = 0;
  /** Bytes of an oversized packet still to pass over. */
  #skip = 0;

  /** @param maxBytes largest body that is read; a larger one is told to the sink and skipped */
  constructor(sink: FrameSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** @throws Fault `mqtt.malformed` on a length of more than four bytes; the stream cannot be read on then */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
      } else {
        at = this.#body ? this.#fill(this.#body, chunk, at) : this.#header(chunk, at);
      }
    }
  }

  #header(chunk: Uint8Array, from: number): number {
    let at = from;
    let size = this.#size;
    let weight = this.#weight;
    if (weight === 0) {
      this.#head = chunk[at++] as number;
      size = 0;
      weight = 1;
    }
    while (at < chunk.length) {
      const byte = chunk[at++] as number;
      size += (byte & 0x7f) * weight;
      if (byte < 0x80) {
        this.#weight = 0;
        this.#size = size;
        return this.#open(chunk, at);
      }
      if (weight === 0x80 ** 3) throw tooLong();
      weight *= 0x80;
    }
    this.#size = size;
    this.#weight = weight;
    return at;
  }

  #open(chunk: Uint8Array, at: number): number {
    const size = this.#size;
    const end = at + size;
    if (size <= this.#maxBytes && end <= chunk.length) {
      this.#sink.packet(this.#head, chunk, at, end);
      return end;
    }
    this.#body = Buffer.allocUnsafe(size <= this.#maxBytes ? size : Math.min(size, HEAD_BYTES));
    this.#have = 0;
    return at;
  }

  #fill(body: Buffer, chunk: Uint8Array, at: number): number {
    const step = Math.min(body.length - this.#have, chunk.length - at);
    body.set(chunk.subarray(at, at + step), this.#have);
    this.#have += step;
    if (this.#have === body.length) {
      this.#body = undefined;
      const size = this.#size;
      if (size <= this.#maxBytes) this.#sink.packet(this.#head, body, 0, size);
      else {
        this.#skip = size - body.length;
        this.#sink.oversized(this.#head, body, 0, body.length, size);
      }
    }
    return at + step;
  }
}

const tooLong = (): Fault =>
  new Fault('mqtt.malformed', 'a packet length of more than four bytes came in (MQTT 5.0, 1.5.5)', {
    hint: 'Is this the port of an MQTT broker, and TLS where the url says mqtts?',
  });
