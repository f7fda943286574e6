import { chown, lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AUTONOMY_STATE, NOTHING_COUNTED } from '#edge/autonomy/watch.ts';
import { type Archive, extractArchive, verifyArchive } from '#edge/backup/archive.ts';
import { type Manifest, MEMBERS } from '#edge/backup/manifest.ts';
import { RESTORED_STATE, type Restored } from '#edge/backup/restored.ts';
import { type Keys, openKeys } from '#edge/backup/sealed-keys.ts';
import { checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { GUARD_STATE } from '#edge/writes.ts';
import { reviveJournal, type SkippedRows, verifyCopy } from '#journal/revive.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside, syncFolderAside } from '#platform/files.ts';
import { takeLock, troubleOf } from '#platform/sqlite.ts';
import { type ReplacedIdentity, retireIdentities } from '#trust/retire.ts';
import { trustDir } from '#trust/store.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly dataDir: string;
  /** Another box takes the place of the one that the backup was made of. */
  readonly asReplacement?: boolean | undefined;
  /** Opens the private keys. Without it they are left out. */
  readonly passphrase?: string | undefined;
  readonly nowUs: number;
}

export interface RestoredSite {
  readonly dataDir: string;
  readonly siteFile: string;
  readonly manifest: Manifest;
  readonly replaced: readonly ReplacedIdentity[];
  readonly skipped: readonly SkippedRows[];
  /** Whether the archive has keys that were left out. */
  readonly keysLeft: boolean;
}

const STAGING = '.restoring';
/** The site file within a restored data folder. */
const SITE_FILE = 'site.yaml';

/**
 * Puts a site into an empty data folder. Everything is verified before anything is written; then the folder is built
 * beside its place and renamed, so that a kill leaves it whole or not there.
 * @throws Fault `restore.not-empty`, `restore.folder`, those of {@link verifyArchive} and {@link openKeys}, `journal.damaged`
 */
