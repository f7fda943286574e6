import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { meanLogarithm, meanMagnitude, scaled } from '#edge/models/onnx-fixture.ts';
import { ModelProcess } from '#edge/models/process.ts';
import { systemClock } from '#kernel/clock.ts';
import { until } from '#test/until.ts';

const DEADLINE_MS = 10_000;

function processOf(t: TestContext, bytes: Uint8Array): ModelProcess {
  const process = new ModelProcess(bytes, systemClock());
  t.after(() => process[Symbol.asyncDispose]());
  return process;
}

const INPUT = Float32Array.from([1, -2, 3, -4, 5, -6]);
const run = (model: ModelProcess, deadlineMs = DEADLINE_MS) => model.run(INPUT, 3, 2, deadlineMs);

async function fault(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}

/** Once its pause is over. */
async function again(model: ModelProcess): Promise<Float32Array> {
  let output: Float32Array | undefined;
  await until('it runs again', async () => {
    output = await run(model).catch(() => undefined);
    return output !== undefined;
  });
  return output ?? assert.fail();
}

test('a model gives what its nodes make of a window, in a process of its own', async (t) => {
  const score = processOf(t, meanMagnitude());
  assert.equal(score.pid, undefined);
  assert.deepEqual([...(await run(score))], [3.5]);
  assert.ok(score.pid !== undefined && score.pid !== process.pid);
  const half = processOf(t, scaled([0.5, 2]));
  assert.deepEqual([...(await run(half))], [0.5, -4, 1.5, -8, 2.5, -12]);
  const logarithm = processOf(t, meanLogarithm());
  assert.ok(Number.isNaN((await run(logarithm))[0]));
  assert.deepEqual(
    await Promise.all([run(score), run(score)]).then((all) => all.map(([one]) => one)),
    [3.5, 3.5],
  );
});

test('one that is killed is a fault of its question, and comes back after a pause', async (t) => {
  const model = processOf(t, meanMagnitude());
  await run(model);
  const before = model.pid as number;
  process.kill(before, 'SIGSTOP');
  const asked = fault(run(model));
  process.kill(before, 'SIGKILL');
  assert.match(await asked, /^model\.died: the process of the model ended: SIGKILL/);
  assert.match(await fault(run(model)), /^model\.died: .*SIGKILL/);
  assert.deepEqual([...(await again(model))], [3.5]);
  assert.notEqual(model.pid, before);
});

test('one that hangs is ended at its deadline', async (t) => {
  const model = processOf(t, meanMagnitude());
  await run(model);
  const before = model.pid as number;
  process.kill(before, 'SIGSTOP');
  assert.match(await fault(run(model, 200)), /^model\.hung: no answer within 200 ms/);
  await until('the process is gone', () => !isThere(before));
  assert.deepEqual([...(await again(model))], [3.5]);
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a file that is no model, and a window that it does not take, are told', async (t) => {
  const garbage = processOf(t, Buffer.from('this is no model'));
  assert.match(await fault(run(garbage)), /^model\.unusable: the model cannot be run: /);
  assert.equal(garbage.pid, undefined);
  const other = processOf(t, meanMagnitude([1, 5, 2]));
  assert.match(await fault(run(other)), /^model\.refused: /);
  assert.deepEqual([...(await other.run(new Float32Array(10).fill(2), 5, 2, DEADLINE_MS))], [2]);
});

test('what waits for its turn when the site ends is let go, and no process stays', async () => {
  const model = new ModelProcess(meanMagnitude(), systemClock());
  await run(model);
  const pid = model.pid as number;
  process.kill(pid, 'SIGSTOP');
  const waiting = [fault(run(model)), fault(run(model))];
  await model[Symbol.asyncDispose]();
  assert.deepEqual(
    (await Promise.all(waiting)).map((one) => one.split(':')[0]),
    ['model.died', 'model.died'],
  );
  await until('the process is gone', () => !isThere(pid));
});
