import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Result, runTests } from './test-run.ts';

const limits = { testMs: 20_000, processMs: 30_000 };

async function run(t: TestContext, source: string, within = limits): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sample.test.ts');
  const imports = `import { before, describe, test } from 'node:test';\nimport { spawn } from 'node:child_process';\n`;
  writeFileSync(file, imports + source);
  return runTests([file], within);
}

const counts = ({ passed, failed, skipped }: Result) => ({ passed, failed, skipped });

test('tests are counted, suites are not, and a failure shows suite, place and cause', async (t) => {
  const result = await run(
    t,
    `test('a', () => {});
     describe('outer', () => {
       test('b', () => { throw new Error('no oil'); });
       test('c', { skip: 'no pump' }, () => {});
     });`,
  );
  assert.deepEqual(counts(result), { passed: 1, failed: 1, skipped: 1 });
  const shown = result.shown.join('\n');
  assert.match(shown, /✗ outer › b\n.*sample\.test\.ts:5\n\s+Error: no oil/);
  assert.match(shown, /skipped: outer › c: no pump/);
});

test('a failing hook counts, though no test fails by itself', async (t) => {
  const result = await run(
    t,
    `describe('s', () => { before(() => { throw new Error('no broker'); }); test('a', () => {}); });`,
  );
  assert.ok(result.failed > 0);
  assert.match(result.shown.join('\n'), /no broker/);
});

test('a file without tests, one that cannot be loaded, and one that ends the process are failures', async (t) => {
  assert.deepEqual(counts(await run(t, '')), { passed: 0, failed: 1, skipped: 0 });
  const broken = await run(t, `import './absent.ts';`);
  assert.ok(broken.failed > 0);
  assert.match(broken.shown.join('\n'), /absent\.ts/);
  assert.ok((await run(t, `test('a', () => {}); test('b', () => process.exit(0));`)).failed > 0);
});

test('a hang is killed at the limit, and what hung is named', async (t) => {
  const result = await run(
    t,
    `test('a', () => {}); test('waits for ever', () => new Promise(() => setInterval(() => {}, 1000)));`,
    {
      testMs: 20_000,
      processMs: 3000,
    },
  );
  assert.deepEqual(counts(result), { passed: 1, failed: 1, skipped: 0 });
  assert.match(result.shown.join('\n'), /killed after 3 s; unfinished: waits for ever/);
});

test('a loop that never yields is killed too', async (t) => {
  const result = await run(t, `test('turns for ever', () => { for (;;); });`, {
    testMs: 1000,
    processMs: 2000,
  });
  assert.equal(result.failed, 1);
  assert.match(result.shown.join('\n'), /killed after 2 s; .*never yields/);
});

test('a process that a test leaves running is a failure', async (t) => {
  const result = await run(t, `test('a', () => { spawn('sleep', ['60'], { stdio: 'ignore' }).unref(); });`);
  assert.deepEqual(counts(result), { passed: 1, failed: 1, skipped: 0 });
  assert.match(result.shown.join('\n'), /processes were left running.*: sleep 60/);
});
