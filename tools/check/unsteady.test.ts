import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from './steps.ts';
import type { Result } from './test-run.ts';
import { runUnsteadyAgain } from './unsteady.ts';

const result = (failed: number): Result => ({ passed: 2 - failed, failed, skipped: 0, ms: 1, shown: [] });

/** Steps that failed so often, and fail so often when run again. */
async function rerun(...steps: readonly { first: number; second: number; wholeProcesses?: boolean }[]) {
  const ran: string[] = [];
  const results = new Map<Step, Result>();
  for (const [i, { first, second, wholeProcesses = true }] of steps.entries()) {
    const step: Step = {
      ...{ name: 'e2e', title: `${i}`, alone: false, wholeProcesses },
      run: async () => {
        ran.push(step.title);
        return result(second);
      },
    };
    results.set(step, result(first));
  }
  await runUnsteadyAgain(results, () => {});
  return { ran, failed: [...results.values()].map(({ failed, unsteady }) => [failed, unsteady]) };
}

test('a file that fails beside others and passes alone is unsteady', async () => {
  assert.deepEqual(await rerun({ first: 1, second: 0 }, { first: 0, second: 1 }), {
    ran: ['0'],
    failed: [
      [0, 1],
      [0, undefined],
    ],
  });
});

test('a file that fails again has failed', async () => {
  assert.deepEqual(await rerun({ first: 1, second: 2 }), { ran: ['0'], failed: [[1, undefined]] });
});

test('nothing runs again where something failed that shares the machine with nobody', async () => {
  const { ran } = await rerun({ first: 1, second: 0 }, { first: 1, second: 0, wholeProcesses: false });
  assert.deepEqual(ran, []);
});

test('nothing runs again where many files failed', async () => {
  const { ran } = await rerun(...Array.from({ length: 4 }, () => ({ first: 1, second: 0 })));
  assert.deepEqual(ran, []);
});
