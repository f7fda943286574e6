import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noise, period, show } from '#decide/detectors/fixture.ts';
import { learnNoise, Noise } from '#decide/detectors/noise.ts';

const random = noise(21);
const row = (strength: number, i: number): number[] => [50 + 10 * Math.sin(i / 80) + strength * random(), 3];
const learned = learnNoise(period(['pressure', 'spare'], 2000, (i) => row(1, i)));
const rows = (count: number, strength: number): number[][] =>
  Array.from({ length: count }, (_, i) => row(strength, i));

test('noise as it was is well, whatever the level does; what never moved is not watched', () => {
  assert.equal(show(new Noise(learned), rows(5000, 1)).some(Boolean), false);
  assert.deepEqual((learned.state.spread as (number | null)[])[1], null);
});

test('noise that dies and noise that grows are found and told apart', () => {
  const plugged = new Noise(learned);
  show(plugged, rows(200, 1));
  assert.equal(show(plugged, rows(150, 0.1), 200).at(-1), true);
  assert.match(
    plugged.reasons()[0]?.text ?? '',
    /^pressure has less noise than it had: 0\.\d+ .* usually 1\.[34]/,
  );
  const loose = new Noise(learned);
  show(loose, rows(200, 1));
  assert.equal(show(loose, rows(60, 6), 200).at(-1), true);
  assert.match(loose.reasons()[0]?.text ?? '', /^pressure is noisier than it was/);
  assert.equal(show(loose, rows(300, 1), 260).at(-1), false);
});

test('goes on from a snapshot', () => {
  const all = [...rows(120, 1), ...rows(80, 8)];
  const [whole, head, tail] = [new Noise(learned), new Noise(learned), new Noise(learned)];
  const found = show(whole, all);
  const before = show(head, all.slice(0, 130));
  tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
  assert.ok(found.at(-1));
  assert.deepEqual([...before, ...show(tail, all.slice(130), 130)], found);
});

test('one jump of a set-point is no noise, and rounding is none', () => {
  const detector = new Noise(learned);
  show(detector, rows(200, 1));
  const jumped = rows(200, 1).map(([p = 0, spare = 0]) => [p + 500, spare]);
  assert.equal(show(detector, jumped, 200).some(Boolean), false);
  const rounded = learnNoise(period(['x'], 400, (i) => [59 + 1e-8 * (i % 3)]));
  assert.deepEqual(rounded.state.spread, [null]);
});
