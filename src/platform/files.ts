import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Size of a file in bytes; 0 when it does not exist. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Adds to the end of a file and fsyncs it, and its name. @returns bytes written @throws errors of the file system */
export function appendDurably(path: string, text: string): number {
  const isNew = fileBytes(path) === 0;
  const bytes = writeDurably(path, 'a', Buffer.from(text));
  if (isNew) syncFolder(dirname(path));
  return bytes;
}

/** Replaces a file so that a power cut leaves the old or the new one. @throws errors of the file system */
export function replaceDurably(path: string, text: string, mode = 0o640): number {
  const draft = `${path}.new`;
  const bytes = writeDurably(draft, 'w', Buffer.from(text), mode);
  renameSync(draft, path);
  syncFolder(dirname(path));
  return bytes;
}

/**
 * As {@link replaceDurably}; on a disk without a free byte the text goes into the room that the old file has, if there is
 * one: a power cut in that moment may leave a mixture. @throws errors of the file system
 */
export function replaceAnyhow(path: string, text: string, mode: number): void {
  try {
    replaceDurably(path, text, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'ENOSPC' && code !== 'EDQUOT') || fileBytes(path) === 0) throw error;
    writeDurably(path, 'r+', Buffer.from(text));
  }
}

/** A text on the disk that is to take the place of a file. Disposing of it removes what was not put. */
export interface Draft extends AsyncDisposable {
  /** One step that waits for no disk; durable once disposed of. @throws errors of the file system */
  put(): void;
}

/**
 * Prepares to replace a file that is there, where a link leads to; mode and owner stay, the owner as far as this process
 * may give a file away. A power cut leaves the old or the new one. One at a time for each path.
 * @throws errors of the file system
 */
export async function draftFor(path: string, text: string): Promise<Draft> {
  const real = await realpath(path);
  const { mode, uid, gid } = await stat(real);
  const draft = `${real}.new`;
  const discard = () => rm(draft, { force: true });
  try {
    await using file = await open(draft, 'w', mode & 0o777);
    // Only an administrator may; whoever may replace the file otherwise owns the new one.
    await file.chown(uid, gid).catch(() => {});
    await file.chmod(mode & 0o7777);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await discard();
    throw error;
  }
  let isPut = false;
  return {
    put() {
      renameSync(draft, real);
      isPut = true;
    },
    // Where a folder cannot be synced, a power cut may bring back the old file, which is whole.
    [Symbol.asyncDispose]: () => (isPut ? syncFolderAside(dirname(real)).catch(() => {}) : discard()),
  };
}

/**
 * As {@link replaceDurably}, without holding up the thread while the disk works. One at a time for each draft.
 * @throws errors of the file system
 */
export async function replaceDurablyAside(
  path: string,
  text: string,
  mode = 0o640,
  draft = `${path}.new`,
): Promise<void> {
  {
    await using file = await open(draft, 'w', mode);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(draft, path);
  await syncFolderAside(dirname(path));
}

/** As `syncFolder`, without holding up the thread. */
export async function syncFolderAside(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

function writeDurably(path: string, flag: 'a' | 'w' | 'r+', bytes: Uint8Array, mode = 0o640): number {
  const file = openSync(path, flag, mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (flag === 'r+') ftruncateSync(file, bytes.length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return bytes.length;
}

/** Makes names in a folder durable after creating or renaming. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
