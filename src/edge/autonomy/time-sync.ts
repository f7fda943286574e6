import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TimeSync } from './facts.ts';

/** Runs a program of the box. @returns what it said; undefined where it is not there, fails, or takes too long */
export type Run = (program: string, args: readonly string[]) => Promise<string | undefined>;

const run: Run = async (program, args) => {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], { timeout: 5000, maxBuffer: 65_536 });
    return stdout;
  } catch {
    return undefined;
  }
};

/** Touched by systemd-timesyncd whenever it has set or confirmed the clock. */
const STAMP = '/run/systemd/timesync/synchronized';

/**
 * What keeps the wall clock right: chrony where it answers, else the kernel's state as timedatectl reads it. The kernel
 * tells it by a system call alone, which no file of /proc stands for.
 */
export async function readTimeSync(ask: Run = run, stamp = STAMP): Promise<TimeSync> {
  const tracking = await ask('chronyc', ['-c', 'tracking']);
  const chrony = tracking === undefined ? undefined : ofChrony(tracking);
  if (chrony) return chrony;
  const said = (await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']))?.trim();
  const lastUs = await stat(stamp).then(
    ({ mtimeMs }) => Math.round(mtimeMs * 1000),
    () => undefined,
  );
  const last = lastUs === undefined ? {} : { lastUs };
  if (said === 'yes') return { state: 'synchronised', why: 'the kernel says synchronised', ...last };
  if (said === 'no') return { state: 'unsynchronised', why: 'the kernel says not synchronised', ...last };
  return {
    state: 'unknown',
    why: 'neither chronyc nor timedatectl tells whether a time server keeps the clock',
    ...last,
  };
}

/** A line of `chronyc -c tracking`: reference, stratum, time of the last update, offsets, frequency, …, leap status. */
function ofChrony(line: string): TimeSync | undefined {
  const fields = line.trim().split(',');
  const [, name, , lastS, offsetS] = fields;
  const [frequencyPpm, leap] = [Number(fields[7]), fields.at(-1)];
  if (fields.length < 14 || !Number.isFinite(frequencyPpm)) return undefined;
  // Chrony goes on correcting by what it has measured: alone the clock drifts by the error of that, its skew.
  const skewPpm = Number(fields[9]);
  const lastUs = Math.round(Number(lastS) * 1e6);
  const drift = Number.isFinite(skewPpm) && skewPpm > 0 ? { driftPpm: skewPpm } : {};
  const last = lastUs > 0 ? { lastUs } : {};
  if (leap === 'Not synchronised')
    return { state: 'unsynchronised', why: 'chrony says not synchronised', ...last, ...drift };
  const why = `chrony follows ${name || 'its reference'}, ${(Number(offsetS) * 1000).toFixed(3)} ms off`;
  return { state: 'synchronised', why, ...last, ...drift };
}
