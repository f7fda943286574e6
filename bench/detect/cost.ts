import type { Detector } from '#decide/detectors/api.ts';
import { Balance, learnBalance } from '#decide/detectors/balance.ts';
import { Drift, learnDrift } from '#decide/detectors/drift.ts';
import { LIMIT, Limit, limitOf } from '#decide/detectors/limit.ts';
import { learnSeason, SEASON, Season } from '#decide/detectors/season.ts';
import { learnUnusual, Unusual } from '#decide/detectors/unusual.ts';
import type { Row } from '../table.ts';

const ROWS = 2000;
const SECOND_US = 1e6;
/** Moments that each has seen before it is measured: what says nothing yet costs less. */
const SEEN = 200;
const MANY = [1000, 5000];

let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const columnsOf = (signals: number): Float64Array[] =>
  Array.from({ length: signals }, () => Float64Array.from({ length: ROWS }, random));

/**
 * Processor time of a sample, after a warm-up.
 * @param detectors that look at the same, one after the other: of many none is in the processor's cache when its moment comes
 */
function cost(detectors: readonly Detector[], columns: readonly Float64Array[], runMs: number): number {
  const values = new Float64Array(columns.length);
  let moment = 0;
  const show = (moments: number): void => {
    for (let i = 0; i < moments; i++, moment++) {
      for (let c = 0; c < values.length; c++) values[c] = columns[c]?.[moment % ROWS] as number;
      for (const detector of detectors) detector.observe(values, moment * SECOND_US);
    }
  };
  const some = Math.ceil(ROWS / detectors.length);
  const run = (ms: number): number => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    let moments = 0;
    for (; performance.now() - startMs < ms; moments += some) show(some);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (moments * columns.length * detectors.length);
  };
  show(SEEN);
  run(runMs / 2);
  return run(runMs);
}

/** What a detector costs of each sample that it is shown. */
export function costs(quick: boolean): Row[] {
  const runMs = quick ? 200 : 1000;
  const row = (
    what: string,
    detector: Detector | readonly Detector[],
    columns: readonly Float64Array[],
  ): Row => ({
    what: `cost of ${what}`,
    unit: 'µs a sample',
    ours: cost([detector].flat(), columns, runMs),
    goal: { most: 1 },
  });
  const drift = [8, 52].map((count) => {
    const columns = columnsOf(count);
    const signals = columns.map((_, i) => `s${i}`);
    return row(`drift over ${count} tags`, new Drift(learnDrift({ signals, columns })), columns);
  });
  const one = columnsOf(1);
  const unusual = (): Detector =>
    new Unusual(learnUnusual({ signals: ['s'], columns: [new Float64Array(0)] }, []));
  const balance = new Balance(learnBalance({ signals: ['s'], columns: one }));
  const limit = new Limit(limitOf(['s'], { ...LIMIT, limit: 2 }));
  const minutes = Array.from({ length: ROWS }, (_, i) => i * 60 * SECOND_US);
  const season = new Season(learnSeason({ signals: ['s'], columns: one }, minutes, { ...SEASON, visits: 1 }));
  return [
    ...drift,
    row('unusual, a tag', unusual(), one),
    ...MANY.map((tags) => row(`unusual, each of ${tags} tags`, Array.from({ length: tags }, unusual), one)),
    row('season, a tag', season, one),
    row('balance', balance, one),
    row('trend to a limit', limit, one),
  ];
}
