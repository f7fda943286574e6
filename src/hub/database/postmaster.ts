import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '#platform/process.ts';

/** A PostgreSQL server of a folder, as the file says that it keeps there while it runs. */
export interface Postmaster {
  readonly pid: number;
  /** Takes connections. */
  readonly isReady: boolean;
}

/** Lines of the file, counted from 0 (PostgreSQL's pidfile.h). */
const PID = 0;
const STATUS = 7;

/**
 * Undefined where none lives. After a power cut the file may name somebody else's process.
 * @param dataDir folder of the cluster
 */
export function postmasterOf(dataDir: string): Postmaster | undefined {
  let lines: readonly string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[PID]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid)) return undefined;
  return { pid, isReady: lines[STATUS]?.trim() === 'ready' };
}

/**
 * Whether a living process with this number is PostgreSQL, as far as the system tells. One that has ended and that
 * nobody has asked about, as in a container without an init, does not live.
 */
export function isPostgres(pid: number): boolean {
  if (process.platform !== 'linux') return isAlive(pid);
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return /^Name:\s+postgres/m.test(status) && !/^State:\s+Z/m.test(status);
  } catch {
    return false;
  }
}
