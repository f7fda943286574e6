import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionSpec, Decisions, Outcome } from '#decide/api.ts';
import { learnDrift } from '#decide/detectors/drift.ts';
import { noise, period } from '#decide/detectors/fixture.ts';
import { learnFrozen } from '#decide/detectors/frozen.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { learnRelation } from '#decide/detectors/relation.ts';
import type { DetectorSpec } from '#decide/detectors/spec.ts';
import { waitsText } from '#decide/detectors/waiting.ts';
import { compileDecisions } from '#decide/engine.ts';
import { fromParts } from '#decide/parts.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

const S = 1e6;
/** A plant clock begins somewhere. */
const BEGIN_S = 1000;

const tags = new TagTable();
for (const path of ['p/x', 'p/y', 'p/state', 'p/still', 'p/other', 'q/still'])
  tags.declare({ path, type: 'number', access: 'read' });

/** Frozen after ten moments of one value. */
const frozen = learnedText(learnFrozen(period(['x'], 100, (i) => [i % 7])));
const kin = (() => {
  const next = noise(5);
  const learned = learnRelation(
    period(['y', 'x'], 500, () => {
      const x = next();
      return [2 * x + 1 + next() / 20, x];
    }),
  );
  return learnedText(learned);
})();
const fileOf = (text: string) => ({ text, digest: learnedDigest(text) });

const still: DetectorSpec = {
  id: 'p/still',
  asset: 'p',
  kind: 'frozen',
  tags: ['p/x'],
  everyMs: 1000,
  restForMs: 0,
  settings: {},
  shadow: false,
  file: fileOf(frozen),
};
const other: DetectorSpec = {
  ...still,
  id: 'p/other',
  kind: 'relation',
  tags: ['p/y', 'p/x'],
  file: fileOf(kin),
};

function compile(
  detectors: readonly DetectorSpec[],
  { snapshot, ...more }: Partial<DecisionSpec> & { snapshot?: Json } = {},
  table = tags,
): Decisions {
  const spec = { derived: [], rules: [], alarms: [], ...more, detectors };
  const { decisions, problems } = compileDecisions(spec, table, snapshot);
  assert.ok(decisions, JSON.stringify(problems));
  return decisions;
}

type Given = { readonly [path: string]: number | readonly [value: number, quality: number] };

function give(it: Decisions, atS: number, values: Given, late = false): Outcome {
  const builder = new BatchBuilder();
  const us = (BEGIN_S + atS) * S;
  for (const [path, given] of Object.entries(values)) {
    const [value, quality] = typeof given === 'number' ? [given, Quality.good] : given;
    builder.addValue(tags.number(path), us, value, quality);
  }
  return it.step(builder.take({ receivedUs: us, late }), us);
}

/** Second for second the same value. @returns what was told, with the second */
function freeze(it: Decisions, fromS: number, seconds: number, more: Given = {}): string[] {
  const said: string[] = [];
  for (let s = fromS; s < fromS + seconds; s++)
    for (const { rule, to, text } of give(it, s, { 'p/x': 3, ...more }).alerts ?? [])
      said.push(`${s} ${rule} ${to} ${text}`);
  return said;
}

const figures = ({ derived }: Outcome): number[] => [...(derived?.value.subarray(0, derived.rows) ?? [])];
const stateOf = (it: Decisions, id = 'p/still') => it.detectors(id)[0]?.state;
/** What reaches the disk by itself, as a restart finds it. */
const kept = (
  it: Decisions,
  parts: Map<string, Parameters<typeof fromParts>[0] extends Iterable<infer P> ? P : never>,
) => {
  for (const part of it.takeChanged()) parts.set(`${part.kind} ${part.id}`, part);
  return JSON.parse(JSON.stringify(fromParts(parts.values()))) as Json;
};

