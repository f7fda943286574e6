import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { merged, type Result, textTable, withTable } from './results.ts';
import { runTorture } from './run.ts';
import { lineThrough } from './slope.ts';
import type { Report, Torture } from './torture.ts';
import { TORTURES } from './tortures.ts';

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const form = { long: false, seed: 1, hours: 1, progress: () => {} };
const reporting = (report: Report): Torture => ({ name: 'one', about: '', run: async () => report });
const rows = { acquired: 10, stored: 8, counted: 2, lost: 0 };

test('docs/reliability.md has the table of docs/reliability.json, and a line for each torture', () => {
  const page = docs('reliability.md');
  const results = JSON.parse(docs('reliability.json')) as Result[];
  assert.equal(page, withTable(page, results), 'run: scripts/torture --record');
  for (const name of Object.keys(TORTURES))
    assert.match(page, new RegExp(`^\\| \`${name.split(':')[0]}\` \\|`, 'm'));
});

test('what was acquired must be stored or counted as lost', async () => {
  const state = async (report: Report) => (await runTorture(reporting(report), form)).state;
  assert.equal(await state({ tried: [1, 'times'], rows }), 'held');
  assert.equal(await state({ tried: [1, 'times'], rows: { ...rows, counted: 1 } }), 'broken');
  assert.equal(await state({ tried: [1, 'times'], rows: { ...rows, lost: 1 } }), 'broken');
  assert.equal(await state({ tried: [0, 'times'] }), 'broken');
});

test('a torture that throws is broken, says why, and is tidied up behind', async () => {
  let tidied = 0;
  const result = await runTorture(
    {
      name: 'one',
      about: '',
      run(rig) {
        rig.after(() => tidied++);
        throw new Error('row 7 is gone');
      },
    },
    form,
  );
  assert.equal(result.state, 'broken');
  assert.match(result.why ?? '', /row 7 is gone/);
  assert.equal(tidied, 1);
});

test('the record keeps the newest of each in their order, and nothing that was skipped', () => {
  const one = (name: string, seed: number, state: Result['state'] = 'held'): Result => ({
    ...{ name, seed, state, long: false, seconds: 1, on: '2026-01-01' },
  });
  const all = merged([one('b', 1), one('a', 1)], [one('b', 2), one('a', 2, 'skipped')], ['a', 'b', 'c']);
  assert.deepEqual(
    all.map(({ name, seed }) => [name, seed]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  assert.match(textTable(all), /^torture .*\na .*\nb /);
});

test('a slope is fitted with its error', () => {
  const exact = lineThrough([1, 2, 3, 4].map((x) => [x, 5 + 3 * x]));
  assert.ok(Math.abs(exact.slope - 3) < 1e-9 && exact.error < 1e-6);
  const rough = lineThrough([0, 1, 2, 3, 4, 5].map((x) => [x, x + (x % 2)]));
  assert.ok(rough.error > 0.05 && Math.abs(rough.slope - 1) < 3 * rough.error);
});

test('an interrupted torture is tidied up behind', async () => {
  const stop = new AbortController();
  let tidied = 0;
  const endless: Torture = {
    name: 'one',
    about: '',
    run(rig) {
      rig.after(() => tidied++);
      stop.abort();
      return new Promise(() => {});
    },
  };
  const { state, why } = await runTorture(endless, { ...form, signal: stop.signal });
  assert.equal(state, 'broken');
  assert.match(why ?? '', /interrupted/);
  assert.equal(tidied, 1);
});
