import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rarity } from '#decide/detectors/rarity.ts';
import type { Json } from '#kernel/event.ts';

/** The second of two looks, somewhere in a memory in which others are as well. */
class Look {
  readonly #memory = new Float64Array(AT + Rarity.fields(2) + 1)
    .fill(3, 0, AT)
    .fill(3, AT + Rarity.fields(2));
  readonly #rarity = new Rarity(this.#memory, 2);

  take(value: number, most: number): number {
    const rare = this.#rarity.take(AT, 1, value, most);
    assert.ok([...this.#memory.subarray(0, AT), this.#memory.at(-1)].every((one) => one === 3));
    assert.deepEqual(this.#rarity.snapshot(AT, 0), NOTHING);
    return rare;
  }

  snapshot(): Json {
    return this.#rarity.snapshot(AT, 1);
  }

  restore(from: Json): void {
    this.#rarity.restore(AT, 1, from);
  }
}

const AT = 7;
const NOTHING = new Rarity(new Float64Array(Rarity.fields(1)), 1).snapshot(0, 0);

test('the rarity of what is seen once in a hundred is the logarithm of a hundred', () => {
  const rarity = new Look();
  for (let i = 0; i < 10_000; i++) rarity.take(i % 100, 50);
  // Classes are a twelfth of an octave wide or less, so a neighbour or two may count as well.
  assert.ok(Math.abs(rarity.take(50, 50) - Math.log(100 / 50)) < 0.15);
  assert.ok(Math.abs(rarity.take(1, 50) - Math.log(100 / 99)) < 0.02);
});

test('beyond all that was seen it grows on, up to what is asked for', () => {
  const rarity = new Look();
  for (let i = 0; i < 1000; i++) rarity.take(1 + (i % 10) / 10, 50);
  const [near, far] = [rarity.take(3, 50), rarity.take(6, 50)];
  assert.ok(near > Math.log(50) && far > near);
  assert.equal(rarity.take(1e12, 50), 50);
});

test('a larger magnitude is never less rare, and a copy goes on the same', () => {
  const magnitude = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(magnitude, { minLength: 110 }), magnitude, magnitude, (all, a, b) => {
      const copies = [new Look(), new Look()] as const;
      for (const value of all) for (const one of copies) one.take(value, 50);
      const [large, small] = copies;
      assert.ok(large.take(Math.max(a, b), 50) >= small.take(Math.min(a, b), 50) - 1e-9);
      const restored = new Look();
      restored.restore(large.snapshot());
      assert.equal(restored.take(a, 50), large.take(a, 50));
    }),
  );
});
