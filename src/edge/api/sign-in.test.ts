import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignIn } from '#edge/api/sign-in.ts';
import { ManualClock } from '#kernel/clock.ts';

function signIn() {
  const clock = new ManualClock();
  const told: string[] = [];
  const watch = new SignIn('secret', clock, (peer, failures) => told.push(`${peer} ${failures}`));
  return { clock, told, watch };
}

test('only the whole token is right', () => {
  const { watch } = signIn();
  assert.ok(watch.isRight('Bearer secret'));
  for (const wrong of [undefined, '', 'Bearer', 'Bearer secre', 'Bearer secrets', 'secret']) {
    assert.ok(!watch.isRight(wrong), String(wrong));
  }
});

test('a thousand wrong tokens are one event now and one with the count a minute later', async () => {
  const { clock, told, watch } = signIn();
  for (let i = 0; i < 1000; i++) void watch.failed('127.0.0.1', '/');
  await clock.advance(61_000);
  void watch.failed('127.0.0.1', '/');
  assert.deepEqual(told, ['127.0.0.1 1', '127.0.0.1 1000']);
});

test('a wrong token waits, and a flood of them does not pile up', async () => {
  const { clock, watch } = signIn();
  let answered = 0;
  for (let i = 0; i < 100; i++) void watch.failed('p', '/').then(() => answered++);
  await clock.advance(0);
  assert.equal(answered, 100 - 32);
  await clock.advance(500);
  assert.equal(answered, 100);
});
