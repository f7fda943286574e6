import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ManualClock } from '#kernel/clock.ts';
import { Budget } from './budget.ts';
import { Flight } from './flight.ts';

/** Local noon of some day, so that the test holds in every time zone. */
const NOON_US = new Date(2026, 5, 15, 12, 0).getTime() * 1000;

test('over any time it spends no more than its rate, and one frame and one second beyond', async () => {
  const frames = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 5, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 100, max: 10_000 }), async (sizes, rate) => {
      const clock = new ManualClock(NOON_US);
      const budget = new Budget({ bytesPerS: rate }, clock);
      let spent = 0;
      for (const bytes of sizes) {
        for (let ms = budget.waitMs(); ms > 0; ms = budget.waitMs()) await clock.advance(ms);
        const seconds = (clock.steadyUs() - NOON_US) / 1e6;
        assert.ok(spent <= rate * (seconds + 1) + 1, `${spent} bytes within ${seconds} s at ${rate}`);
        budget.spend(bytes);
        spent += bytes;
      }
      // And it is used: waiting is never longer than what was spent is worth, but for rounding up to a millisecond.
      const seconds = (clock.steadyUs() - NOON_US) / 1e6;
      assert.ok(seconds <= spent / rate + sizes.length * 0.001, `${seconds} s for ${spent} bytes at ${rate}`);
    }),
    { numRuns: 30 },
  );
});

test('the rate follows the hours, also over midnight, and a wait ends soon enough to see it change', async () => {
  const clock = new ManualClock(NOON_US);
  const hours = [
    { fromMin: 22 * 60, toMin: 6 * 60, bytesPerS: 1_000_000 },
    { fromMin: 12 * 60, toMin: 13 * 60, bytesPerS: 10 },
  ];
  const budget = new Budget({ bytesPerS: 500, hours }, clock);
  assert.equal(budget.bytesPerS, 10);
  budget.spend(100_000);
  assert.equal(budget.waitMs(), 30_000);
  clock.step(3_600_000);
  assert.equal(budget.bytesPerS, 500);
  clock.step(9 * 3_600_000);
  assert.equal(budget.bytesPerS, 1_000_000);
  clock.step(7 * 3_600_000);
  assert.equal(budget.bytesPerS, 1_000_000);
  clock.step(3_600_000);
  assert.equal(budget.bytesPerS, 500);
});

test('without a budget nothing waits', () => {
  const budget = new Budget({}, new ManualClock(NOON_US));
  budget.spend(1e9);
  assert.deepEqual([budget.waitMs(), budget.bytesPerS], [0, undefined]);
});

test('what may be under way grows while confirmations come quickly, and shrinks when they are late', async () => {
  const clock = new ManualClock(NOON_US);
  const flight = new Flight(clock);
  let upTo = 0;
  const fill = (): number => {
    let frames = 0;
    for (; !flight.isFull; frames++) flight.left(++upTo, 1, 16 * 1024);
    return frames;
  };
  const first = fill();
  assert.equal(flight.confirmed(upTo), first);
  assert.equal(fill(), 2 * first);
  await clock.advance(5000);
  assert.equal(flight.confirmed(upTo), 2 * first);
  assert.equal(fill(), 1, 'one frame is always allowed');
  assert.equal(flight.confirmed(upTo - 1), undefined);
  assert.equal(flight.confirmed(upTo), 1);
});

test('a long way is not taken for a queue', async () => {
  const clock = new ManualClock(NOON_US);
  const flight = new Flight(clock);
  let upTo = 0;
  const confirmedAfter = async (ms: number): Promise<number> => {
    let frames = 0;
    for (; !flight.isFull; frames++) flight.left(++upTo, 1, 16 * 1024);
    await clock.advance(ms);
    flight.confirmed(upTo);
    return frames;
  };
  const first = await confirmedAfter(2000);
  assert.equal(await confirmedAfter(2000), 2 * first, 'by satellite');
  assert.equal(await confirmedAfter(2000), 4 * first);
  await confirmedAfter(3000);
  assert.equal(await confirmedAfter(2000), 1, 'what takes a second longer waits somewhere');
  flight.answered(20);
  await confirmedAfter(2000);
  assert.equal(await confirmedAfter(2000), 1, 'the way is quicker than it seemed');
});