test('what a detector finds stands as an alert with its reasons, from its beginning until it is known to be over', () => {
  const it = compile([still]);
  assert.equal(stateOf(it), 'warming-up');
  const said = freeze(it, 0, 40);
  assert.equal(said.length, 1);
  assert.match(said[0] as string, /^\d+ p\/still began x has been 3 for \d+ moments/);
  const [alert] = it.alerts();
  assert.deepEqual([alert?.rule, alert?.condition], ['p/still', true]);
  const [view] = it.detectors();
  assert.equal(view?.state, 'found');
  assert.ok((view?.ratio ?? 0) > 1 && (view?.certainty ?? 0) > 0.5);
  assert.deepEqual(
    view?.reasons().map(({ tag, value, expected }) => [tag, value, expected]),
    [['p/x', 3, null]],
  );
  const { alerts = [] } = give(it, 40, { 'p/x': 4 });
  assert.deepEqual(
    [alerts[0]?.to, alerts[0]?.cause, alerts[0]?.found?.detector],
    ['ended', 'condition', 'frozen'],
  );
  const { reasons = [], certainty = 0, atEnd } = alerts[0]?.found ?? {};
  assert.match(reasons[0]?.text ?? '', /^x has been 3 for (3\d|40) moments/);
  assert.ok(certainty > 0.8 && (atEnd?.certainty ?? 1) < 0.5, `${certainty}, then ${atEnd?.certainty}`);
  assert.doesNotMatch(atEnd?.text ?? 'x has been 3', /x has been 3/);
  assert.deepEqual([it.alerts(), stateOf(it)], [[], 'watching']);
});

test('its figure is a tag that rules read in the same step, told when it has moved', () => {
  const rule = {
    id: 'p/near',
    asset: 'p',
    when: 'still > 0.5',
    onDelayMs: 0,
    offDelayMs: 0,
    onBad: 'hold' as const,
    firstIsEdge: false,
    do: [],
    clear: [],
  };
  const it = compile([still], { rules: [rule] });
  const seen: number[] = [];
  const on: number[] = [];
  for (let s = 0; s < 60; s++) {
    const outcome = give(it, s, { 'p/x': 3 });
    seen.push(...figures(outcome));
    if (outcome.rules.some(({ to }) => to === 'on')) on.push(seen.at(-1) as number);
  }
  assert.ok(seen.every((figure, i) => i === 0 || figure - (seen[i - 1] as number) >= 0.02));
  assert.equal(on.length, 1);
  assert.ok((on[0] as number) > 0.5);
  assert.deepEqual(figures(give(it, 59.0001, { 'p/x': 3 })), [], 'between two moments nothing is looked at');
});

test('the figures of bad values and of late ones are none', () => {
  const it = compile([other]);
  for (let s = 0; s < 20; s++) give(it, s, { 'p/x': 0.5, 'p/y': 2 });
  assert.equal(stateOf(it, 'p/other'), 'watching');
  give(it, 20, { 'p/x': [0.5, Quality.bad] });
  give(it, 21, { 'p/y': 2 });
  assert.equal(stateOf(it, 'p/other'), 'unknown');
  give(it, 22, { 'p/x': [0.5, Quality.uncertainLastUsable], 'p/y': 2 });
  assert.equal(stateOf(it, 'p/other'), 'unknown', 'what stands in for a value is none');
  give(it, 23, { 'p/x': 0.5 });
  give(it, 24, { 'p/x': 0.5 });
  assert.equal(stateOf(it, 'p/other'), 'watching');
  const before = JSON.stringify(it.detectors());
  give(it, 30, { 'p/x': 77 }, true);
  assert.equal(JSON.stringify(it.detectors()), before);
});

test('while it has not seen enough since its start it warms up, and says for what it waits', () => {
  const waitsOf = (it: Decisions) => {
    const [view] = it.detectors();
    const said =
      view?.waits && waitsText(view.waits, { kind: 'drift', everyMs: 5000 }, (tag) => tag !== 'p/y');
    return [view?.state, said];
  };
  const learned = learnedText(learnDrift(period(['x', 'y'], 400, (i) => [i % 7, i % 5])));
  const slow = { ...still, kind: 'drift', tags: ['p/x', 'p/y'], everyMs: 5000, file: fileOf(learned) };
  const it = compile([slow]);
  assert.deepEqual(waitsOf(it), ['warming-up', 'waits for its first moment, one each 5 s']);
  give(it, 0, { 'p/still': 1 });
  give(it, 6, { 'p/y': [0, Quality.badWaitingForInitialData] });
  assert.deepEqual(waitsOf(it), ['warming-up', 'waits for the first value of p/x'], 'p/y may not be named');
  for (const [s, left] of [
    [11, '10 more moments, 50 s'],
    [16, '9 more moments, 45 s'],
  ] as const) {
    give(it, s, { 'p/x': s, 'p/y': s });
    assert.deepEqual(waitsOf(it), ['warming-up', `needs ${left}`]);
  }
  give(it, 21, { 'p/x': [1, Quality.badSensorFailure] });
  assert.deepEqual(waitsOf(it), ['unknown', undefined], 'what is bad is no warming up');
  for (let s = 26; s < 66; s += 5) give(it, s, { 'p/x': s % 7, 'p/y': s % 5 });
  assert.deepEqual(waitsOf(it), ['warming-up', 'needs 1 more moment, 5 s']);
  const next = compile([slow]);
  next.adopt(it);
  assert.deepEqual(waitsOf(next), waitsOf(it), 'a changed site file begins nothing anew');
  give(next, 66, { 'p/x': 3, 'p/y': 1 });
  assert.deepEqual(waitsOf(next), ['watching', undefined]);
});

