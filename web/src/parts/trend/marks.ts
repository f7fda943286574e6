import type { AlarmStatus } from '#contract/client.ts';

/** Something that happened: stands above the lines, at its time. */
export interface Mark {
  readonly id: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly kind: 'alarm' | 'write' | 'finding';
  readonly priority?: AlarmStatus['priority'] | undefined;
  /** Went back to normal, or did not go as it was meant to. */
  readonly isHollow: boolean;
  readonly title: string;
  readonly about: string;
}

/** Marks that would lie upon each other, as one. */
export interface Heap {
  /** Pixels from the left. */
  readonly x: number;
  readonly marks: readonly Mark[];
}

const WIDTH = 14;

/**
 * What is drawn of marks: those too close to be told apart are one heap.
 * @param marks in the order of their times
 * @param xOf place of a time, in pixels
 */
export function heapsOf(marks: readonly Mark[], xOf: (time: number) => number, width: number): Heap[] {
  const heaps: { x: number; marks: Mark[] }[] = [];
  for (const mark of marks) {
    const x = xOf(mark.time);
    if (x < 0 || x > width) continue;
    const last = heaps.at(-1);
    if (last && x - last.x < WIDTH) last.marks.push(mark);
    else heaps.push({ x, marks: [mark] });
  }
  return heaps;
}

export const heapAt = (heaps: readonly Heap[], x: number): Heap | undefined =>
  heaps.find((heap) => Math.abs(heap.x - x) <= WIDTH / 2);
