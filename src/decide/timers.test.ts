import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timers } from '#decide/timers.ts';

/** The same by looking through a list. */
class Naive {
  readonly due: number[] = [];

  get nextUs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.due);
  }

  run(atUs: number): number[] {
    const ran = [...this.due.keys()].filter((slot) => (this.due[slot] as number) <= atUs);
    ran.sort((a, b) => (this.due[a] as number) - (this.due[b] as number) || a - b);
    for (const slot of ran) this.due[slot] = Number.POSITIVE_INFINITY;
    return ran;
  }
}

const moment = fc.oneof(fc.nat(50), fc.constant(Number.POSITIVE_INFINITY), fc.constant(Number.NaN));
const act = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'add' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), slot: fc.nat(20), dueUs: moment }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), slot: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('run' as const), atUs: fc.nat(60) }) },
);

test('slots added, set, moved, cleared and run in any order come due by time, then by slot', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const timers = new Timers();
      const naive = new Naive();
      const ran: number[] = [];
      const expected: number[] = [];
      for (const one of [{ kind: 'add' as const }, ...acts, { kind: 'run' as const, atUs: 50 }]) {
        const slots = naive.due.length;
        if (one.kind === 'add') {
          naive.due.push(Number.POSITIVE_INFINITY);
          assert.equal(
            timers.add(() => ran.push(slots)),
            slots,
          );
        } else if (one.kind === 'run') {
          expected.push(...naive.run(one.atUs));
          timers.run(one.atUs);
        } else {
          const slot = one.slot % slots;
          const asked = one.kind === 'set' ? one.dueUs : Number.NaN;
          naive.due[slot] = Number.isNaN(asked) ? Number.POSITIVE_INFINITY : asked;
          if (one.kind === 'set') timers.set(slot, one.dueUs);
          else timers.clear(slot);
        }
        assert.deepEqual(ran, expected);
        assert.equal(timers.nextUs, naive.nextUs);
        assert.deepEqual(
          naive.due.map((_, slot) => timers.isSet(slot)),
          naive.due.map(Number.isFinite),
        );
      }
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

test('a run ends although handlers ask for moments that have passed', () => {
  const timers = new Timers();
  let ran = 0;
  const restless = () => {
    ran++;
    for (const slot of slots) timers.set(slot, 0);
  };
  const slots = [timers.add(restless), timers.add(restless)];
  timers.set(0, 5);
  timers.run(5);
  assert.equal(ran, 1);
  assert.equal(timers.nextUs, 6, 'they come next');
});