export async function restoreSite(options: RestoreOptions): Promise<RestoredSite> {
  const { file, asReplacement = false, passphrase } = options;
  const place = await placeOf(options.dataDir);
  const archive = await verifyArchive(file);
  const { manifest } = archive;
  const keys = await keysOf(archive, asReplacement, passphrase);
  const staging = join(dirname(place.dir), `${basename(place.dir)}${STAGING}`);
  try {
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const unlock = takeLock(join(staging, 'lock'));
    if (!unlock) throw inUse(place.dir);
    try {
      for (const name of await readdir(staging))
        if (!name.startsWith('lock')) await rm(join(staging, name), { recursive: true, force: true });
      const built = join(staging, 'site');
      const done = await build(built, options, archive, keys);
      await own(built, place);
      await syncAll(built);
      await rename(built, place.dir);
      await syncFolderAside(dirname(place.dir));
      const siteFile = join(place.dir, SITE_FILE);
      return {
        dataDir: place.dir,
        siteFile,
        manifest,
        keysLeft: archive.keys !== undefined && !keys,
        ...done,
      };
    } finally {
      unlock();
      await rm(staging, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof Fault || troubleOf(error) === 'other') throw error;
    throw folderFault(place.dir, error);
  }
}

/** Where a backup keeps what a folder keeps. */
function fileOf(name: string): string | undefined {
  if (name === MEMBERS.keys) return undefined;
  if (name === MEMBERS.journal || name === MEMBERS.ledger) return join('journal', name);
  return name;
}

async function build(
  dir: string,
  { file, asReplacement = false, nowUs }: RestoreOptions,
  { manifest }: Archive,
  keys: Keys | undefined,
): Promise<Pick<RestoredSite, 'replaced' | 'skipped'>> {
  await mkdir(dir, { mode: 0o700 });
  await extractArchive(file, dir, fileOf);
  verifyCopy(journalDir(dir), manifest.head);
  for (const [name, pem] of Object.entries(keys ?? {})) {
    await mkdir(join(trustDir(dir), 'own'), { recursive: true, mode: 0o700 });
    await replaceDurablyAside(join(trustDir(dir), 'own', name), pem, 0o600);
  }
  const replaced = keys ? [] : await retireIdentities(trustDir(dir), nowUs / 1000);
  const skipped = await revive(dir, manifest, { replacement: asReplacement, identities: replaced, nowUs });
  return { replaced, skipped };
}

async function revive(
  dir: string,
  manifest: Manifest,
  { nowUs, ...box }: Pick<Restored, 'replacement' | 'identities'> & { readonly nowUs: number },
): Promise<readonly SkippedRows[]> {
  const { site, madeAtUs, head } = manifest;
  const knowing = await sinksThatKnow(join(dir, SITE_FILE));
  let all: readonly SkippedRows[] = [];
  reviveJournal(journalDir(dir), {
    mayRepeat: (sink) => knowing.has(sink),
    state(key, value) {
      // Nobody has written to the flash of another box yet.
      if (key === AUTONOMY_STATE && box.replacement) return NOTHING_COUNTED;
      return key === GUARD_STATE ? withoutHolders(value) : undefined;
    },
    added(skipped) {
      all = skipped;
      const restored: Restored = {
        site,
        backupUs: madeAtUs,
        restoredUs: nowUs,
        backupEpoch: head.epoch,
        backupWallUs: head.wallUs,
        ...box,
        skipped,
        told: false,
      };
      return new Map([[RESTORED_STATE, restored as unknown as Json]]);
    },
  });
  return all;
}

/** Sinks whose far side keeps our position and so takes nothing twice. Only the hub where the site file cannot be read any more. */
async function sinksThatKnow(siteFile: string): Promise<ReadonlySet<string>> {
  const { blueprint } = await checkSite(await readFile(siteFile, 'utf8'));
  if (!blueprint) return new Set([HUB_CURSOR]);
  const { model, plugins } = blueprint;
  const knowing = model.sinks.filter(({ kind }) => plugins.sinks[kind]?.delivers === 'exactly-once');
  return new Set([HUB_CURSOR, ...knowing.map(({ id }) => id)]);
}

/** Whoever held a tag may be gone, and so may the time: the lease has run out, and the safe value is owed. */
function withoutHolders(guard: Json): Json {
  const { leases } = guard as { readonly leases?: readonly { readonly [field: string]: Json }[] };
  return { ...(guard as object), leases: (leases ?? []).map((lease) => ({ ...lease, untilUs: 0 })) };
}

async function keysOf(
  { keys, manifest }: Archive,
  asReplacement: boolean,
  passphrase: string | undefined,
): Promise<Keys | undefined> {
  if (passphrase === undefined) return undefined;
  if (asReplacement)
    throw new Fault('restore.usage', 'a replacement gets keys of its own: it takes no passphrase', {
      retry: 'never',
      hint: 'leave the passphrase away, or --as-replacement where the same box goes on',
    });
  if (keys === undefined)
    throw new Fault('backup.no-keys', 'there are no private keys in this backup', {
      retry: 'never',
      hint: 'leave the passphrase away: the site makes new ones',
    });
  return await openKeys(keys, passphrase, manifest.site);
}

interface Place {
  readonly dir: string;
  /** Whose the folder was: a service may not run as the one who restores. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

async function placeOf(dataDir: string): Promise<Place> {
  const dir = await realpath(dataDir).catch(() => resolve(dataDir));
  const found = await stat(dir).catch(() => undefined);
  if (!found) return { dir, owner: undefined };
  const names = found.isDirectory() ? await readdir(dir) : ['a file'];
  if (names.length > 0)
    throw new Fault('restore.not-empty', `${dir} is not empty: it holds ${names.slice(0, 5).join(', ')}`, {
      retry: 'never',
      hint: names.includes('journal')
        ? 'a site is in there. Name another folder with --data, or move this one away'
        : 'name another folder with --data',
    });
  const parent = await stat(dirname(dir));
  if (parent.dev !== found.dev)
    throw new Fault(
      'restore.folder',
      `${dir} is a file system of its own, and cannot be put in place whole`,
      {
        retry: 'never',
        hint: `name a folder within it: --data ${join(dir, 'data')}`,
      },
    );
  return { dir, owner: { uid: found.uid, gid: found.gid } };
}

/** Gives all of it to whom the empty folder belonged; only an administrator can. */
async function own(dir: string, { owner }: Place): Promise<void> {
  if (!owner || process.getuid?.() !== 0) return;
  for (const path of await everything(dir)) await chown(path, owner.uid, owner.gid);
}

async function syncAll(dir: string): Promise<void> {
  for (const path of await everything(dir)) {
    await using file = await open(path, 'r');
    await file.sync();
  }
}

/** All files and folders below, and the folder itself at the end. */
async function everything(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  const paths = names.map((name) => join(dir, name));
  const known = await Promise.all(
    paths.map(async (path) => ((await lstat(path)).isSymbolicLink() ? [] : [path])),
  );
  return [...known.flat().sort().reverse(), dir];
}

const inUse = (dir: string): Fault =>
  new Fault('restore.running', `another process is restoring ${dir}`, {
    retry: 'never',
    hint: 'wait for it',
  });

const folderFault = (dir: string, cause: unknown): Fault =>
  new Fault('restore.folder', `cannot restore to ${dir}: ${messageOf(cause)}. Nothing was put there`, {
    retry: 'never',
    hint: 'make room on its disk, or name with --data a folder that you may write beside',
    cause,
  });
