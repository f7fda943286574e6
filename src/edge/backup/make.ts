import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readYaml } from '#contract/yaml.ts';
import { type CopiedLearned, copyLearned } from '#edge/backup/learned.ts';
import {
  BACKUP_FORMAT,
  digestLine,
  type Manifest,
  MEMBERS,
  manifestText,
  sha256,
} from '#edge/backup/manifest.ts';
import { type CopiedPictures, copyPictures } from '#edge/backup/pictures.ts';
import { sealKeys } from '#edge/backup/sealed-keys.ts';
import { readSiteFile } from '#edge/blueprint.ts';
import { configVersions } from '#edge/config-history.ts';
import { CONFIG_STATE, digestOf, SITE_FOLDER_STATE } from '#edge/config-record.ts';
import { journalDir, learnedDir, MODE_STATE } from '#edge/data-folder.ts';
import { folderOf } from '#edge/pictures/folder.ts';
import { type CopiedJournal, copyJournal } from '#journal/copy.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { syncFolderAside } from '#platform/files.ts';
import { takeLock, troubleOf } from '#platform/sqlite.ts';
import { type Content, putEnd, putMember } from '#platform/tar.ts';
import { copyTrust, ownKeys, type TrustCopy } from '#trust/copy.ts';
import { trustDir } from '#trust/store.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** The site file, where the journal does not remember it any more. */
  readonly siteFile?: string | undefined;
  readonly out: string;
  readonly samples?: boolean;
  /** Seals the private keys, which are left out without it. */
  readonly passphrase?: string | undefined;
  readonly version: string;
  readonly nowUs: number;
  readonly signal?: AbortSignal;
  readonly progress?: (bytes: number, of: number) => void;
}

export interface MadeBackup {
  readonly file: string;
  readonly bytes: number;
  readonly manifest: Manifest;
  /** What somebody should know of it. */
  readonly warnings: readonly string[];
}

/** Files that nobody else has until they are one: a folder beside the archive, of one backup at a time. */
const STAGING = '.new';

/**
 * Makes an archive of a site that runs or is stopped, and changes nothing of that site. The file is whole or is not
 * there: what a kill leaves is the folder beside it, which the next backup of that name removes.
 * @throws Fault `journal.none`, `journal.damaged`, `backup.running`, `backup.no-site-file`, `site.unreadable`, `backup.out`
 */
