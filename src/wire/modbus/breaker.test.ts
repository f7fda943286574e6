import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker } from '#wire/modbus/breaker.ts';

const breaker = (random = 0.5) =>
  new Breaker({ failures: 3, probeMs: 1000, probeMaxMs: 5000, random: () => random });

/** Pauses between probes, in ms, when each of them is in vain. */
function pauses(count: number, random?: number): number[] {
  const one = breaker(random);
  let nowUs = 0;
  for (let i = 0; i < 3; i++) one.missed(nowUs);
  return Array.from({ length: count }, () => {
    let ms = 0;
    while (!one.lets(nowUs + ms * 1000)) ms += 100;
    nowUs += ms * 1000;
    one.missed(nowUs);
    return ms;
  });
}

test('opens after so many misses in a row, and says so once', () => {
  const one = breaker();
  assert.deepEqual([one.missed(0), one.missed(0), one.missed(0), one.missed(0)], [false, false, true, false]);
  assert.equal(one.open, true);
  assert.equal(one.lets(0), false);
});

test('an answer in between starts the count anew', () => {
  const one = breaker();
  one.missed(0);
  one.missed(0);
  assert.equal(one.answered(), false);
  assert.equal(one.missed(0), false);
  assert.equal(one.suspect, true);
});

test('probes grow apart up to a limit', () => {
  assert.deepEqual(pauses(5), [1000, 2000, 4000, 5000, 5000]);
});

test('jitter spreads them by a fifth either way', () => {
  assert.deepEqual(pauses(2, 0), [800, 1600]);
  assert.deepEqual(pauses(2, 1), [1200, 2400]);
});

test('an answer closes it, and the next silence starts with short pauses', () => {
  const one = breaker();
  for (let i = 0; i < 6; i++) one.missed(0);
  assert.equal(one.answered(), true);
  assert.equal(one.open, false);
  for (let i = 0; i < 3; i++) one.missed(0);
  assert.equal(one.lets(1_000_000), true);
});
