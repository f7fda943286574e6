import { globSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FAKETIME = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0] ?? '';

/** Why it is not possible here, if so. */
export const noFakeClock: string | false = FAKETIME === '' ? 'needs the Debian package faketime' : false;

/** Durations go on as they are. */
const WALL_CLOCK_ONLY = { DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };

/** For a process that sees another wall clock from its start to its end, by seconds from the right one. */
export const clockOff = (seconds: number): NodeJS.ProcessEnv => ({
  LD_PRELOAD: FAKETIME,
  FAKETIME: `${seconds < 0 ? '-' : '+'}${Math.abs(Math.round(seconds))}`,
  ...WALL_CLOCK_ONLY,
});

/** What makes a process see another wall clock, and moves that, by seconds from the right one. */
export function fakeClock(dir: string) {
  const file = join(dirname(dir), 'clock');
  const env = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    ...WALL_CLOCK_ONLY,
  };
  const offset = (seconds: number) =>
    writeFileSync(file, `${seconds < 0 ? '-' : '+'}${Math.abs(Math.round(seconds))}`);
  return { env, offset };
}
