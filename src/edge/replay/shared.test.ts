import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shared } from './shared.ts';

const FOR_EVER = new AbortController().signal;

/** Work whose ends the test makes. */
function rig() {
  const runs: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<number> }[] = [];
  const shared = new Shared((signal) => {
    const end = Promise.withResolvers<number>();
    signal.addEventListener('abort', () => end.reject(signal.reason));
    runs.push({ signal, end });
    return end.promise;
  });
  return { runs, shared };
}

test('who asks while it runs gets what it leads to; who asks later has it run anew', async () => {
  const { runs, shared } = rig();
  const asked = [shared.join(FOR_EVER), shared.join(FOR_EVER), shared.join(FOR_EVER)];
  assert.equal(runs.length, 1);
  runs[0]?.end.resolve(7);
  assert.deepEqual(await Promise.all(asked), [7, 7, 7]);
  const later = shared.join(FOR_EVER);
  assert.equal(runs.length, 2);
  runs[1]?.end.resolve(8);
  assert.equal(await later, 8);
});

test('what it throws is thrown to all, and the next one begins anew', async () => {
  const { runs, shared } = rig();
  const asked = [shared.join(FOR_EVER), shared.join(FOR_EVER)];
  runs[0]?.end.reject(new Error('damaged'));
  for (const one of asked) await assert.rejects(one, /damaged/);
  const next = shared.join(FOR_EVER);
  runs[1]?.end.resolve(1);
  assert.equal(await next, 1);
});

test('who leaves ends it for himself; the last one ends the work', async () => {
  const { runs, shared } = rig();
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [shared.join(first.signal), shared.join(second.signal)];
  first.abort(new Error('hung up'));
  await assert.rejects(asked[0] as Promise<number>, /hung up/);
  assert.equal(runs[0]?.signal.aborted, false);
  second.abort(new Error('hung up too'));
  await assert.rejects(asked[1] as Promise<number>, /hung up too/);
  assert.equal(runs[0]?.signal.aborted, true);
  const next = shared.join(FOR_EVER);
  assert.equal(runs.length, 2, 'nobody joins what is being ended');
  runs[1]?.end.resolve(1);
  assert.equal(await next, 1);
});

test('one who has left already begins nothing', async () => {
  const { runs, shared } = rig();
  await assert.rejects(shared.join(AbortSignal.abort(new Error('gone'))), /gone/);
  assert.equal(runs.length, 0);
});
