import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rarity } from '#decide/detectors/rarity.ts';

test('the rarity of what is seen once in a hundred is the logarithm of a hundred', () => {
  const rarity = new Rarity();
  for (let i = 0; i < 10_000; i++) rarity.take(i % 100, 50);
  // Classes are a twelfth of an octave wide or less, so a neighbour or two may count as well.
  assert.ok(Math.abs(rarity.take(50, 50) - Math.log(100 / 50)) < 0.15);
  assert.ok(Math.abs(rarity.take(1, 50) - Math.log(100 / 99)) < 0.02);
});

test('beyond all that was seen it grows on, up to what is asked for', () => {
  const rarity = new Rarity();
  for (let i = 0; i < 1000; i++) rarity.take(1 + (i % 10) / 10, 50);
  const [near, far] = [rarity.take(3, 50), rarity.take(6, 50)];
  assert.ok(near > Math.log(50) && far > near);
  assert.equal(rarity.take(1e12, 50), 50);
});

test('a larger magnitude is never less rare, and a copy goes on the same', () => {
  const magnitude = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(magnitude, { minLength: 110 }), magnitude, magnitude, (all, a, b) => {
      const copies = [new Rarity(), new Rarity()] as const;
      for (const value of all) for (const one of copies) one.take(value, 50);
      const [large, small] = copies;
      assert.ok(large.take(Math.max(a, b), 50) >= small.take(Math.min(a, b), 50) - 1e-9);
      const restored = new Rarity();
      const { count, sum } = large.snapshot() as { count: number[]; sum: number[] };
      restored.restore(count, sum);
      assert.equal(restored.take(a, 50), large.take(a, 50));
    }),
  );
});
