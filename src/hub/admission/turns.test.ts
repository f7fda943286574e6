import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

const here = () => false;

test('as many as allowed are under way, the others follow in order, and whoever has gone is passed over', () => {
  const turns = new Turns({ atOnce: 2, waitMs: 1000, turnMs: 10 });
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  for (let n = 0; n < 6; n++)
    turns.take(
      () => n === 3,
      (done) => {
        begun.push(n);
        ends.push(done);
      },
    );
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.();
  ends[1]?.();
  assert.deepEqual(begun, [0, 1, 2], 'a turn is given back once');
  ends[0]?.();
  ends[2]?.();
  assert.deepEqual(begun, [0, 1, 2, 4, 5]);
  assert.equal(turns.underWay, 2);
});

test('whoever would wait too long is told a time of his own, each a pace after the one before', () => {
  let nowMs = 0;
  const turns = new Turns({ atOnce: 1, waitMs: 100, turnMs: 50 }, () => nowMs);
  const ends: (() => void)[] = [];
  const come = () => turns.take(here, (done) => void ends.push(done));
  assert.equal(come(), undefined);
  assert.equal(come(), undefined);
  assert.equal(come(), undefined, 'two wait: 100 ms');
  assert.deepEqual([come(), come(), come()], [{ afterMs: 150 }, { afterMs: 200 }, { afterMs: 250 }]);
  nowMs = 200;
  assert.deepEqual(come(), { afterMs: 150 }, 'at 350, beyond what others were promised and what waits');
});

test('turns that take longer let fewer wait', () => {
  let nowMs = 0;
  const turns = new Turns({ atOnce: 1, waitMs: 1000, turnMs: 10 }, () => nowMs);
  const ends: (() => void)[] = [];
  const come = () => turns.take(here, (done) => void ends.push(done));
  come();
  for (let n = 0; n < 200; n++) {
    come();
    nowMs += 500;
    ends.shift()?.();
  }
  assert.equal(come(), undefined);
  assert.equal(come(), undefined);
  assert.notEqual(come(), undefined, 'two of half a second are a second');
});
