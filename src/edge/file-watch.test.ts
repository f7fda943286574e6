import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileWatch } from '#edge/file-watch.ts';
import { systemClock } from '#kernel/clock.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function watched(t: TestContext, name = 'site.yaml') {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-watch-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, name);
  const told: string[] = [];
  const system = systemClock();
  /** Where durations stand still while it is set. */
  const clock = { ...system, heldUs: undefined as number | undefined };
  clock.steadyUs = () => clock.heldUs ?? system.steadyUs();
  const start = () =>
    new FileWatch({
      path,
      text: 'a\n',
      clock,
      log: quiet,
      async changed(text) {
        told.push(text);
        return true;
      },
    });
  return { clock, dir, path, told, start };
}

test('a text is told once however it gets into the file, and not before it is whole', async (t) => {
  const { clock, dir, path, told, start } = watched(t);
  writeFileSync(path, 'a\n');
  await using _watch = start();
  const saved = (text: string) => until(`${text} is told`, () => told.at(-1) === text);
  writeFileSync(path, '');
  writeFileSync(path, 'b\n');
  await saved('b\n');
  writeFileSync(join(dir, 'draft'), 'c\n');
  renameSync(join(dir, 'draft'), path);
  await saved('c\n');
  rmSync(path);
  writeFileSync(path, 'd\n');
  await saved('d\n');
  // Half of it, and the rest a second later: a copy over a network. The half is told by nobody.
  clock.heldUs = clock.steadyUs();
  writeFileSync(path, 'e: 1');
  clock.heldUs += 1e6;
  writeFileSync(path, 'e: 10\n');
  clock.heldUs = undefined;
  await saved('e: 10\n');
  assert.deepEqual(told, ['b\n', 'c\n', 'd\n', 'e: 10\n']);
});

test('a link that leads elsewhere is another text, as where configurations are mounted', async (t) => {
  const { dir, path, told, start } = watched(t);
  for (const [version, text] of Object.entries({ v1: 'a\n', v2: 'b\n' })) {
    mkdirSync(join(dir, version));
    writeFileSync(join(dir, version, 'site.yaml'), text);
  }
  symlinkSync('v1', join(dir, '..data'));
  symlinkSync(join('..data', 'site.yaml'), path);
  await using _watch = start();
  symlinkSync('v2', join(dir, '..data_new'));
  renameSync(join(dir, '..data_new'), join(dir, '..data'));
  await until('it is told', () => told.includes('b\n'));
});
