import { readFile, realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#kernel/fault.ts';

/** What the box says of itself; nothing of it needs rights, and all of it may be missing. */

/** Free for whoever is no administrator; undefined where the folder cannot be looked at. */
export async function freeBytes(dir: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Bytes that this process caused to be written to a disk since it started; undefined where no kernel counts them. */
export async function writtenByProcess(proc = '/proc'): Promise<number | undefined> {
  const text = await readFile(join(proc, 'self/io'), 'utf8').catch(() => '');
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(text) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

export interface FlashLife {
  /** Used up, 0 to 1, at most; eMMC counts in tenths (JESD84-B51, 7.4.68). */
  readonly usedShare?: number;
  /** Its name and what it says, or why it says nothing. */
  readonly said: string;
}

/** What the device under a folder says of its wear. @param sys where sysfs is */
export async function flashLife(dir: string, sys = '/sys'): Promise<FlashLife> {
  try {
    const { dev } = await stat(dir);
    // As the kernel codes device numbers for user space.
    const major = ((dev >>> 8) & 0xfff) | 0;
    const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
    const device = await realpath(join(sys, 'dev/block', `${major}:${minor}`)).catch(() => undefined);
    if (device === undefined) return { said: 'its file system is on no block device' };
    return await lifeOf(device);
  } catch (error) {
    return { said: `the device cannot be looked at: ${messageOf(error)}` };
  }
}

/** A partition is a folder below that of its device. */
async function lifeOf(device: string): Promise<FlashLife> {
  for (const path of [device, join(device, '..')]) {
    const text = await readFile(join(path, 'device/life_time'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const name = path.split('/').at(-1) ?? path;
    const steps = text
      .trim()
      .split(/\s+/)
      .map((one) => Number(one));
    const worst = Math.max(...steps);
    if (!Number.isInteger(worst) || worst < 1 || worst > 11)
      return { said: `${name} does not tell its wear: life_time ${text.trim()}` };
    return {
      usedShare: Math.min(1, worst / 10),
      said:
        worst > 10 ? `${name}: over its life time` : `${name}: ${(worst - 1) * 10} to ${worst * 10} % used`,
    };
  }
  const name = device.split('/').at(-1) ?? device;
  const why = name.startsWith('nvme')
    ? 'NVMe tells its wear to administrators only: nvme smart-log'
    : 'it is no eMMC that tells its wear';
  return { said: `${name}: ${why}` };
}
