import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '#kernel/fault.ts';

/* POSIX.1-1988 ustar, plain files only: what `tar -xf` reads everywhere. */

const BLOCK = 512;
const CHUNK_BYTES = 1 << 20;
/** Largest size that eleven octal digits tell; beyond it the base-256 form of GNU tar. */
const OCTAL_LIMIT = 8 ** 11;
const NAME_BYTES = 100;

/** What stands between the members: bytes of one, in pieces. */
export type Content = Uint8Array | { readonly file: string; readonly bytes: number };

/** Takes the bytes of an archive, one piece after the other. */
export type Put = (bytes: Uint8Array) => Promise<void>;

/** Writes one member. @param mtimeS seconds since 1970 @throws errors of the file system, Fault `tar.changed` */
export async function putMember(put: Put, name: string, content: Content, mtimeS: number): Promise<void> {
  const bytes = content instanceof Uint8Array ? content.length : content.bytes;
  await put(headerOf(name, bytes, mtimeS));
  if (content instanceof Uint8Array) await put(content);
  else await putFile(put, content.file, bytes);
  await put(new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK));
}

export const putEnd = (put: Put): Promise<void> => put(new Uint8Array(2 * BLOCK));

async function putFile(put: Put, path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'r');
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let left = bytes; left > 0; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(left, CHUNK_BYTES));
    if (bytesRead === 0) throw new Fault('tar.changed', `${path} became shorter while it was read`);
    await put(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
}

function headerOf(name: string, bytes: number, mtimeS: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > NAME_BYTES) throw new Fault('tar.name', `${name} is too long for an archive`);
  header.write(name, 0);
  header.write('0000600\0', 100); // mode
  header.write('0000000\0', 108); // owner and group: whoever extracts it
  header.write('0000000\0', 116);
  if (bytes < OCTAL_LIMIT) header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  const mtime = Math.min(Math.max(0, Math.floor(mtimeS)), OCTAL_LIMIT - 1);
  header.write(`${mtime.toString(8).padStart(11, '0')}\0`, 136);
  header.write('0', 156); // a plain file
  header.write('ustar\x0000', 257);
  header.write(sumField(header), SUM_AT);
  return header;
}

const SUM_AT = 148;
const SUM_BYTES = 8;

/** The field that holds the sum of the bytes of a header, itself taken as spaces. */
function sumField(header: Uint8Array): string {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? 0x20 : (header[i] ?? 0);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

/** A member of an archive that is being read. Its bytes are read before the next one is asked for, or passed over. */
export interface Member {
  readonly name: string;
  readonly bytes: number;
  content(): AsyncIterable<Uint8Array>;
}

/**
 * The members in their order, as far as they are plain files.
 * @throws Fault `tar.damaged` with the place, for what is no archive, cut off or changed; errors of the file system
 */
export async function* membersOf(path: string): AsyncIterable<Member> {
  await using file = await open(path, constants.O_RDONLY);
  const { size } = await file.stat();
  for (let at = 0; ; ) {
    const header = await readExactly(file, at, BLOCK, size, path);
    if (header.every((byte) => byte === 0)) return await checkEnd(file, at, size, path);
    const { name, bytes } = readHeader(header, at, path);
    const from = at + BLOCK;
    const end = from + Math.ceil(bytes / BLOCK) * BLOCK;
    if (end + 2 * BLOCK > size) throw damaged(path, at, `it ends within ${name}`);
    const padding = await readExactly(file, from + bytes, end - from - bytes, size, path);
    if (padding.some((byte) => byte !== 0)) throw damaged(path, at, `something follows ${name}`);
    yield { name, bytes, content: () => contentOf(file, from, bytes, size, path) };
    at = end;
  }
}

async function* contentOf(
  file: FileHandle,
  from: number,
  bytes: number,
  size: number,
  path: string,
): AsyncIterable<Uint8Array> {
  for (let done = 0; done < bytes; ) {
    const length = Math.min(CHUNK_BYTES, bytes - done);
    yield await readExactly(file, from + done, length, size, path);
    done += length;
  }
}

async function checkEnd(file: FileHandle, at: number, size: number, path: string): Promise<void> {
  const end = await readExactly(file, at, 2 * BLOCK, size, path);
  if (end.some((byte) => byte !== 0)) throw damaged(path, at, 'its end is not as it should be');
  if (at + 2 * BLOCK !== size) throw damaged(path, at, 'something follows its end');
}

async function readExactly(file: FileHandle, at: number, bytes: number, size: number, path: string) {
  if (at + bytes > size) throw damaged(path, size, 'it is cut off');
  const buffer = new Uint8Array(bytes);
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, at + done);
    if (bytesRead === 0) throw damaged(path, at + done, 'it is cut off');
    done += bytesRead;
  }
  return buffer;
}

function readHeader(header: Uint8Array, at: number, path: string): { name: string; bytes: number } {
  const bytes = Buffer.from(header.buffer, header.byteOffset, BLOCK);
  const text = (from: number, length: number) =>
    bytes.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  // Every byte of the field: one that is changed behind the digits is damage as well.
  const sum = bytes.toString('latin1', SUM_AT, SUM_AT + SUM_BYTES);
  if (text(257, 5) !== 'ustar' || sum !== sumField(bytes))
    throw damaged(path, at, 'there is no ustar header');
  if (text(156, 1) !== '0') throw damaged(path, at, 'there is something that is no plain file');
  const size = bytes[124] === 0x80 ? Number(bytes.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw damaged(path, at, 'a size cannot be read');
  return { name: text(0, NAME_BYTES), bytes: size };
}

const damaged = (path: string, at: number, what: string): Fault =>
  new Fault('tar.damaged', `${path} is damaged at byte ${at}: ${what}`, {
    retry: 'never',
    hint: 'copy it again from where it was kept, or take an earlier one',
  });
