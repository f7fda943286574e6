import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shown, withSpread } from './cells.ts';
import { between, markdown, page, type Result, type Results } from './pages.ts';
import type { Figure } from './runs.ts';

const FOLDER = join(import.meta.dirname, 'results');
const README = join(import.meta.dirname, '../README.md');
const BEGIN = '<!-- scripts/bench --write puts figures here: begin -->';
const END = '<!-- scripts/bench --write puts figures here: end -->';

/** The five that the README shows: bench, how the row begins, and what it is to people who do not know the bench. */
const SHOWN: readonly (readonly [bench: string, what: string, says: string])[] = [
  [
    'journal',
    'durable through intake, rules and journal',
    'samples through 1,000 alarms, on disk with fsync',
  ],
  ['mqtt', 'telemetry, beside Node-RED', 'MQTT → JSON → derived tag → journal → MQTT'],
  [
    'round-trip',
    'Modbus → Modbus: change to confirmed, p99',
    'a register changes → rule → write at another device, confirmed by its feedback',
  ],
  ['footprint', 'start to first decision, ', 'start to the first decision, with a backlog'],
  ['history', 'history: on disk', 'history on disk'],
];

/**
 * Writes what was measured to `bench/results/` and the README. Benches that did not run keep the figures that they have
 * there. @param order of the benches on the page
 */
export function write(measured: Results, order: readonly string[]): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, 'results.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
  const all = { ...before, ...measured };
  const results = Object.fromEntries(
    order.flatMap((bench): [string, Result][] => (all[bench] ? [[bench, all[bench]]] : [])),
  );
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(FOLDER, 'README.md'), page(results));
  writeFileSync(README, between(readFileSync(README, 'utf8'), BEGIN, END, excerpt(results)));
}

/** The figures of the README; those that nobody has measured yet are left out. */
export function excerpt(results: Results): string {
  const lines = SHOWN.flatMap(([bench, begins, says]) => {
    // The last that begins so: of several backlogs the longest.
    const figure = results[bench]?.figures.findLast(({ what }) => what.startsWith(begins));
    return figure ? [lineOf(says, figure)] : [];
  });
  return markdown(['what', 'Holdfast', 'beside', ''], lines);
}

const lineOf = (says: string, { ours, unit, peer, ratio }: Figure): string[] => [
  says,
  `${withSpread(ours)} ${unit}`,
  peer ? `${shown(peer.median)} (${peer.name})` : '',
  ratio ? `${shown(ratio.median)} ×` : '',
];
