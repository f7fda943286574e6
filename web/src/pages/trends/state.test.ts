import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Chosen, keyOf, queryOf, stateOf, stateOfView, type TrendState, viewOf } from './state.ts';

const flags = {
  axis: fc.integer({ min: 0, max: 3 }),
  isHidden: fc.constant(true),
};
const tag = fc.record({ path: fc.string({ minLength: 1 }), ...flags }, { requiredKeys: ['path'] });
const calculation = fc.record(
  { calc: fc.string({ minLength: 1 }), asset: fc.stringMatching(/^[\w/-]*$/), ...flags },
  { requiredKeys: ['calc', 'asset'] },
);
const chosen = fc.uniqueArray(fc.oneof(tag, calculation) as fc.Arbitrary<Chosen>, {
  selector: keyOf,
  maxLength: 12,
});
const when = fc.oneof(
  fc.record({ lastS: fc.integer({ min: 1, max: 1e8 }) }),
  fc
    .tuple(fc.integer({ min: 1, max: 2e12 }), fc.integer({ min: 10, max: 1e11 }))
    .map(([fromMs, lengthMs]) => ({ from: fromMs / 1000, to: (fromMs + lengthMs) / 1000 })),
);
const state: fc.Arbitrary<TrendState> = fc.record(
  { chosen, when, earlierS: fc.integer({ min: 1, max: 1e7 }) },
  { requiredKeys: ['chosen', 'when'] },
);

const plain = (one: unknown): unknown => JSON.parse(JSON.stringify(one));

/** Tags first, then calculations, as addresses and views have them. */
const sorted = ({ chosen: all, ...rest }: TrendState) => ({
  ...rest,
  chosen: [...all.filter((one) => 'path' in one), ...all.filter((one) => 'calc' in one)],
});

test('an address shows the very view that it was made of', () => {
  fc.assert(
    fc.property(state, (given) => {
      const again = stateOf(new URLSearchParams(queryOf(given).toString()));
      assert.deepEqual(plain(again), plain(given));
    }),
  );
});

test('a saved view shows what was saved', () => {
  fc.assert(
    fc.property(state, (given) => {
      const { by, ...view } = viewOf('mine', given, 'ann');
      const again = stateOfView({ ...view, by, savedUs: 1 } as never);
      const { earlierS: _, chosen: all, ...rest } = sorted(given);
      const kept = all.map(({ isHidden: __, ...one }) => one);
      assert.deepEqual(plain(again), plain({ ...rest, chosen: kept }));
    }),
  );
});

test('what makes no sense in an address is passed over', () => {
  const { chosen: none, when: first } = stateOf(
    new URLSearchParams('tag=&calc=x&from=a&to=b&last=-1&earlier=x'),
  );
  assert.deepEqual(none, []);
  assert.deepEqual(first, { lastS: 3600 });
});
