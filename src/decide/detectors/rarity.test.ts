import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chancesOf, LOOKS, RARITY_FIELDS, raritySnapshot, restoreRarity } from '#decide/detectors/rarity.ts';
import type { Json } from '#kernel/event.ts';

const AT = 7;
const FAR = AT + RARITY_FIELDS;
const CHANCES = FAR + LOOKS;
const END = CHANCES + LOOKS;

/** The second of the looks, somewhere in a memory in which others are as well; the others see nothing but 0. */
class Look {
  readonly #memory = new Float64Array(END + 1).fill(3, 0, AT).fill(3, END);
  #taken = 0;

  take(value: number, most: number): number {
    const memory = this.#memory;
    memory.set([0, -value, 0], FAR);
    const product = chancesOf(memory, AT, FAR, CHANCES, Math.exp(-most));
    assert.ok([...memory.subarray(0, AT), memory.at(-1)].every((one) => one === 3));
    const { count, sum } = raritySnapshot(memory, AT, 2) as { count: number[]; sum: number[] };
    assert.deepEqual([count[0], sum.some(Boolean)], [++this.#taken, false]);
    const [first = 0, own = 0, last = 0] = memory.subarray(CHANCES, END);
    assert.deepEqual([product, first, last], [own, 1, 1]);
    return -Math.log(own);
  }

  snapshot(): Json {
    return raritySnapshot(this.#memory, AT, 1);
  }

  restore(from: Json): void {
    restoreRarity(this.#memory, AT, 1, from);
  }
}

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
  assert.ok(Math.abs(rarity.take(1e12, 50) - 50) < 1e-9);
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

test('each octave has eight classes of one ratio', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 2 ** -8, max: 2 ** 24, noNaN: true, minExcluded: true, maxExcluded: true }),
      (value) => {
        const look = new Look();
        look.take(value, 50);
        const { count } = look.snapshot() as { count: number[] };
        const place = count.indexOf(1);
        const place8 = 8 * (8 + Math.log2(value));
        assert.ok(place8 > place - 1e-5 && place8 < place + 1 + 1e-5, `${value} is in class ${place}`);
      },
    ),
  );
  for (const [value, place] of [
    [0, 0],
    [1e-9, 0],
    [2 ** 24, 255],
    [1e300, 255],
    [Number.POSITIVE_INFINITY, 255],
  ] as const) {
    const look = new Look();
    look.take(value, 50);
    assert.equal((look.snapshot() as { count: number[] }).count.indexOf(1), place, `${value}`);
  }
});
