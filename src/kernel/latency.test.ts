import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Latency } from '#kernel/latency.ts';

test('nothing recorded is 0', () => {
  assert.equal(new Latency().quantileMs(0.99), 0);
});

test('a quantile is never below the true one, and at most a tenth above it', () => {
  const durations = fc.array(fc.double({ min: 0.001, max: 90_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, q) => {
      const latency = new Latency();
      for (const ms of all) latency.record(ms);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(sorted.length * q) - 1] as number;
      const told = latency.quantileMs(q);
      assert.ok(told >= exact * 0.999999 && told <= exact * 1.101, `${told} for ${exact}`);
    }),
  );
});

test('durations beyond the scale still count', () => {
  const latency = new Latency();
  latency.record(1e9);
  latency.record(0);
  assert.equal(latency.count, 2);
  assert.equal(latency.quantileMs(1), 1e9);
});