test('it rests while its condition is true or unknown, and for a time afterwards; what stood stands', () => {
  const it = compile([{ ...still, restWhen: 'state != 2', restForMs: 10_000 }]);
  assert.deepEqual(freeze(it, 0, 20), [], 'nobody knows the state');
  assert.equal(stateOf(it), 'resting');
  assert.deepEqual(freeze(it, 20, 20, { 'p/state': 1 }), []);
  assert.deepEqual(freeze(it, 40, 10, { 'p/state': 2 }), []);
  assert.equal(stateOf(it), 'resting', 'the process settles');
  assert.equal(freeze(it, 50, 40, { 'p/state': 2 }).length, 1);
  freeze(it, 90, 5, { 'p/state': 1 });
  assert.deepEqual([stateOf(it), it.alerts()[0]?.condition], ['resting', 'unknown']);
});

/** Rises by a tenth a second towards 100, of which it is told half a minute ahead. */
const way: DetectorSpec = {
  ...still,
  kind: 'limit',
  file: undefined,
  restWhen: 'state == 1',
  settings: { limit: 100, windowHours: 256 / 3600, horizonHours: 120 / 3600 },
};
const climb = (it: Decisions, fromS: number, seconds: number, state: Given[string], base = 0) =>
  Array.from({ length: seconds }, (_, i) => {
    const s = fromS + i;
    return give(it, s, { 'p/x': base + s / 2, 'p/state': state }).alerts ?? [];
  }).flat();

test('after a rest that people named a way to a limit begins anew, where it is told to; one that nobody knows of is none', () => {
  for (const anew of [1, 0]) {
    const it = compile([{ ...way, settings: { ...way.settings, anew } }]);
    climb(it, 0, 150, 0);
    assert.deepEqual([stateOf(it), it.alerts().length], ['found', 1]);
    assert.deepEqual(climb(it, 150, 5, [0, Quality.bad]), [], 'it rests, as nobody knows');
    assert.equal(stateOf(it), 'resting');
    assert.deepEqual(climb(it, 155, 5, 0), []);
    assert.deepEqual([stateOf(it), it.alerts().length], ['found', 1]);

    const parts = new Map();
    climb(it, 160, 65, 1);
    assert.deepEqual([stateOf(it), it.alerts().length], ['resting', 1]);
    for (const one of [
      it,
      compile([{ ...way, settings: { ...way.settings, anew } }], { snapshot: kept(it, parts) }),
    ]) {
      const [end] = climb(one, 225, 5, 0, -110);
      assert.equal(end?.found?.atEnd?.text, anew ? 'it begins anew after a rest' : undefined);
      assert.deepEqual([stateOf(one), one.alerts().length], anew ? ['warming-up', 0] : ['found', 1]);
    }
  }
});

test('a restart goes on with what reached the disk: what stands is not told again, and a run of moments goes on', () => {
  const it = compile([still]);
  const parts = new Map();
  freeze(it, 0, 40);
  const again = compile([still], { snapshot: kept(it, parts) });
  assert.equal(again.alerts().length, 1);
  assert.deepEqual(freeze(again, 45, 30), []);
  const over = compile([still], { snapshot: kept(it, parts) });
  const [end] = [40, 41].flatMap((s) => give(over, s, { 'p/x': 4 }).alerts ?? []);
  assert.match(end?.found?.reasons[0]?.text ?? '', /^x has been 3 for/, 'what it was is known still');
  const slow = compile([still]);
  for (let s = 0; s < 200; s++) give(slow, s, { 'p/x': s < 195 ? s : 195 });
  const size = JSON.stringify(kept(slow, parts)).length;
  assert.ok(size > 20, 'without any transition as well, once a minute');
  assert.deepEqual(
    compile([{ ...still, file: fileOf(kin), kind: 'relation', tags: ['p/y', 'p/x'] }], {
      snapshot: kept(
        it,
        new Map([
          [
            'detector p/still',
            { kind: 'detector', id: 'p/still', state: { digest: 'of another', detector: { run: [99] } } },
          ],
        ]),
      ),
    }).detectors()[0]?.state,
    'warming-up',
    'what another file saw is not its own',
  );
});

