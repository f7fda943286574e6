import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { damaged, type Manifest, MEMBERS, notOne, readManifest } from '#edge/backup/manifest.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type Member, membersOf } from '#platform/tar.ts';

/** Members that are kept in memory are small; what is larger is no manifest. */
const MOST_MANIFEST_BYTES = 16 << 20;

export interface Archive {
  readonly manifest: Manifest;
  /** As they are in the archive; absent where no keys were asked for. */
  readonly keys: string | undefined;
}

/**
 * Reads an archive from its beginning to its end and writes nothing.
 * @throws Fault `backup.damaged`, `backup.newer-format`, `backup.not-one`, `backup.unreadable`
 */
export async function verifyArchive(file: string): Promise<Archive> {
  let keys: string | undefined;
  const manifest = await walk(file, async (member, content) => {
    if (member.name !== MEMBERS.keys) for await (const _ of content);
    else keys = (await bytesOf(content)).toString();
  });
  return { manifest, keys };
}

/**
 * Writes the members into folders below `dir`, each fsynced, and checks them once more on the way.
 * @param placeOf where a member goes, relative to `dir`; undefined leaves it out
 */
export async function extractArchive(
  file: string,
  dir: string,
  placeOf: (name: string) => string | undefined,
): Promise<void> {
  await walk(file, async ({ name }, content) => {
    const place = placeOf(name);
    if (place === undefined) for await (const _ of content);
    else await writeMember(join(dir, place), content);
  });
}

async function writeMember(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using out = await open(path, 'wx', 0o600);
  for await (const piece of content)
    for (let done = 0; done < piece.length; ) done += (await out.write(piece, done)).bytesWritten;
  await out.sync();
}

type Take = (member: Member, content: AsyncIterable<Uint8Array>) => Promise<void>;

/** All members, in the order of the manifest, with their digests; `take` reads the whole content of each. */
async function walk(file: string, take: Take): Promise<Manifest> {
  try {
    const members = membersOf(file)[Symbol.asyncIterator]();
    try {
      const manifest = await readHead(file, members);
      for (const expected of manifest.members) {
        const { value: member, done } = await members.next();
        if (done) throw damaged(file, `it ends before ${expected.name}`);
        if (member.name !== expected.name || member.bytes !== expected.bytes)
          throw damaged(file, `${member.name} stands where ${expected.name} should be`);
        const hash = createHash('sha256');
        await take(member, tapped(member.content(), hash.update.bind(hash)));
        if (hash.digest('hex') !== expected.digest) throw damaged(file, `${member.name} was changed`);
      }
      const { done, value } = await members.next();
      if (!done) throw damaged(file, `its manifest does not name ${value.name}`);
      return manifest;
    } finally {
      await members.return?.();
    }
  } catch (error) {
    throw explained(file, error);
  }
}

async function readHead(file: string, members: AsyncIterator<Member>): Promise<Manifest> {
  const texts: string[] = [];
  for (const name of [MEMBERS.manifest, MEMBERS.manifestDigest]) {
    const { value: member, done } = await members.next();
    if (done || member.name !== name) throw notOne(file);
    if (member.bytes > MOST_MANIFEST_BYTES) throw damaged(file, 'its manifest is too long');
    texts.push((await bytesOf(member.content())).toString());
  }
  const [text = '', line = ''] = texts;
  return readManifest(file, text, line);
}

async function* tapped(
  content: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => unknown,
): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    see(piece);
    yield piece;
  }
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(content));
}

function explained(file: string, error: unknown): unknown {
  if (error instanceof Fault) {
    if (error.code !== 'tar.damaged') return error;
    // The first bytes decide what people hear: that it is another file, or that it is a broken one.
    return / at byte 0: there is no ustar/.test(error.message) ? notOne(file) : damaged(file, error.message);
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || (path !== undefined && path !== file)) return error;
  if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EISDIR') return error;
  return new Fault('backup.unreadable', `cannot read ${file}: ${messageOf(error)}`, {
    retry: 'never',
    hint: 'name a file that `holdfast backup` has made',
    cause: error,
  });
}