export async function makeBackup(options: BackupOptions): Promise<MadeBackup> {
  const out = resolve(options.out);
  const staging = `${out}${STAGING}`;
  try {
    const isFolder = (await stat(out).catch(() => undefined))?.isDirectory();
    if (isFolder) throw outFault(out, 'it is a folder');
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const unlock = takeLock(join(staging, 'lock'));
    if (!unlock) throw inUse(out);
    try {
      await removeAll(staging);
      const made = await makeIn(staging, options, out);
      await syncFolderAside(dirname(out));
      return made;
    } finally {
      unlock();
      await rm(staging, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof Fault || !isOfFiles(error)) throw error;
    throw outFault(out, messageOf(error), error);
  }
}

async function makeIn(staging: string, options: BackupOptions, out: string): Promise<MadeBackup> {
  const { dataDir, siteFile, samples = false, signal, progress, passphrase, version, nowUs } = options;
  const database = join(staging, MEMBERS.journal);
  const journal = await copyJournal(journalDir(dataDir), database, {
    samples,
    signal,
    ...(progress && { progress }),
  });
  const site = await siteText(staging, journal, siteFile);
  const pictures = await copyPictures(
    site.text,
    siteFile === undefined ? folderThen(journal) : folderOf(resolve(siteFile)),
  );
  const trust = await copyTrust(trustDir(dataDir));
  const learned = await copyLearned(learnedDir(dataDir));
  const name = siteName(site.text);
  const contents = await contentsOf(journal, { site: site.text, pictures, learned, trust, database });
  const keys = passphrase === undefined ? undefined : await ownKeys(trustDir(dataDir));
  if (keys && passphrase !== undefined)
    contents.splice(-2, 0, [MEMBERS.keys, Buffer.from(await sealKeys(keys, passphrase, name))]);
  const members = await Promise.all(
    contents.map(async ([name, content]) => ({
      name,
      bytes: sizeOf(content),
      digest: await digestOfContent(content),
    })),
  );
  const { head } = journal;
  const manifest: Manifest = {
    format: BACKUP_FORMAT,
    kind: 'holdfast-backup',
    site: name,
    mode: stateOf(journal, MODE_STATE) === 'shadow' ? 'shadow' : 'live',
    version,
    madeAtUs: nowUs,
    journalFormat: journal.format,
    config: digestOf(site.text),
    samples,
    head: {
      epoch: head.epoch,
      seq: head.seq,
      steadyUs: head.steady_us,
      wallUs: head.wall_us,
      eventSeq: head.event_seq,
      eventHash: Buffer.from(head.event_hash).toString('hex'),
      eventCount: head.event_count,
    },
    own: trust.own.map(({ protocol, fingerprint, subject }) => ({ protocol, fingerprint, subject })),
    members,
  };
  const draft = join(staging, 'archive');
  const bytes = await writeArchive(draft, manifest, contents, signal);
  await rename(draft, out);
  return {
    file: out,
    bytes,
    manifest,
    warnings: [...warningsOf(site.warning, trust, keys), ...pictures.warnings, ...learned.warnings],
  };
}

function warningsOf(
  site: string | undefined,
  { damage, own }: TrustCopy,
  keys: { readonly [file: string]: string } | undefined,
): string[] {
  const warnings = site === undefined ? [] : [site];
  if (damage !== undefined) warnings.push(`${damage}: the certificates of peers wait again after a restore`);
  if (keys && Object.keys(keys).length === 0 && own.length === 0)
    warnings.push('this site has no private keys: none are in the backup');
  return warnings;
}

/** The text that ran last; in the history, since the file may have been saved since, with errors in it. */
async function siteText(
  staging: string,
  journal: CopiedJournal,
  siteFile: string | undefined,
): Promise<{ readonly text: string; readonly warning?: string }> {
  const running = stateOf(journal, CONFIG_STATE);
  let text: string | undefined;
  for await (const version of configVersions(staging)) if (version.digest === running) text = version.text;
  const named = siteFile === undefined ? undefined : await readSiteFile(siteFile);
  if (text !== undefined) {
    const differs = named !== undefined && digestOf(named) !== running;
    const warning = `${siteFile} is not what ran last: the backup holds what ran (\`holdfast config diff\` compares)`;
    return { text, ...(differs && { warning }) };
  }
  if (named !== undefined && (running === undefined || digestOf(named) === running)) return { text: named };
  if (named !== undefined) {
    const warning = `the journal does not remember the site file that ran last: the backup holds ${siteFile}`;
    return { text: named, warning };
  }
  throw new Fault('backup.no-site-file', 'the journal does not remember the site file that ran last', {
    retry: 'never',
    hint: 'name it with --site',
  });
}

function stateOf({ state }: CopiedJournal, key: string): unknown {
  const text = state.get(key);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Of the site file that ran last; undefined where the site was given no file. */
function folderThen(journal: CopiedJournal): string | undefined {
  const folder = stateOf(journal, SITE_FOLDER_STATE);
  return typeof folder === 'string' ? folder : undefined;
}

/** As the file says; a backup is for people, who know their site by it. */
function siteName(text: string): string {
  const { site } = (readYaml(text).root ?? {}) as { readonly site?: unknown };
  return typeof site === 'string' ? site : 'unknown';
}

async function contentsOf(
  journal: CopiedJournal,
  {
    site,
    pictures,
    learned,
    trust,
    database,
  }: {
    readonly site: string;
    readonly pictures: CopiedPictures;
    readonly learned: CopiedLearned;
    readonly trust: TrustCopy;
    readonly database: string;
  },
): Promise<[name: string, content: Content][]> {
  return [
    [MEMBERS.site, Buffer.from(site)],
    ...pictures.files,
    ...learned.files,
    ...[...trust.files].map(([name, bytes]): [string, Content] => [`trust/${name}`, bytes]),
    [MEMBERS.ledger, Buffer.from(journal.ledger)],
    [MEMBERS.journal, { file: database, bytes: (await stat(database)).size }],
  ];
}

const sizeOf = (content: Content): number => (content instanceof Uint8Array ? content.length : content.bytes);

async function digestOfContent(content: Content): Promise<string> {
  if (content instanceof Uint8Array) return sha256(content);
  const hash = createHash('sha256');
  for await (const piece of createReadStream(content.file)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

async function writeArchive(
  path: string,
  manifest: Manifest,
  contents: readonly (readonly [string, Content])[],
  signal: AbortSignal | undefined,
): Promise<number> {
  await using file = await open(path, 'wx', 0o600);
  let bytes = 0;
  const put = async (piece: Uint8Array): Promise<void> => {
    signal?.throwIfAborted();
    await writeAll(file, piece);
    bytes += piece.length;
  };
  const text = manifestText(manifest);
  const mtimeS = manifest.madeAtUs / 1e6;
  await putMember(put, MEMBERS.manifest, Buffer.from(text), mtimeS);
  await putMember(put, MEMBERS.manifestDigest, Buffer.from(digestLine(text)), mtimeS);
  for (const [name, content] of contents) await putMember(put, name, content, mtimeS);
  await putEnd(put);
  await file.sync();
  return bytes;
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let done = 0; done < piece.length; ) done += (await file.write(piece, done)).bytesWritten;
}

async function removeAll(staging: string): Promise<void> {
  for (const name of await readdir(staging))
    if (!name.startsWith('lock')) await rm(join(staging, name), { recursive: true, force: true });
}

const isOfFiles = (error: unknown): boolean => troubleOf(error) !== 'other';

const outFault = (out: string, why: string, cause?: unknown): Fault =>
  new Fault('backup.out', `cannot write ${out}: ${why}. There is no new backup`, {
    retry: 'never',
    hint: 'name with --out a file on a disk with room for twice the backup, better not that of the site',
    cause,
  });

const inUse = (out: string): Fault =>
  new Fault('backup.running', `another process is making ${out}`, {
    retry: 'never',
    hint: 'wait for it, or name another file',
  });
