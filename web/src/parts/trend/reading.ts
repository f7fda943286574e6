import { firstFrom } from './compose.ts';
import type { Line } from './piece.ts';

/** What is known of one line at a time. */
export interface Reading {
  readonly value: number | undefined;
  readonly quality: number;
  /** Why nothing is known there, or what is doubtful; empty where all is well. */
  readonly remark: string;
  /** When the sample was taken. */
  readonly time: number | undefined;
}

/** The last sample until a time; none where a hole is. */
export function readingAt(line: Line, time: number): Reading {
  const hole = line.holes.find(({ from, to }) => from <= time && time < to);
  if (hole) return { value: undefined, quality: 0, remark: hole.why, time: undefined };
  const doubt = line.doubts.find(({ from, to }) => from <= time && time < to);
  let i = firstFrom(line.times, time);
  if (line.times[i] !== time) i--;
  const value = line.values[i];
  if (value === undefined || value === null)
    return { value: undefined, quality: 0, remark: doubt?.why ?? 'nothing known', time: undefined };
  return { value, quality: line.qualities[i] ?? 0, remark: doubt?.why ?? '', time: line.times[i] };
}
