import type { Detector } from '#decide/detectors/api.ts';
import { Balance, learnBalance } from '#decide/detectors/balance.ts';
import { Drift, learnDrift } from '#decide/detectors/drift.ts';
import { LIMIT, Limit, limitOf } from '#decide/detectors/limit.ts';
import { learnSeason, SEASON, Season } from '#decide/detectors/season.ts';
import { learnUnusual, Unusual } from '#decide/detectors/unusual.ts';
import type { Row } from '../table.ts';

const ROWS = 2000;
const SECOND_US = 1e6;

let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const columnsOf = (signals: number): Float64Array[] =>
  Array.from({ length: signals }, () => Float64Array.from({ length: ROWS }, random));

/** Processor time of a sample, after a warm-up. */
function cost(detector: Detector, columns: readonly Float64Array[], runMs: number): number {
  const values = new Float64Array(columns.length);
  let moment = 0;
  const run = (ms: number): number => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    let moments = 0;
    while (performance.now() - startMs < ms) {
      for (let row = 0; row < ROWS; row++) {
        for (let i = 0; i < values.length; i++) values[i] = columns[i]?.[row] as number;
        detector.observe(values, moment++ * SECOND_US);
      }
      moments += ROWS;
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (moments * columns.length);
  };
  run(runMs / 2);
  return run(runMs);
}

/** What a detector costs of each sample that it is shown. */
export function costs(quick: boolean): Row[] {
  const runMs = quick ? 200 : 1000;
  const row = (what: string, detector: Detector, columns: readonly Float64Array[]): Row => ({
    what: `cost of ${what}`,
    unit: 'µs a sample',
    ours: cost(detector, columns, runMs),
    goal: { most: 1 },
  });
  const drift = [8, 52].map((count) => {
    const columns = columnsOf(count);
    const signals = columns.map((_, i) => `s${i}`);
    return row(`drift over ${count} tags`, new Drift(learnDrift({ signals, columns })), columns);
  });
  const one = columnsOf(1);
  const unusual = new Unusual(learnUnusual({ signals: ['s'], columns: [new Float64Array(0)] }, []));
  const balance = new Balance(learnBalance({ signals: ['s'], columns: one }));
  const limit = new Limit(limitOf(['s'], { ...LIMIT, limit: 2 }));
  const minutes = Array.from({ length: ROWS }, (_, i) => i * 60 * SECOND_US);
  const season = new Season(learnSeason({ signals: ['s'], columns: one }, minutes, { ...SEASON, visits: 1 }));
  return [
    ...drift,
    row('unusual, a tag', unusual, one),
    row('season, a tag', season, one),
    row('balance', balance, one),
    row('trend to a limit', limit, one),
  ];
}
