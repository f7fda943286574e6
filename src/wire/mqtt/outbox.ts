const BLOCK_BYTES = 64 * 1024;

/**
 * Gathers what is written in one turn of the event loop into one write to the socket. Packets are encoded straight
 * into its memory: a block is handed on piece by piece and replaced when it is full, never written to twice.
 */
export class Outbox {
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #sent = 0;
  #end = 0;
  #scheduled = false;
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Memory with room for the bytes, from `start` on. Call `sent` before anything else is reserved. */
  reserve(bytes: number): Buffer {
    if (this.#block.length - this.#end < bytes) {
      this.flush();
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
      this.#sent = 0;
      this.#end = 0;
    }
    return this.#block;
  }

  get start(): number {
    return this.#end;
  }

  /** Everything up to `end` belongs to the stream now. */
  commit(end: number): void {
    this.#end = end;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Not a microtask: actions that wait for one another end in one each, and every one would be a call to the kernel.
    setImmediate(() => this.flush());
  }

  append(packet: Uint8Array): void {
    this.reserve(packet.length).set(packet, this.#end);
    this.commit(this.#end + packet.length);
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#end === this.#sent) return;
    const bytes = this.#block.subarray(this.#sent, this.#end);
    this.#sent = this.#end;
    this.#write(bytes);
  }
}
