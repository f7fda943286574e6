import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { Loss } from './loss.ts';

const fault = (code: string): Fault => new Fault(code, code);

test('each fault gives its own reason, and rows without a fault came too fast', () => {
  const loss = new Loss();
  const reasons = ['full', 'read-only', 'stalled', 'worker-lost', 'io', 'log-held'].map((what) =>
    loss.reason(fault(`journal.${what}`)),
  );
  assert.deepEqual(reasons, [
    'disk-full',
    'disk-read-only',
    'disk-stalled',
    'journal-restarting',
    'disk-failing',
    'disk-failing',
  ]);
  assert.equal(new Loss().reason(undefined), 'too-fast');
});

test('what a fault has dammed up is its doing until it has drained', () => {
  const loss = new Loss();
  loss.reason(fault('journal.full'));
  assert.equal(loss.reason(undefined), 'disk-full');
  loss.drained();
  assert.equal(loss.reason(undefined), 'too-fast');
});

test('rows lost for different reasons are different gaps', () => {
  const loss = new Loss();
  loss.add(series([1, 2], 7), 'disk-full');
  loss.add(series([3], 8), 'too-fast');
  loss.add(series([4], 9), 'disk-full');
  const told = loss.take().map(({ gap: { reason, count, tags } }) => ({ reason, count, tags }));
  assert.deepEqual(told, [
    { reason: 'disk-full', count: 3, tags: [7, 9] },
    { reason: 'too-fast', count: 1, tags: [8] },
  ]);
  assert.deepEqual(loss.take(), []);
});
