import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { answerOf } from './program.ts';

const HOUR_MS = 3_600_000;
const sh = (script: string, { input = '', limitMs = HOUR_MS, without = [] as string[] } = {}) =>
  answerOf('/bin/sh', { args: ['-c', script], input: Buffer.from(input), limitMs, without });

test('gives what a program says to what it is told', async () => {
  assert.equal((await sh('tr a-z A-Z', { input: 'told' })).toString(), 'TOLD');
  assert.equal(
    (await sh('echo said', { input: 'x'.repeat(1e6) })).toString(),
    'said\n',
    'whether it listens or not',
  );
});

test('says why a program failed, in its own words', async () => {
  await assert.rejects(sh('echo no token in the slot >&2; exit 3'), /\/bin\/sh: no token in the slot/);
  await assert.rejects(sh('exit 3'), /it ended with 3/);
  await assert.rejects(
    answerOf('/none', { args: [], input: Buffer.of(), limitMs: HOUR_MS }),
    /\/none: .*ENOENT/,
  );
  await assert.rejects(sh('while :; do echo again; done'), /SIGKILL/, 'one that never stops talking');
});

test('ends what takes too long, with all that it started', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'holdfast-program-')), 'pid');
  t.after(() => rmSync(dirname(file), { recursive: true }));
  // It holds our pipes: without its end there would be none to wait for.
  await assert.rejects(sh(`sleep 100000 & echo $! > '${file}'; wait`, { limitMs: 3000 }), /longer than 3 s/);
  const state = (await sh(`ps -o stat= -p ${readFileSync(file, 'utf8').trim()} || true`)).toString();
  assert.match(state, /^(Z.*)?\s*$/, 'gone, whether its parent has looked or not');
});

test('what is not its business is not in its environment', async () => {
  process.env.HOLDFAST_TEST_SECRET = 'secret';
  try {
    assert.equal((await sh('echo "$HOLDFAST_TEST_SECRET"')).toString(), 'secret\n');
    const without = ['HOLDFAST_TEST_SECRET'];
    assert.equal((await sh('echo "$HOLDFAST_TEST_SECRET"', { without })).toString(), '\n');
  } finally {
    delete process.env.HOLDFAST_TEST_SECRET;
  }
});
