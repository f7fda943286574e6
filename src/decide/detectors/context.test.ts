import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionSpec, Decisions, Outcome } from '#decide/api.ts';
import { noise, period } from '#decide/detectors/fixture.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { learnSeason, SEASON } from '#decide/detectors/season.ts';
import type { DetectorSpec } from '#decide/detectors/spec.ts';
import { Texts } from '#decide/detectors/texts.ts';
import { compileDecisions } from '#decide/engine.ts';
import { BatchBuilder, type Value } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

/* A text of a machine as what a detector learned by, and as what it rests for. */

const S = 1e6;
const BEGIN_S = 1000;

const tags = new TagTable();
for (const path of ['p/temperature', 'p/usual']) tags.declare({ path, type: 'number', access: 'read' });
for (const path of ['p/recipe', 'p/product', 'p/step']) tags.declare({ path, type: 'text', access: 'read' });

/** Gouda at 60, Edam at 80; visits of 40 moments. */
const LEARNED = (() => {
  const texts = new Texts();
  const random = noise(1);
  const settings = { ...SEASON, hours: 0, context: 1, settle: 5 };
  const rows = period(['temperature', 'product'], 400, (i) => {
    const name = Math.floor(i / 40) % 2 ? 'Edam' : 'Gouda';
    return [(name === 'Edam' ? 80 : 60) + random(), texts.numberOf(name)];
  });
  const seconds = Array.from({ length: 400 }, (_, i) => i * S);
  return learnedText(learnSeason({ ...rows, texts: texts.all }, seconds, settings));
})();

const usual: DetectorSpec = {
  id: 'p/usual',
  asset: 'p',
  kind: 'season',
  tags: ['p/temperature', 'p/product'],
  everyMs: 1000,
  restForMs: 0,
  settings: {},
  shadow: false,
  file: { text: LEARNED, digest: learnedDigest(LEARNED) },
};

function compile(detector: DetectorSpec, more: Partial<DecisionSpec> = {}, snapshot?: Json): Decisions {
  const spec = { derived: [], rules: [], alarms: [], ...more, detectors: [detector] };
  const { decisions, problems } = compileDecisions(spec, tags, snapshot);
  assert.ok(decisions, JSON.stringify(problems));
  return decisions;
}

type Row = readonly [path: string, value: Value, quality?: number];

function give(it: Decisions, atS: number, ...rows: readonly Row[]): Outcome {
  const builder = new BatchBuilder();
  const us = (BEGIN_S + atS) * S;
  for (const [path, value, quality = Quality.good] of rows)
    builder.addValue(tags.number(path), us, value, quality);
  return it.step(builder.take({ receivedUs: us, late: false }), us);
}

/** A time of one temperature, behind a first row of something else. @returns how it is then, and why */
function run(it: Decisions, fromS: number, temperature: number, ...first: readonly Row[]): string {
  give(it, fromS, ...first);
  for (let s = fromS + 1; s < fromS + 40; s++) give(it, s, ['p/temperature', temperature]);
  const [{ state, whyRest } = assert.fail()] = it.detectors();
  return whyRest === undefined ? state : `${state}: ${whyRest}`;
}

test('the text of a tag is the product that is judged; one that it does not know, or that is bad, makes it rest', () => {
  const it = compile(usual);
  assert.equal(run(it, 0, 60), 'resting: product is not known');
  assert.equal(run(it, 40, 60, ['p/product', 'Gouda']), 'watching');
  assert.equal(run(it, 80, 80, ['p/product', 'Edam']), 'watching');
  assert.equal(run(it, 120, 80, ['p/product', 'Brie']), 'resting: it has not learned product "Brie"');
  assert.equal(run(it, 160, 80, ['p/product', 'Edam']), 'watching');
  assert.equal(run(it, 200, 80, ['p/product', 'Edam', Quality.bad]), 'resting: product is not known');
  assert.equal(run(it, 240, 80, ['p/product', 'Edam']), 'watching');
  assert.equal(
    run(it, 280, 80, ['p/product', 'Gouda', Quality.uncertainLastUsable]),
    'resting: product is not known',
  );
  assert.equal(
    run(it, 320, 80, ['p/product', 'Edam'], ['p/product', Number.NaN, Quality.badTimeout]),
    'resting: product is not known',
  );
  assert.deepEqual(it.alerts(), []);
  assert.equal(run(it, 360, 80, ['p/product', 'Gouda']), 'found');
  assert.match(
    it.alerts()[0]?.text ?? '',
    /^temperature is at .* above (59|60)\.?\d* where product is "Gouda"$/,
  );
});

test('while it rests its figure is out of service, and what stood stands', () => {
  const it = compile(usual);
  run(it, 0, 80, ['p/product', 'Gouda']);
  const { derived } = give(it, 40, ['p/product', 'Brie']);
  const after = derived ?? give(it, 41, ['p/temperature', 80]).derived ?? assert.fail();
  assert.deepEqual([...after.quality], [Quality.badOutOfService]);
  assert.deepEqual(
    it.alerts().map(({ condition }) => condition),
    ['unknown'],
  );
});

test('a text that is derived, and one that a changed file takes over, are the same', () => {
  const derived = [{ path: 'p/product', asset: 'p', derive: 'recipe == "R7" ? "Edam" : "Gouda"' }];
  const it = compile(usual, { derived });
  assert.equal(run(it, 0, 60, ['p/recipe', 'R1']), 'watching');
  assert.equal(run(it, 40, 60, ['p/recipe', 'R7']), 'found');
  const next = compile({ ...usual, settings: { limit: 5 } }, { derived }, it.snapshot());
  next.adopt(it);
  assert.equal(run(next, 80, 60), 'found');
  const anew = compile(usual, { derived }, next.snapshot());
  anew.adopt(next, new Set([tags.number('p/product')]));
  assert.equal(run(anew, 120, 60), 'resting: product is not known');
});

test('a text names a state in which it rests', () => {
  const it = compile({ ...usual, restWhen: 'step in ["cleaning", "start-up"]' });
  assert.equal(run(it, 0, 60, ['p/product', 'Gouda']), 'resting', 'nobody knows the step');
  assert.equal(run(it, 40, 90, ['p/step', 'cleaning']), 'resting');
  assert.deepEqual(it.alerts(), []);
  assert.equal(run(it, 80, 60, ['p/step', 'production']), 'watching');
  assert.equal(run(it, 120, 60, ['p/step', 'production', Quality.bad]), 'resting');
});
