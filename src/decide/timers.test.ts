import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timers } from '#decide/timers.ts';

test('timers come due by time, then by slot, whatever was set, moved or cleared before', () => {
  const act = fc.record({
    slot: fc.nat(9),
    dueUs: fc.oneof(fc.nat(50), fc.constant(Number.POSITIVE_INFINITY)),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const timers = new Timers();
      const ran: number[] = [];
      for (let i = 0; i < 10; i++) timers.add(() => ran.push(i));
      const due = new Map<number, number>();
      for (const { slot, dueUs } of acts) {
        timers.set(slot, dueUs);
        due.set(slot, dueUs);
        assert.equal(timers.nextUs, Math.min(...due.values()));
      }
      timers.run(25);
      const expected = [...due].filter(([, at]) => at <= 25).sort(([a, x], [b, y]) => x - y || a - b);
      assert.deepEqual(
        ran,
        expected.map(([slot]) => slot),
      );
    }),
  );
});

test('a handler may set its own timer again', () => {
  const timers = new Timers();
  let ran = 0;
  const slot = timers.add((atUs) => {
    ran++;
    timers.set(slot, atUs + 10);
  });
  timers.set(slot, 5);
  timers.run(5);
  assert.equal(ran, 1);
  assert.equal(timers.nextUs, 15);
});
