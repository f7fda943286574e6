const UNITS_US: { readonly [unit: string]: number } = {
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
};

/** Longest window: a week. Longer spans belong to the historian. */
const MAX_US = 7 * 86_400e6;

/**
 * Length of a window such as `500ms`, `10s`, `1.5m`, `8h`, `1d`.
 * @returns µs, or a sentence that says what is wrong
 */
export function parseDuration(text: string): number | string {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return `"${text}" is no length of time`;
  const us = Math.round(Number(match[1]) * (UNITS_US[match[2] as string] as number));
  if (us < 1000) return `a window of ${text} is too short; the shortest is 1ms`;
  if (us > MAX_US) return `a window of ${text} is too long; the longest is 7d`;
  return us;
}
