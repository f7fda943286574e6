import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Fault, messageOf } from '#kernel/fault.ts';

/** A user of this machine. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Users that may be there already, the one of our own service first. */
const NAMES = ['holdfast', 'postgres'] as const;

/**
 * Whom PostgreSQL runs as: it refuses root. Whoever runs the hub, unless that is root: then who owns its data already, a
 * user that is there for such things, or a new one.
 * @param dataDir folder of the cluster, which need not be there
 * @returns undefined: as whoever runs the hub
 * @throws Fault `hub.no-account`
 */
export async function accountFor(dataDir: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const known = NAMES.map(accountOf).find((one) => one !== undefined);
  if (known) return known;
  try {
    const system = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
    await promisify(execFile)('useradd', [...system, NAMES[0]]);
  } catch (cause) {
    throw noAccount(messageOf(cause), cause);
  }
  const made = accountOf(NAMES[0]);
  if (!made) throw noAccount(`${NAMES[0]} is not in /etc/passwd`);
  return made;
}

const noAccount = (why: string, cause?: unknown): Fault =>
  new Fault('hub.no-account', `PostgreSQL does not run as root, and no user could be made for it: ${why}`, {
    retry: 'never',
    hint: 'run the hub as a user of its own, or make a system user named holdfast',
    cause,
  });

function accountOf(name: string): Account | undefined {
  const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users()) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function users(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/** The first folder on the way to a path that the account may not enter. Access lists beyond the mode are not seen. */
export function closedFolder(path: string, { uid, gid }: Account): string | undefined {
  const parents: string[] = [];
  for (let at = dirname(path); !parents.includes(at); at = dirname(at)) parents.unshift(at);
  return parents.find((folder) => {
    const found = statSync(folder);
    const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
    return (found.mode & bit) === 0;
  });
}
