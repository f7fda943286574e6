import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#kernel/clock.ts';
import { EventPace } from './event-pace.ts';

test('a flood is told at a bounded rate, and the last of each subject always', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 300 }), { maxLength: 1500 }), async (subjects) => {
      const clock = new ManualClock();
      const told: number[] = [];
      const last = new Map<number, number>();
      let left = 0;
      const pace = new EventPace<{ subject: number; turn: number }>(clock, ({ subject, turn }, leftOut) => {
        told.push(turn);
        if (last.get(subject) === turn) last.delete(subject);
        left += leftOut;
      });
      for (const [turn, subject] of subjects.entries()) {
        last.set(subject, turn);
        pace.push(String(subject), { subject, turn });
      }
      assert.ok(told.length <= 100);
      for (let s = 0; s < 31; s++) await clock.advance(1000);
      assert.equal(last.size, 0);
      assert.equal(told.length + left, subjects.length);
      pace.close();
    }),
    { numRuns: 20 },
  );
});

test('what waits is told when it closes', () => {
  const told: number[] = [];
  const pace = new EventPace<number>(new ManualClock(), (one) => told.push(one));
  for (let i = 0; i < 150; i++) pace.push(String(i), i);
  pace.close();
  assert.equal(told.length, 150);
});
