/** Rows by what was said of them and what was so. */
export interface Confusion {
  readonly hit: number;
  readonly falseAlarm: number;
  readonly missed: number;
  readonly quiet: number;
}

/** @param from first row that counts */
export function confusion(said: Uint8Array, so: Uint8Array, from: number): Confusion {
  const count = [0, 0, 0, 0];
  for (let row = from; row < so.length; row++) {
    const place = (said[row] ? 2 : 0) + (so[row] ? 1 : 0);
    count[place] = (count[place] ?? 0) + 1;
  }
  const [quiet = 0, missed = 0, falseAlarm = 0, hit = 0] = count;
  return { hit, falseAlarm, missed, quiet };
}

export const pooled = (parts: readonly Confusion[]): Confusion =>
  parts.reduce(
    (sum, one) => ({
      hit: sum.hit + one.hit,
      falseAlarm: sum.falseAlarm + one.falseAlarm,
      missed: sum.missed + one.missed,
      quiet: sum.quiet + one.quiet,
    }),
    { hit: 0, falseAlarm: 0, missed: 0, quiet: 0 },
  );

export const f1 = ({ hit, falseAlarm, missed }: Confusion): number =>
  (2 * hit) / (2 * hit + falseAlarm + missed);
/** Per cent of the rows at which nothing was wrong. */
export const falseAlarms = ({ falseAlarm, quiet }: Confusion): number =>
  (100 * falseAlarm) / (falseAlarm + quiet);
/** Per cent of the rows at which something was wrong. */
export const misses = ({ hit, missed }: Confusion): number => (100 * missed) / (hit + missed);
