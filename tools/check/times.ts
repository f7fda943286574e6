import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Step } from './steps.ts';

/** How long steps took when they were run last, ms by their title. */
export type Times = ReadonlyMap<string, number>;

/** Nothing where nothing is known, or what is there cannot be read: it is a hint and no more. */
export function readTimes(path: string): Times {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as { [title: string]: number }));
  } catch {
    return new Map();
  }
}

export function writeTimes(path: string, times: Times): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(Object.fromEntries(times)));
}

/** What takes long must not begin last, when nothing is left to run beside it. What was never run may take long. */
export function longestFirst(steps: readonly Step[], times: Times): Step[] {
  const ms = ({ title }: Step) => times.get(title) ?? Number.POSITIVE_INFINITY;
  return steps.toSorted((a, b) => (ms(a) === ms(b) ? 0 : ms(b) - ms(a)));
}
