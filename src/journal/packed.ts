import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { ByteSink, ByteSource } from './bytes.ts';

const STORED = 0;
const ZSTD = 1;
/** Below this a frame of zstd costs more than it saves. */
const PACK_FROM_BYTES = 64;
const ZSTD_LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };

/** Coding `packed`: u8 packing, varint unpacked bytes, varint packed bytes, the packed bytes. */
export function writePacked(sink: ByteSink, plain: Uint8Array): void {
  const packed = plain.length < PACK_FROM_BYTES ? plain : pack(plain);
  const pays = packed.length < plain.length;
  sink.u8(pays ? ZSTD : STORED);
  sink.varint(plain.length);
  sink.varint(pays ? packed.length : plain.length);
  sink.put(pays ? packed : plain);
}

const pack = (plain: Uint8Array): Uint8Array =>
  zstdCompressSync(plain, { params: ZSTD_LEVEL, pledgedSrcSize: plain.length });

/** @throws Fault `journal.truncated`, `journal.bad-value` also above the limit */
export function readPacked(source: ByteSource, limitBytes: number): Uint8Array {
  const packing = source.u8();
  const length = source.varint();
  if (length > limitBytes) throw bad(`it unpacks to ${length} bytes, above the limit of ${limitBytes}`);
  const bytes = source.take(source.varint());
  const plain = packing === ZSTD ? unpack(bytes, length) : bytes;
  if (packing > ZSTD || plain.length !== length) throw bad('its length is not what it says');
  return plain;
}

function unpack(bytes: Uint8Array, length: number): Uint8Array {
  try {
    // Node takes no limit of zero.
    return zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw bad(messageOf(error));
  }
}

const bad = (what: string): Fault =>
  new Fault('journal.bad-value', `packed bytes cannot be read: ${what}`, { retry: 'never' });
