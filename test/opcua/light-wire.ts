/* The little of OPC UA's binary encoding (Part 6, 5.2) that the light server needs: without a library it starts at once. */

/** Writes values one behind the other. */
export class Writer {
  readonly #parts: Buffer[] = [];

  bytes(...values: readonly number[]): this {
    return this.raw(Buffer.from(values));
  }

  raw(part: Uint8Array): this {
    this.#parts.push(Buffer.from(part));
    return this;
  }

  u16(value: number): this {
    const part = Buffer.alloc(2);
    part.writeUInt16LE(value);
    return this.raw(part);
  }

  u32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value >>> 0);
    return this.raw(part);
  }

  double(value: number): this {
    const part = Buffer.alloc(8);
    part.writeDoubleLE(value);
    return this.raw(part);
  }

  /** Intervals of 100 ns since 1601. */
  now(): this {
    const part = Buffer.alloc(8);
    part.writeBigInt64LE(BigInt(Date.now()) * 10_000n + 116_444_736_000_000_000n);
    return this.raw(part);
  }

  /** Text, or bytes; undefined: none. */
  text(value?: string | Uint8Array): this {
    if (value === undefined) return this.u32(NONE);
    const part = Buffer.from(value as string);
    return this.u32(part.length).raw(part);
  }

  /** A node id of namespace 0 in four bytes. */
  id(number: number): this {
    return this.bytes(1, 0).u16(number);
  }

  get buffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Length of what is absent: text, bytes, arrays. */
export const NONE = 0xffff_ffff;

/** Reads values one behind the other. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  u16(): number {
    return this.skip(2).#bytes.readUInt16LE(this.#at - 2);
  }

  u32(): number {
    return this.skip(4).#bytes.readUInt32LE(this.#at - 4);
  }

  text(): string {
    const length = this.u32();
    if (length === NONE) return '';
    return this.skip(length).#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** The number of a numeric node id; 0 for others. */
  id(): number {
    const kind = this.u8();
    if (kind === 0) return this.u8();
    if (kind === 1) return this.skip(1).u16();
    this.skip(2);
    if (kind === 2) return this.u32();
    if (kind === 4) this.skip(16);
    else this.text();
    return 0;
  }

  /** An extension object, whatever is in it. */
  extension(): this {
    this.id();
    return this.u8() === 0 ? this : this.skip(this.u32());
  }
}
