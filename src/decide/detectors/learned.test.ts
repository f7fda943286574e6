import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnDrift } from '#decide/detectors/drift.ts';
import { noise, period } from '#decide/detectors/fixture.ts';
import { detectorOf, learnedDigest, learnedText } from '#decide/detectors/learned.ts';

const random = noise(1);
const learned = learnDrift(period(['flow', 'current'], 300, () => [random(), random()]));
const text = learnedText(learned);
const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return 'none';
};

test('a file gives the detector back, with what it had learned', () => {
  assert.deepEqual(detectorOf(text, learnedDigest(text)).learned, JSON.parse(JSON.stringify(learned)));
});

test('equal content has an equal digest, whatever the order of its fields', () => {
  const turned = { ...learned, state: Object.fromEntries(Object.entries(learned.state).reverse()) };
  assert.equal(learnedDigest(learnedText(turned)), learnedDigest(text));
});

test('a file that is not what was learned is refused, with the reason', () => {
  const other = text.replace('"slow"', '"sl0w"');
  assert.match(
    code(() => detectorOf(other, learnedDigest(text))),
    /^detector\.digest: /,
  );
  assert.match(
    code(() => detectorOf('{')),
    /^detector\.learned: .*no JSON/,
  );
  assert.match(
    code(() => detectorOf('{}')),
    /its format is undefined, not holdfast-learned\/1/,
  );
  assert.match(
    code(() => detectorOf(text.replace('"drift"', '"x"'))),
    /no detector of the kind x/,
  );
  assert.match(
    code(() => detectorOf(text.replace(/"state":.*\n$/, '"state":{}}'))),
    /what its kind needs/,
  );
});
