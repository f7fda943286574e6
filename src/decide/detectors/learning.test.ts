import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Period } from '#decide/detectors/api.ts';
import { MINUTE_US, noise, period } from '#decide/detectors/fixture.ts';
import { learnFrozen } from '#decide/detectors/frozen.ts';
import { detectorOf, learnedText } from '#decide/detectors/learned.ts';
import { type DatedPeriod, learn, learningOf, settingsOf, unwatchedBy } from '#decide/detectors/learning.ts';

const dated = (from: Period, breaks: readonly number[] = []): DatedPeriod => ({
  ...from,
  timeUs: Float64Array.from(from.columns[0] ?? [], (_, row) => row * MINUTE_US),
  breaks,
});

const random = noise(1);
const good = dated(period(['a', 'b', 'still'], 2000, () => [10 + random(), 5 + random(), 3]));

for (const kind of ['drift', 'frozen', 'noise', 'relation', 'unusual']) {
  test(`${kind} learns by its name, and its file makes a detector of it`, () => {
    const learned = learn(kind, good);
    assert.equal(learned.kind, kind);
    assert.deepEqual(learned.settings, settingsOf(kind, {}));
    assert.equal(detectorOf(learnedText(learned)).learned.kind, kind);
  });
}

test('a balance learns from its one signal', () => {
  const one = dated(period(['balance'], 500, () => [0.2 + random()]));
  assert.equal(detectorOf(learnedText(learn('balance', one))).learned.kind, 'balance');
  assert.throws(() => learn('balance', good), { code: 'detector.unfit', message: /one signal, not 3/ });
});

test('what is set stands beside the defaults', () => {
  assert.deepEqual(learn('frozen', good, { longer: 5 }), learnFrozen(good, { longer: 5, least: 10 }));
});

test('which signals are not watched is told with the reason', () => {
  assert.deepEqual(unwatchedBy(learn('frozen', good)), { still: 'it never moved' });
  assert.deepEqual(Object.keys(unwatchedBy(learn('noise', good))), ['still']);
  let level = 0;
  const wandering = dated(
    period(['a', 'wanders'], 2000, () => {
      level += random();
      return [random(), level];
    }),
  );
  assert.deepEqual(unwatchedBy(learn('drift', wandering)), { wanders: 'its level wanders in good running' });
  assert.deepEqual(unwatchedBy(learn('relation', good)), {});
});

test('for the time that is left each stretch between two rests is a life', () => {
  const lengths = [60, 70, 80, 90, 100, 110];
  const rows = lengths.flatMap((length) => Array.from({ length }, (_, row) => [row + random(), random()]));
  const breaks = lengths.slice(0, -1).map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b));
  const lives = dated(
    period(['wear', 'other'], rows.length, (i) => rows[i] as number[]),
    breaks,
  );
  const detector = detectorOf(learnedText(learn('remaining-life', lives, { functions: 40 })));
  for (let row = 0; row < 70; row++) detector.observe(Float64Array.of(row, 0), row * MINUTE_US);
  assert.ok(detector.ratio > 0.5, `${detector.ratio}`);
  assert.throws(() => learn('remaining-life', { ...lives, breaks: breaks.slice(0, 3) }), {
    code: 'detector.unfit',
    message: /holds 4 lives, and 5 are the least/,
  });
});

test('what cannot be learned is told by name', () => {
  const still = dated(period(['a', 'b'], 100, () => [1, random()]));
  assert.throws(() => learn('relation', still), { code: 'detector.unfit', message: /a never moved/ });
  assert.throws(() => learn('toString', good), { code: 'detector.kind', hint: /drift, frozen/ });
  assert.throws(() => learn('limit', good), { code: 'detector.kind', message: /limit does not learn/ });
});

test('slower detectors and more signals need more moments', () => {
  const { needed } = learningOf('drift');
  const defaults = settingsOf('drift', {});
  assert.deepEqual(needed(8, defaults, 1000), { least: 200, enough: 400 });
  assert.deepEqual(needed(8, { ...defaults, fast: 0.1 }, 1000), { least: 400, enough: 800 });
  const unusual = settingsOf('unusual', {});
  assert.equal(learningOf('unusual').needed(1, unusual, 10_000).enough, 8640, 'a day');
});
