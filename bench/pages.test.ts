import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, shown } from './cells.ts';
import { between, page } from './pages.ts';
import { excerpt } from './results.ts';
import { gathered } from './runs.ts';
import { type Row, table } from './table.ts';

const machine = {
  processor: 'Some CPU',
  cores: 2,
  memoryGb: 4,
  system: 'Linux 6 x64',
  fsyncMs: 1.5,
  load: 0,
  versions: { Node: '26.0.0' },
};
const result = (rows: readonly Row[]) => ({
  date: '2026-01-02T03:04:05Z',
  commit: 'abc1234',
  machine,
  figures: gathered([rows]),
});
const BEGIN = '<!-- begin -->';
const END = '<!-- end -->';

test('only what stands between the markers is replaced', () => {
  const text = `head\n${BEGIN}\nold\nolder\n${END}\ntail\n`;
  const replaced = between(text, BEGIN, END, 'new\n\n');
  assert.equal(replaced, `head\n${BEGIN}\nnew\n${END}\ntail\n`);
  assert.equal(between(replaced, BEGIN, END, 'new'), replaced);
});

for (const [what, text] of [
  ['none', 'head\n'],
  ['no end', `${BEGIN}\n`],
  ['the end first', `${END}\n${BEGIN}\n`],
  ['two beginnings', `${BEGIN}\n${BEGIN}\n${END}\n`],
] as const) {
  test(`markers that do not fit are an error, and nothing is guessed: ${what}`, () => {
    assert.throws(() => between(text, BEGIN, END, 'new'), /expected one line <!-- begin -->/);
  });
}

test('a goal is judged by the median, a goal ratio by the ratio', () => {
  const row = {
    what: 'x',
    unit: 'ms',
    ours: 2,
    peer: { name: 'p', value: 6 },
    goal: { most: 1 },
    goalRatio: 3,
  };
  const [figure] = gathered([[row], [{ ...row, ours: 0.5 }], [{ ...row, ours: 0.5 }]]);
  assert.ok(figure);
  const [, ours, peer, ratio, goal, runs] = cellsOf(figure);
  assert.deepEqual(
    [ours, peer, ratio, goal, runs],
    ['0.5 (0.5 to 2) ms', '6 (p)', '12 (3 to 12) ×', '≤ 1 reached, ≥ 3 × reached', '3'],
  );
});

test('a goal beside a peer that did not run is neither reached nor missed', () => {
  const [figure] = gathered([[{ what: 'x', unit: 'ms', ours: 1, goalRatio: 8 }]]);
  assert.equal(figure && cellsOf(figure)[4], '≥ 8 ×: no peer ran');
});

test('figures have three digits, and thousands apart', () => {
  assert.deepEqual([shown(0.12345), shown(99.96), shown(1234567.8)], ['0.123', '100', '1,234,568']);
});

test('the page names machine, versions and commit, and a bar does not end a cell', () => {
  const text = page({ journal: result([{ what: 'a | b', unit: 'ms', ours: 1 }]) });
  assert.match(
    text,
    /## journal\n\n2026-01-02, abc1234; 2 × Some CPU, 4 GB, Linux 6 x64, .*load 0 .*Node 26\.0\.0\./,
  );
  assert.match(text, /\| a \\\| b \| 1 ms \|/);
});

test('growth is a table with a line a step and a column a measure', () => {
  const growth = (at: number) => ({ table: 'Tags', axis: 'tags', at });
  const text = page({
    growth: result([
      { what: 'memory', unit: 'MB', ours: 80, growth: growth(100) },
      { what: 'p99', unit: 'ms', ours: 1, growth: growth(100) },
      { what: 'memory', unit: 'MB', ours: 90, growth: growth(10_000), note: 'all decided' },
    ]),
  });
  assert.match(text, /### Tags\n\n\| tags \| memory, MB \| p99, ms \| {2}\|\n\|---\|---\|---\|---\|\n/);
  assert.match(text, /\| 100 \| 80 \| 1 \| {2}\|\n\| 10,000 \| 90 \| {2}\| all decided \|\n/);
});

test('the terminal says how far it had grown', () => {
  const growth = { table: 'Tags', axis: 'tags', at: 1000 };
  assert.match(
    table(gathered([[{ what: 'memory', unit: 'MB', ours: 80, growth }]])),
    /Tags, 1,000 tags: memory/,
  );
});

test('the excerpt shows what is there of the five, of several backlogs the longest', () => {
  const start = (backlog: string, ours: number): Row => ({
    what: `start to first decision, ${backlog}`,
    unit: 'ms',
    ours,
  });
  const text = excerpt({
    footprint: result([start('empty journal', 700), start('20 million samples', 800)]),
  });
  assert.equal(text.split('\n').length, 3);
  assert.match(text, /\| start to the first decision, with a backlog \| 800 ms \|/);
});
