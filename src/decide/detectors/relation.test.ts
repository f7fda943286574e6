import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noise, period, show } from '#decide/detectors/fixture.ts';
import { learnRelation, Relation } from '#decide/detectors/relation.ts';

const SIGNALS = ['current', 'flow', 'pressure'];
const random = noise(31);
/** Flow and pressure wander over their whole range; current follows them. */
const row = (i: number, more = 0): number[] => {
  const [flow, pressure] = [100 + 40 * Math.sin(i / 50), 5 + 2 * Math.sin(i / 31)];
  return [2 + 0.05 * flow + 0.6 * pressure + 0.1 * random() + more, flow, pressure];
};
const learned = learnRelation(period(SIGNALS, 3000, (i) => row(i)));
const rows = (from: number, count: number, more = 0): number[][] =>
  Array.from({ length: count }, (_, i) => row(from + i, more));

test('learns the factors that there are', () => {
  const exact = learnRelation(period(['y', 'a', 'b'], 50, (i) => [7 + 2 * i - 3 * (i * i), i, i * i]));
  const [a = 0, b = 0] = exact.state.factors as number[];
  assert.ok(Math.abs(a - 2) < 0.1 && Math.abs(b + 3) < 0.01, JSON.stringify(exact.state));
});

test('what swings with its inputs is well; half a deviation of the swing more is found and told', () => {
  const detector = new Relation(learned);
  assert.equal(show(detector, rows(3000, 2000)).some(Boolean), false);
  const found = show(detector, rows(5000, 60, 0.5), 2000);
  assert.ok(found.indexOf(true) >= 0 && found.indexOf(true) < 20, String(found.indexOf(true)));
  assert.match(
    detector.reasons()[0]?.text ?? '',
    /^current is 0\.[45]\d* more than flow, pressure make expect/,
  );
});

test('says nothing where an input is missing or outside of what was learned', () => {
  const detector = new Relation(learned);
  const odd = fc.oneof(fc.constant(Number.NaN), fc.double({ min: 200, max: 1e9, noNaN: true }));
  fc.assert(
    fc.property(odd, (flow) => {
      show(detector, [[999, flow, 5]]);
      assert.ok(Number.isNaN(detector.ratio) && !detector.found);
    }),
  );
});

test('refuses to learn from too little, and from what never moved', () => {
  assert.throws(() => learnRelation(period(SIGNALS, 3, (i) => row(i))), /3 complete moments are too few/);
  assert.throws(() => learnRelation(period(SIGNALS, 50, (i) => [4, i, 1])), /current never moved/);
});

test('goes on from a snapshot', () => {
  const all = [...rows(0, 50), ...rows(50, 50, 1)];
  const [whole, head, tail] = [new Relation(learned), new Relation(learned), new Relation(learned)];
  const found = show(whole, all);
  const before = show(head, all.slice(0, 55));
  tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
  assert.deepEqual([...before, ...show(tail, all.slice(55), 55)], found);
});
