import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BALANCE, Balance, learnBalance } from '#decide/detectors/balance.ts';
import { MINUTE_US, noise, period, show } from '#decide/detectors/fixture.ts';

/** White noise, or noise that is kin to itself. */
function balance(seed: number, kin: number): () => number {
  const random = noise(seed);
  let last = 0;
  return () => {
    last = kin * last + random();
    return 0.5 + last;
  };
}
const rows = (count: number, of: () => number, more = 0): number[][] =>
  Array.from({ length: count }, () => [of() + more]);

test('a balance that adds up is well for weeks, also where its moments are kin to each other', () => {
  for (const kin of [0, 0.6, 0.9]) {
    const of = balance(7, kin);
    const learned = learnBalance(period(['water'], 3000, () => [of()]));
    assert.ok(Math.abs((learned.state.kin as number) - kin) < 0.05, `${learned.state.kin} is not ${kin}`);
    const found = show(new Balance(learned), rows(40_000, of));
    assert.equal(found.some(Boolean), false, `kin ${kin}`);
  }
});

test('one that no longer adds up is found with how much, in its unit, and since when', () => {
  const of = balance(8, 0.3);
  const detector = new Balance(learnBalance(period(['water'], 3000, () => [of()])));
  show(detector, rows(300, of));
  const found = show(detector, rows(180, of, -4), 300);
  const after = found.indexOf(true);
  assert.ok(after > 2 && after < 40, `found after ${after} moments`);
  assert.equal(detector.sinceUs, (300 + after) * MINUTE_US);
  const [reason] = detector.reasons(['m3/h']);
  assert.match(
    reason?.text ?? '',
    /^the balance no longer adds up: (3\.[5-9]|4)\d* m3\/h too little, \d+(\.\d)? times the usual deviation, for (2\.9|3) hours$/,
  );
  assert.ok(reason && Math.abs(reason.expected - 0.5) < 0.1 && reason.deviation < -6);
  assert.equal(show(detector, rows(120, of), 480).at(-1), false);
  assert.match(detector.reasons(['m3/h'])[0]?.text ?? '', /^the balance (adds up$|strays: )/);
});

test('one wrong reading decides nothing, a missing one neither, and what nobody would look for is not found', () => {
  const of = balance(9, 0);
  const learned = learnBalance(period(['water'], 1000, () => [of()]));
  const detector = new Balance(learned);
  show(detector, rows(200, of));
  assert.equal(show(detector, [[1e6], ...rows(50, of), [-1e6], ...rows(50, of)], 200).some(Boolean), false);
  show(detector, [[Number.NaN]], 400);
  assert.ok(Number.isNaN(detector.ratio));
  const least = learnBalance(
    period(['water'], 1000, () => [of()]),
    { ...BALANCE, least: 5 },
  );
  assert.equal(show(new Balance(least), rows(500, of, 4)).some(Boolean), false);
  assert.equal(show(new Balance(learned), rows(500, of, 4)).at(-1), true);
});

test('what people look for is found also where it is far beyond what is usual', () => {
  const of = balance(12, 0);
  const settings = { ...BALANCE, least: 30 };
  const detector = new Balance(
    learnBalance(
      period(['water'], 1000, () => [of()]),
      settings,
    ),
  );
  show(detector, rows(200, of));
  assert.equal(show(detector, rows(200, of, 25), 200).some(Boolean), false);
  assert.equal(show(detector, rows(60, of, 60), 400).at(-1), true);
});

test('a balance of sums that are almost exact takes rounding for none', () => {
  const learned = learnBalance(period(['water'], 300, (i) => [100 + (i % 2) * 1e-12]));
  const rounding = Array.from({ length: 500 }, (_, i) => [100 + (i % 3) * 1e-10]);
  assert.equal(show(new Balance(learned), rounding).some(Boolean), false);
});

test('goes on from a snapshot', () => {
  const of = balance(10, 0.5);
  const learned = learnBalance(period(['water'], 1000, () => [of()]));
  const all = [...rows(100, of), ...rows(100, of, 6)];
  const whole = new Balance(learned);
  const found = show(whole, all);
  assert.equal(found.at(-1), true);
  for (const cut of [0, 30, 115, 150]) {
    const [head, tail] = [new Balance(learned), new Balance(learned)];
    const before = show(head, all.slice(0, cut));
    tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
    assert.deepEqual([...before, ...show(tail, all.slice(cut), cut)], found);
    assert.deepEqual(tail.reasons(), whole.reasons());
  }
});

test('refuses to learn from too few moments and from several signals', () => {
  assert.throws(() => learnBalance(period(['water'], 79, (i) => [i])), /79 moments are too few .* needs 80/);
  assert.throws(() => learnBalance(period(['a', 'b'], 900, (i) => [i, i])), /one signal, not 2/);
});
