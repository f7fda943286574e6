import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { ByteSink, ByteSource } from '#journal/bytes.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { FRAME_BYTES } from '../frames.ts';
import { type FromSite, frameOf, readFromSite } from '../messages.ts';
import { damaged } from './header.ts';

/* What a parcel holds, encrypted in sections, one message each: docs/formats/parcel.md. */

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const HEAD_BYTES = 5;
const MORE = 0;
const LAST = 1;
/** Entries of a stretch: the feed of the journal gives a thousand at a time. */
const MOST_ENTRIES = 100_000;
const LONGEST = FRAME_BYTES + 8 * MOST_ENTRIES;
/** Memory for a section that comes in pieces grows with what has come. */
const FIRST_BYTES = 64 * 1024;

/** One message as it lies in a section. */
export interface Packed {
  readonly message: FromSite;
  /** Of a stretch of history: the sequence of each entry in its block, so that it can be taken in part. */
  readonly entries: readonly number[];
}

/** Key of the sections of one parcel (RFC 5869 over ECDH): who has neither private key cannot make any. */
export function sectionKey(own: KeyObject, other: KeyObject, digest: Uint8Array): Buffer {
  const secret = diffieHellman({ privateKey: own, publicKey: other });
  return Buffer.from(hkdfSync('sha256', secret, digest, 'holdfast parcel 1', 32));
}

/** @throws Fault `parcel.damaged` */
export function ephemeralKey(spki: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch (error) {
    throw damaged(`its key cannot be read: ${messageOf(error)}`);
  }
  throw damaged('its key is not of P-256');
}

/** Number of the section, and whether it is the last: none can be left out, moved, or cut off unseen. */
function nonceOf(number: number, flag: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = flag;
  return nonce;
}

export class SectionWriter {
  readonly #key: Buffer;
  #number = 0;

  constructor(key: Buffer) {
    this.#key = key;
  }

  section(packed: Packed): Buffer {
    return this.#seal(packedBytes(packed), MORE);
  }

  /** After it comes nothing. */
  last(): Buffer {
    return this.#seal(new Uint8Array(0), LAST);
  }

  #seal(plain: Uint8Array, flag: number): Buffer {
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(this.#number++, flag));
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(plain.length + TAG_BYTES);
    head[4] = flag;
    return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Cuts what comes after the header into messages, however it is split into chunks. */
export class SectionReader {
  readonly #key: Buffer;
  readonly #found: (packed: Packed) => void;
  #held = Buffer.alloc(0);
  #have = 0;
  #number = 0;
  #isWhole = false;

  /** @param found told of each message, in order; its bytes are its own */
  constructor(key: Buffer, found: (packed: Packed) => void) {
    this.#key = key;
    this.#found = found;
  }

  /** Whether the last section has come. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Bytes of a section that is not complete yet. */
  get held(): number {
    return this.#have;
  }

  /** @throws Fault `parcel.damaged`: it cannot be read on then */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#isWhole; ) {
      const wanted = this.#have < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + this.#length();
      const to = Math.min(chunk.length, at + wanted - this.#have);
      this.#hold(chunk.subarray(at, to));
      at = to;
      if (this.#have < HEAD_BYTES || this.#have < HEAD_BYTES + this.#length()) continue;
      const section = this.#held.subarray(0, this.#have);
      this.#have = 0;
      this.#open(section);
    }
  }

  #length(): number {
    const length = this.#held.readUInt32LE(0);
    if (length >= TAG_BYTES && length <= LONGEST) return length;
    throw damaged(`section ${this.#number} cannot have ${length} bytes`);
  }

  #hold(piece: Uint8Array): void {
    const needed = this.#have + piece.length;
    if (needed > this.#held.length) {
      const wider = Buffer.alloc(Math.max(needed, 2 * this.#held.length, FIRST_BYTES));
      wider.set(this.#held.subarray(0, this.#have));
      this.#held = wider;
    }
    this.#held.set(piece, this.#have);
    this.#have = needed;
  }

  #open(section: Buffer): void {
    const flag = section[4] as number;
    const plain = this.#decrypted(section.subarray(HEAD_BYTES), flag);
    this.#number++;
    if (flag === LAST) this.#isWhole = true;
    else this.#found(readPacked(plain));
  }

  #decrypted(sealed: Buffer, flag: number): Buffer {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#key, nonceOf(this.#number, flag), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
    } catch {
      throw damaged(`section ${this.#number} is not as the site made it`);
    }
  }
}

/** What a section is before it is encrypted. */
export function packedBytes({ message, entries }: Packed): Uint8Array {
  const sink = new ByteSink(1024);
  sink.varint(entries.length);
  let last = 'after' in message ? message.after : 0;
  for (const entry of entries) {
    sink.varint(entry - last);
    last = entry;
  }
  sink.put(frameOf(message).subarray(4));
  return sink.bytes;
}

/** @throws Fault `parcel.damaged`, `uplink.malformed` */
export function readPacked(plain: Uint8Array): Packed {
  try {
    const source = new ByteSource(plain);
    const count = source.varint();
    if (count > MOST_ENTRIES) throw damaged(`a stretch has ${count} entries`);
    const steps: number[] = [];
    for (let i = 0; i < count; i++) steps.push(source.varint());
    const message = readFromSite(source.u8(), source.take(source.left));
    return { message, entries: entriesOf(message, steps) };
  } catch (error) {
    throw error instanceof Fault && /^(parcel|uplink)\./.test(error.code) ? error : damaged(messageOf(error));
  }
}

/** Rising, within the stretch, the last one no later than its end. */
function entriesOf(message: FromSite, steps: readonly number[]): number[] {
  if (message.kind !== 'history') {
    if (steps.length > 0) throw damaged(`a message '${message.kind}' has entries`);
    return [];
  }
  let last = message.after;
  return steps.map((step) => {
    last += step;
    if (step === 0 || !(last <= message.upTo)) throw damaged('its entries are not in their order');
    return last;
  });
}
