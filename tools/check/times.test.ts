import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dealt, type Step } from './steps.ts';
import { longestFirst, readTimes, writeTimes } from './times.ts';

const step = (title: string): Step => ({
  name: title,
  title,
  alone: false,
  run: () => Promise.reject(new Error('not run')),
});

test('steps that took longest come first, after those that nobody knows', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-times-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'cache', 'times.json');
  const order = () => longestFirst(['a', 'b', 'c', 'd'].map(step), readTimes(path)).map(({ title }) => title);
  assert.deepEqual(order(), ['a', 'b', 'c', 'd']);
  writeTimes(path, new Map(Object.entries({ a: 10, b: 30, d: 20 })));
  assert.deepEqual(order(), ['c', 'b', 'd', 'a']);
  writeFileSync(path, 'torn');
  assert.deepEqual(order(), ['a', 'b', 'c', 'd']);
});

test('files are dealt to steps of about the same size, none twice and none left out', () => {
  const files = Array.from({ length: 101 }, (_, i) => `f${i}`);
  const hands = dealt(files, 40);
  assert.deepEqual(
    hands.map(({ length }) => length),
    [34, 34, 33],
  );
  assert.deepEqual(new Set(hands.flat()), new Set(files));
  assert.deepEqual(dealt(['a'], 40), [['a']]);
  assert.deepEqual(dealt([], 40), []);
});
