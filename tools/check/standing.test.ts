import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contentsOf, Standing } from './standing.ts';
import type { Step } from './steps.ts';
import type { Result } from './test-run.ts';

const HOUR_MS = 3_600_000;
const nowMs = 1_800_000_000_000;
const passed: Result = { passed: 3, failed: 0, skipped: 1, ms: 5, shown: ['skipped: no pump'] };

const step = (title: string, files?: readonly string[]): Step => ({
  name: title,
  title,
  alone: false,
  ...(files && { files }),
  run: () => Promise.reject(new Error('not run')),
});
const pump = step('pump', ['pump.test.ts']);
const valve = step('valve', ['valve.test.ts']);
const lint = step('lint');

function checkout(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-standing-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  execFileSync('git', ['init', '-q', dir]);
  const write = (file: string, text: string) => writeFileSync(join(dir, file), text);
  for (const file of ['.gitignore', 'pump.ts', 'pump.test.ts', 'valve.test.ts']) write(file, 'cache\n');
  const contents = () => contentsOf(dir) ?? assert.fail('no checkout');
  const standing = (around = 'here') => new Standing(join(dir, 'cache'), contents(), around);
  const run = (result = passed) => {
    const before = standing();
    for (const each of [pump, valve, lint]) before.take(each, result, nowMs);
    return before;
  };
  return { dir, write, contents, standing, run };
}

const standAt = (standing: Standing, atMs = nowMs + HOUR_MS): string[] =>
  [pump, valve, lint].filter((each) => standing.of(each, atMs)).map(({ title }) => title);

test('what passed stands, with all it said, until a file changes that it could depend on', (t) => {
  const { write, contents, standing, run } = checkout(t);
  assert.deepEqual(standAt(standing()), []);
  run().save(contents());
  assert.deepEqual(standAt(standing()), ['pump', 'valve', 'lint']);
  assert.deepEqual(standing().of(pump, nowMs), passed);
  write('pump.test.ts', 'another test');
  assert.deepEqual(standAt(standing()), ['valve']);
  write('pump.test.ts', 'cache\n');
  write('new.ts', '');
  assert.deepEqual(standAt(standing()), []);
});

test('nothing stands for longer than a day, by a clock set back, or in other surroundings', (t) => {
  const { contents, standing, run } = checkout(t);
  run().save(contents());
  assert.deepEqual(standAt(standing(), nowMs + 24 * HOUR_MS), []);
  assert.deepEqual(standAt(standing(), nowMs - 1), []);
  assert.deepEqual(standAt(standing('another Node')), []);
});

test('a failure never stands, and takes away what stood', (t) => {
  const { contents, standing, run } = checkout(t);
  run().save(contents());
  const later = standing();
  later.take(pump, { ...passed, failed: 1 }, nowMs);
  later.save(contents());
  assert.deepEqual(standAt(standing()), ['valve', 'lint']);
});

test('of a run in which a file was changed nothing is kept', (t) => {
  const { write, contents, standing, run } = checkout(t);
  const before = run();
  write('pump.ts', 'edited while the tests ran');
  before.save(contents());
  write('pump.ts', 'cache\n');
  assert.deepEqual(standAt(standing()), []);
});

test('without a checkout nothing is known, and a torn file of results is none', (t) => {
  const { write, contents, standing, run } = checkout(t);
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-no-checkout-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  assert.equal(contentsOf(dir), undefined);
  run().save(contents());
  write('cache', '{"pump": {');
  assert.deepEqual(standAt(standing()), []);
});
