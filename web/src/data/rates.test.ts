import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rates } from '#web/src/data/rates.ts';

const counts = (samples: number) => new Map([['pump samples', samples]]);

test('a rate is what was counted over the last seconds, and unknown before two answers', () => {
  const rates = new Rates();
  rates.take(0, counts(100));
  assert.equal(rates.perSecond('pump samples'), undefined);
  rates.take(2000, counts(150));
  assert.equal(rates.perSecond('pump samples'), 25);
  assert.equal(rates.rise('pump samples'), 50);
  assert.equal(rates.perSecond('filler samples'), undefined);
});

test('the same answer again is no second one', () => {
  const rates = new Rates();
  rates.take(1000, counts(100));
  rates.take(1000, counts(100));
  assert.equal(rates.perSecond('pump samples'), undefined);
});

test('what has stopped shows no rate once the window has passed', () => {
  const rates = new Rates();
  rates.take(0, counts(0));
  for (let s = 2; s <= 60; s += 2) rates.take(s * 1000, counts(Math.min(s, 10) * 10));
  assert.equal(rates.perSecond('pump samples'), 0);
});

test('a site that began to count anew has no rate, instead of a negative one', () => {
  const rates = new Rates();
  rates.take(0, counts(5000));
  rates.take(2000, counts(20));
  assert.equal(rates.perSecond('pump samples'), undefined);
});
