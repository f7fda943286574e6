import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Intake } from './intake.ts';

const takesMs = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

test('what is to be unpacked is taken in its order, and the thread is let go in between', async () => {
  using intake = new Intake();
  const done: number[] = [];
  for (let i = 0; i < 30; i++)
    intake.add(10, () => {
      takesMs(3);
      done.push(i);
    });
  assert.deepEqual([intake.bytes, done.length], [300, 0]);
  let turns = 0;
  for (; done.length < 30; turns++) await turn();
  assert.ok(turns >= 30 / 3, `${turns} turns`);
  assert.deepEqual(done, [...done.keys()]);
  assert.equal(intake.bytes, 0);
});

test('work that brings more work, and what waits at the end', async () => {
  const intake = new Intake();
  const done: string[] = [];
  intake.add(1, () => {
    done.push('first');
    intake.add(1, () => done.push('second'));
  });
  while (done.length < 2) await turn();
  intake.add(5, () => done.push('too late'));
  intake[Symbol.dispose]();
  await turn();
  await turn();
  assert.deepEqual([done, intake.bytes], [['first', 'second'], 0]);
});