test('an alert of a detector that the file has no more ends with the next step, also over a restart', () => {
  const it = compile([still]);
  freeze(it, 0, 40);
  const without = compile([other], { snapshot: kept(it, new Map()) });
  assert.equal(without.nextUs, 0);
  const { alerts = [] } = give(without, 41, { 'p/x': 3 });
  assert.deepEqual([alerts[0]?.rule, alerts[0]?.to, alerts[0]?.cause], ['p/still', 'ended', 'changed']);
});

test('a changed file leaves a detector that did not change as it was; one whose tags are new ones begins anew', () => {
  const it = compile([still]);
  freeze(it, 0, 40);
  const next = compile([{ ...still, description: 'said otherwise' } as DetectorSpec, other], {
    snapshot: it.snapshot(),
  });
  next.adopt(it);
  assert.deepEqual([next.alerts().length, stateOf(next)], [1, 'found']);
  assert.deepEqual(freeze(next, 40, 5), []);
  const redefined = compile([still], { snapshot: next.snapshot() });
  redefined.adopt(next, new Set([tags.number('p/x')]));
  give(redefined, 46, { 'p/x': 3 });
  give(redefined, 47, { 'p/x': 3 });
  assert.equal(stateOf(redefined), 'watching');
});

test('without a learned file a detector says that it has none, and why where one does not fit', () => {
  const none = compile([{ ...still, file: undefined }]);
  freeze(none, 0, 40);
  assert.deepEqual([stateOf(none), none.detectors()[0]?.fault], ['not-learned', undefined]);
  none.learn('p/still', fileOf(frozen));
  assert.equal(freeze(none, 40, 40).length, 1, 'from the next step on');
  const wrong = compile([{ ...still, tags: ['p/y'] }]);
  assert.match(wrong.detectors()[0]?.fault ?? '', /learned from x, and the site file has y: learn anew/);
  const pinned = compile([{ ...still, file: undefined, learned: 'ab'.repeat(32) }]);
  assert.match(pinned.detectors()[0]?.fault ?? '', /abababababab is not here/);
  const settled = compile([{ ...other, settings: { limit: 3, weight: 0.5 } }]);
  assert.deepEqual(
    [settled.detectors()[0]?.settings.limit, settled.detectors()[0]?.waiting],
    [3, ['weight']],
    'what shapes the learning waits for it',
  );
});

test('what a promoted detector finds is an alarm too; a shadow tells nobody', () => {
  const alarm = {
    id: 'p/still',
    asset: 'p',
    when: 'tag("p/still") > 1',
    priority: 'low' as const,
    consequence: 'it is blind',
    response: 'look at the sensor',
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    latched: false,
    shelveMaxMin: 60,
  };
  const it = compile([{ ...still, alarm }]);
  const parts = new Map();
  freeze(it, 0, 40);
  assert.deepEqual([it.alarms()[0]?.state, it.alarms()[0]?.condition], ['unacknowledged', true]);
  const again = compile([{ ...still, alarm }], { snapshot: kept(it, parts) });
  assert.equal(again.alarms()[0]?.state, 'unacknowledged');
  const silent = compile([{ ...still, shadow: true }]);
  const shadowed = freeze(silent, 0, 40);
  assert.equal(shadowed.length, 1, 'the record has it');
  assert.deepEqual([silent.alerts(), stateOf(silent)], [[], 'found']);
});

test('a step looks at no more signals than its batch has rows, or 64; what is due comes in its turn', () => {
  const many = new TagTable(tags);
  const detectors = Array.from({ length: 200 }, (_, i): DetectorSpec => {
    many.declare({ path: `d${i}`, type: 'number', access: 'read' });
    return { ...still, id: `d${i}` };
  });
  const it = compile(detectors, {}, many);
  give(it, 0, { 'p/x': 1 });
  const looked = [2, 2.001, 2.002, 2.003, 2.004].map((s) => figures(give(it, s, { 'p/x': 1 })).length);
  assert.deepEqual(looked, [64, 64, 64, 8, 0]);
  const early = new Set<number>();
  const spread = compile(detectors, {}, many);
  give(spread, 0, { 'p/x': 1 });
  for (let ms = 100; ms <= 1000; ms += 100) early.add(figures(give(spread, ms / 1000, { 'p/x': 1 })).length);
  assert.ok(Math.max(...early) < 50, 'their moments are spread over the second');
});
