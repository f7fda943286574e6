import type { AutonomyLine } from '#contract/autonomy.ts';

export const DAY_US = 86_400e6;

type Common = Pick<AutonomyLine, 'reason' | 'subject' | 'effect' | 'why'> & { readonly counts?: boolean };

/** @param days until then; below 0: since */
export const ends = (days: number, { counts = true, ...line }: Common): AutonomyLine => ({
  ...line,
  state: 'ends',
  counts,
  days: Math.max(0, Math.round(days * 100) / 100),
});

export const lasts = ({ counts = true, ...line }: Common): AutonomyLine => ({
  ...line,
  state: 'lasts',
  counts,
});

export const unknown = ({ counts = true, ...line }: Common): AutonomyLine => ({
  ...line,
  state: 'unknown',
  counts,
});

/** Bytes as people say them. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
