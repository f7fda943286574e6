// Long because one small site is set up once and every promise of a change while running is shown on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  AlarmAct,
  AlarmSpec,
  DecisionSpec,
  Decisions,
  Outcome,
  RuleSpec,
  SnapshotPart,
} from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { fromParts } from '#decide/parts.ts';
import { BatchBuilder, type Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable, type TagType } from '#kernel/tag-table.ts';

const SIGNALS: { readonly [signal: string]: TagType } = {
  a: 'number',
  b: 'number',
  k: 'number',
  on: 'boolean',
  count: 'int64',
  note: 'text',
  sum: 'number',
  twice: 'number',
  five: 'number',
  out: 'number',
};
const READ = ['a', 'b', 'k', 'on', 'count', 'note'] as const;

function table(): TagTable {
  const tags = new TagTable();
  for (const [signal, type] of Object.entries(SIGNALS))
    tags.declare({ path: `p/${signal}`, type, access: 'readWrite' });
  return tags;
}

const rule = (id: string, when: string, more: Partial<RuleSpec> = {}): RuleSpec => ({
  id,
  asset: 'p',
  when,
  onDelayMs: 0,
  offDelayMs: 0,
  onBad: 'hold',
  firstIsEdge: false,
  do: [{ write: { tag: 'p/out', value: '{{ a }}', leaseMs: 3000 } }],
  clear: [{ send: { to: 'mail', text: '{{ note }} {{ mean(a, "4s") }}' } }],
  ...more,
});
const alarm = (id: string, when: string, more: Partial<AlarmSpec> = {}): AlarmSpec => ({
  id,
  asset: 'p',
  when,
  priority: 'high',
  consequence: 'wear',
  response: 'slow down',
  deadband: 0,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
  shelveMaxMin: 60,
  ...more,
});
const derived = (signal: string, derive: string) => ({ path: `p/${signal}`, asset: 'p', derive });

const SITE: DecisionSpec = {
  derived: [derived('sum', 'a + b'), derived('twice', 'sum * 2.0'), derived('five', '5.0')],
  rules: [
    rule('kernel', 'k > 5', { alert: 'k is {{ k }}, {{ note }}' }),
    rule('delayed', 'k > 3', { onDelayMs: 1500, offDelayMs: 700 }),
    rule('rich', 'a > 3.0 && on', { onDelayMs: 900, onBad: 'alarm' }),
    rule('derived', 'twice > 8.0', { onBad: 'safe', alert: 'twice' }),
    rule('windowed', 'mean(a, "2s") > 4.0 || time_in_state(on, "3s") > 1.0', { offDelayMs: 500, alert: 'a' }),
    rule('paced', 'count(a, "2s") > 1.0 && rate(a, "500ms") > 1.0'),
    rule('counted', 'count >= 3', { firstIsEdge: true }),
    rule('constant', 'true'),
  ],
  alarms: [
    alarm('high', 'k > 6', { deadband: 2 }),
    alarm('late', 'k > 4', { onDelayMs: 2000, offDelayMs: 1000, latched: true }),
    alarm('rich', 'sum > 6.0 && five > 1.0', { onDelayMs: 1200, suppressWhen: 'on' }),
    alarm('swing', 'stddev(b, "3s") > 1.5', { latched: true }),
  ],
};

function compile(spec: DecisionSpec, tags: TagTable, earlier?: Decisions, changed?: Set<number>): Decisions {
  const { decisions, problems } = compileDecisions(spec, tags, earlier?.snapshot());
  assert.ok(decisions, JSON.stringify(problems));
  if (earlier) decisions.adopt(earlier, changed);
  return decisions;
}

interface Row {
  readonly signal: string;
  readonly value: number;
  readonly quality: number;
  readonly behindMs: number;
}
type Step =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly afterMs: number }
  | { readonly kind: 'wait'; readonly afterMs: number }
  | {
      readonly kind: 'operate';
      readonly id: string;
      readonly act: AlarmAct['act'];
      readonly afterMs: number;
    };

const GOOD = Quality.good;
const QUALITIES = [
  ...[GOOD, GOOD, GOOD, GOOD, GOOD, GOOD],
  ...[Quality.uncertain, Quality.badSensorFailure, Quality.badNotConnected, Quality.badWaitingForInitialData],
];

const given = (signal: string, value: number): Value => {
  if (signal === 'note') return `n${value}`;
  return signal === 'count' ? BigInt(value) : signal === 'on' ? value % 2 === 1 : value;
};

/** Plays one step; what it led to, with whatever came due on the way. */
function play(it: Decisions, step: Step, tags: TagTable, atUs: number): Outcome[] {
  const outcomes: Outcome[] = [];
  const fromUs = atUs - step.afterMs * 1000;
  for (let due = it.nextUs; due <= atUs; due = it.nextUs) outcomes.push(it.advance(Math.max(due, fromUs)));
  if (step.kind === 'rows') {
    const builder = new BatchBuilder();
    for (const { signal, value, quality, behindMs } of step.rows)
      builder.addValue(tags.number(`p/${signal}`), atUs - behindMs * 1000, given(signal, value), quality);
    outcomes.push(it.step(builder.take({ receivedUs: atUs }), atUs));
  }
  if (step.kind === 'operate') {
    const act = step.act === 'shelve' ? ({ act: 'shelve', forMin: 0.05 } as const) : { act: step.act };
    try {
      outcomes.push(it.operate(step.id, act as AlarmAct, 'ada', atUs, 'because'));
    } catch (fault) {
      assert.match(String((fault as { code?: string }).code), /^alarm\./);
    }
  }
  return outcomes;
}

const anyRow = (signals: readonly string[], mostBehindMs: number): fc.Arbitrary<Row> =>
  fc.record({
    signal: fc.constantFrom(...signals),
    value: fc.nat(9),
    quality: fc.constantFrom(...QUALITIES),
    behindMs: fc.nat(mostBehindMs),
  });
const afterMs = fc.integer({ min: 0, max: 1600 });
const acts: readonly AlarmAct['act'][] = [
  ...(['acknowledge', 'shelve', 'unshelve', 'reset'] as const),
  ...(['outOfService', 'returnToService', 'comment'] as const),
];
const anyStep = (rows: fc.Arbitrary<readonly Row[]>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('rows' as const), rows, afterMs }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), afterMs }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('operate' as const),
        id: fc.constantFrom('high', 'late', 'rich', 'swing', 'rich/input'),
        act: fc.constantFrom(...acts),
        afterMs,
      }),
    },
  );

/** All that can be seen from outside. */
const shown = (it: Decisions) => ({
  alarms: it.alarms(),
  rules: it.rules(),
  alerts: it.alerts(),
  nextUs: it.nextUs,
  snapshot: it.snapshot(),
  decided: it.decided,
});

test('a reload of the very same specification at any moment changes nothing, to the last event', () => {
  const steps = fc.array(anyStep(fc.array(anyRow(READ, 2500), { minLength: 1, maxLength: 6 })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, fc.array(fc.nat(39), { minLength: 1, maxLength: 3 }), (all, reloads) => {
      const tags = table();
      const plain = compile(SITE, tags);
      let reloaded = compile(SITE, tags);
      let atUs = 1e9;
      for (const [i, step] of all.entries()) {
        if (reloads.includes(i)) reloaded = compile(structuredClone(SITE), tags, reloaded);
        atUs += step.afterMs * 1000;
        assert.deepEqual(play(reloaded, step, tags, atUs), play(plain, step, tags, atUs));
        assert.deepEqual(shown(reloaded), shown(plain));
      }
    }),
    { numRuns: 150 },
  );
});

test('parts kept whenever something happened, over restarts and reloads, make the whole snapshot', () => {
  const steps = fc.array(anyStep(fc.array(anyRow(READ, 2500), { minLength: 1, maxLength: 6 })), {
    minLength: 1,
    maxLength: 40,
  });
  const breaks = fc.array(fc.tuple(fc.nat(39), fc.boolean()), { maxLength: 3 });
  fc.assert(
    fc.property(steps, breaks, (all, restarts) => {
      const tags = table();
      const kept = new Map<string, SnapshotPart>();
      const keep = (from: Decisions) => {
        for (const part of from.takeChanged()) kept.set(`${part.kind} ${part.id}`, part);
      };
      const restored = (snapshot: ReturnType<Decisions['snapshot']>): Decisions => {
        const { decisions } = compileDecisions(SITE, tags, snapshot);
        assert.ok(decisions);
        return decisions;
      };
      let it = compile(SITE, tags);
      let atUs = 1e9;
      for (const [i, step] of all.entries()) {
        atUs += step.afterMs * 1000;
        // Keeping after every step would hide what a step without an outcome has changed.
        if (play(it, step, tags, atUs).some(({ alarms, rules }) => alarms.length + rules.length > 0))
          keep(it);
        for (const [at, restart] of restarts) {
          if (at !== i) continue;
          keep(it);
          const from = fromParts(kept.values());
          assert.deepEqual(restored(from).snapshot(), restored(it.snapshot()).snapshot());
          it = restart ? restored(from) : compile(structuredClone(SITE), tags, it);
          keep(it);
        }
      }
      keep(it);
      assert.deepEqual(shown(restored(fromParts(kept.values()))), shown(restored(it.snapshot())));
    }),
    { numRuns: 150 },
  );
});

test('what did not change is not given again, and what is as new has nothing to keep', () => {
  const tags = table();
  const it = compile(only([], [alarm('x', 'a > 5'), alarm('y', 'b > 5')]), tags);
  const given = () =>
    it.takeChanged().flatMap(({ id, state }) => (id === '' ? [] : [[id, state !== undefined]]));
  assert.deepEqual(given(), []);
  give(it, tags, { a: 9, b: 1 }, 1);
  assert.deepEqual(given(), [
    ['x', true],
    ['y', false],
  ]);
  assert.deepEqual(given(), []);
});

test('the state of another condition is not found once more when that condition comes back', () => {
  const tags = table();
  const before = compile(only([], [alarm('x', 'a > 5')]), tags);
  give(before, tags, { a: 9 }, 1);
  const { decisions: now } = compileDecisions(only([], [alarm('x', 'a > 6')]), tags, before.snapshot());
  assert.deepEqual(now?.takeChanged().at(-1), { kind: 'alarm', id: 'x', state: undefined });
});

/** A site that grew: tags, a derived tag, rules and alarms before and behind those that were there. */
const GROWN: DecisionSpec = {
  derived: [derived('new-sum', 'tag("p/new") + b'), ...SITE.derived],
  rules: [
    rule('new-kernel', 'tag("p/new") > 4'),
    ...SITE.rules,
    rule('new-rich', 'tag("p/new-sum") > 5.0 && a > 1.0'),
  ],
  alarms: [alarm('new', 'tag("p/new") > 3 || mean(b, "9s") > 5.0'), ...SITE.alarms],
};
const isNew = (id: string): boolean => id.startsWith('new');

/** What is said of rules, alarms and derived tags that were there before. */
const ofOld = (outcome: Outcome, tags: TagTable) => ({
  rules: outcome.rules.filter(({ id }) => !isNew(id)),
  alarms: outcome.alarms.filter(({ id }) => !isNew(id)).map(({ firstOut: _, ...rest }) => rest),
  intents: outcome.intents.filter((intent) => !isNew(intent.rule)),
  skipped: (outcome.skipped ?? []).filter((one) => !isNew(one.rule)),
  alerts: outcome.alerts ?? [],
  derived: [...(outcome.derived?.tag ?? [])].flatMap((tag, i) =>
    tags.get(tag).path === 'p/new-sum' ? [] : [[tag, outcome.derived?.value[i], outcome.derived?.quality[i]]],
  ),
});
const happened = (part: ReturnType<typeof ofOld>): boolean =>
  Object.values(part).some((list) => list.length > 0);

test('tags, rules and alarms that are added leave all others as they are, to the last event', () => {
  // All rows of a batch of one moment: a tag that is read more richly than before would divide it differently.
  const rows = fc.uniqueArray(anyRow([...READ, 'new'], 0), {
    minLength: 1,
    maxLength: 6,
    selector: ({ signal }) => signal,
  });
  fc.assert(
    fc.property(fc.array(anyStep(rows), { minLength: 1, maxLength: 40 }), fc.nat(39), (all, reload) => {
      const tags = table();
      const plain = compile(SITE, tags);
      let grown = compile(SITE, tags);
      for (const signal of ['new', 'new-sum'])
        tags.declare({ path: `p/${signal}`, type: 'number', access: 'read' });
      let atUs = 1e9;
      for (const [i, step] of all.entries()) {
        if (i === reload) grown = compile(GROWN, tags, grown);
        atUs += step.afterMs * 1000;
        const brief = (it: Decisions) =>
          play(it, step, tags, atUs)
            .map((outcome) => ofOld(outcome, tags))
            .filter(happened);
        assert.deepEqual(brief(grown), brief(plain));
        assert.deepEqual(
          grown.rules().filter(({ id }) => !isNew(id)),
          plain.rules(),
        );
      }
    }),
    { numRuns: 150 },
  );
});

/** Rows of one moment: a signal and its value. */
function give(
  it: Decisions,
  tags: TagTable,
  values: { readonly [signal: string]: Value },
  atS: number,
): Outcome {
  const builder = new BatchBuilder();
  for (const [signal, value] of Object.entries(values))
    builder.addValue(tags.number(`p/${signal}`), atS * 1e6, value);
  return it.step(builder.take({ receivedUs: atS * 1e6 }), atS * 1e6);
}
const only = (
  rules: RuleSpec[],
  alarms: AlarmSpec[] = [],
  derivedTags = SITE.derived.slice(0, 0),
): DecisionSpec => ({
  derived: derivedTags,
  rules,
  alarms,
});
const one = { do: [{ write: { tag: 'p/out', value: 1 } }], clear: [{ write: { tag: 'p/out', value: 2 } }] };

for (const [form, when] of [
  ['kernel', 'a > 5'],
  ['expression', 'a > 5.0 || a + 0.0 > 5.0'],
] as const) {
  test(`${form}: the first value of a changed rule is no edge, that of an unchanged one is`, () => {
    const tags = table();
    const before = compile(only([rule('same', when, one), rule('other', when, one)]), tags);
    give(before, tags, { a: 1 }, 1);
    const now = compile(only([rule('same', when, one), rule('other', `${when} || on`, one)]), tags, before);
    const { intents, skipped } = give(now, tags, { a: 9, on: false }, 2);
    assert.deepEqual(
      intents.map((intent) => intent.rule),
      ['same'],
    );
    assert.deepEqual(
      skipped?.map((action) => action.rule),
      ['other'],
    );
    assert.equal(give(now, tags, { a: 1 }, 3).intents.length, 2);
  });
}

test('a changed rule that says firstIsEdge acts on its first value', () => {
  const tags = table();
  const before = compile(only([rule('r', 'a > 5', one)]), tags);
  give(before, tags, { a: 1 }, 1);
  const now = compile(only([rule('r', 'a > 6', { ...one, firstIsEdge: true })]), tags, before);
  assert.equal(give(now, tags, { a: 9 }, 2).intents.length, 1);
});

test('a rule on a tag whose rows mean something else now takes its next value as the first', () => {
  const tags = table();
  const spec = only(
    [rule('scaled', 'a > 5', one), rule('derived', 'sum > 5.0', one), rule('b', 'b > 5', one)],
    [],
    [derived('sum', 'a + 0.0')],
  );
  const before = compile(spec, tags);
  give(before, tags, { a: 1, b: 1 }, 1);
  const now = compile(spec, tags, before, new Set([tags.number('p/a')]));
  const { intents, skipped } = give(now, tags, { a: 100, b: 100 }, 2);
  assert.deepEqual(
    [intents.map((intent) => intent.rule), skipped?.map((action) => action.rule)],
    [['b'], ['scaled', 'derived']],
  );
});

test('a rule on a tag that is derived otherwise takes its next value as the first', () => {
  const tags = table();
  const rules = [rule('r', 'twice > 5.0', one)];
  const before = compile(only(rules, [], [derived('sum', 'a + 1.0'), derived('twice', 'sum * 2.0')]), tags);
  give(before, tags, { a: 1 }, 1);
  const now = compile(
    only(rules, [], [derived('sum', 'a + 9.0'), derived('twice', 'sum * 2.0')]),
    tags,
    before,
  );
  const { intents, skipped, derived: rows } = give(now, tags, { a: 1 }, 2);
  assert.deepEqual([...(rows?.value ?? [])], [10, 20]);
  assert.deepEqual([intents.length, skipped?.length], [0, 1]);
});

test('a tag of another type brings no value of the type before', () => {
  const tags = table();
  const before = compile(only([rule('r', 'a > 1.0 && b > 1.0', one)]), tags);
  give(before, tags, { a: 1, b: 9 }, 1);
  tags.declare({ path: 'p/a', type: 'boolean', access: 'readWrite' });
  const now = compile(only([rule('r', 'a && b > 1.0', one)]), tags, before);
  assert.deepEqual(give(now, tags, { b: 9 }, 2).rules, []);
  assert.equal(now.rules()[0]?.state, 'unknown');
});

test('a new rule knows the present values of tags that were read before', () => {
  const tags = table();
  const old = rule('old', 'a > 1.0 && on', one);
  const before = compile(only([old]), tags);
  give(before, tags, { a: 9, on: false }, 1);
  const now = compile(only([old, rule('r', 'a > 1.0 && b > 1.0', one)]), tags, before);
  assert.deepEqual(give(now, tags, { b: 9 }, 2).rules, [{ id: 'r', from: 'unknown', to: 'on' }]);
});

test('a value that nobody followed for a while is not taken for the present one', () => {
  const tags = table();
  const rich = only([rule('rich', 'a > 1.0 && on', one)]);
  const kernel = only([rule('kernel', 'a > 5', one)]);
  const first = compile(rich, tags);
  give(first, tags, { a: 9, on: false }, 1);
  const second = compile(kernel, tags, first);
  give(second, tags, { a: 0 }, 2);
  const third = compile(rich, tags, second);
  assert.deepEqual(give(third, tags, { on: true }, 3).rules, []);
});

test('a changed alarm stays acknowledged and shelved, and returns when its new condition does not hold', () => {
  const tags = table();
  const before = compile(only([], [alarm('x', 'a > 5', { deadband: 1 }), alarm('y', 'b > 5')]), tags);
  give(before, tags, { a: 9, b: 9 }, 1);
  before.operate('x', { act: 'acknowledge' }, 'ada', 1e6);
  before.operate('y', { act: 'shelve', forMin: 1 }, 'ada', 1e6, 'noisy');
  const now = compile(
    only([], [alarm('x', 'a > 8', { deadband: 1 }), alarm('y', 'b > 7 && on')]),
    tags,
    before,
  );
  assert.deepEqual(
    now.alarms().map(({ state, condition }) => [state, condition]),
    [
      ['acknowledged', 'unknown'],
      ['shelved', 'unknown'],
    ],
  );
  assert.deepEqual(give(now, tags, { a: 7.5 }, 2).alarms, [], 'inside its deadband, as it was raised');
  const [returned] = give(now, tags, { a: 1 }, 3).alarms;
  assert.deepEqual([returned?.from, returned?.to], ['acknowledged', 'normal']);
  give(now, tags, { b: 9, on: true }, 4);
  const [shows] = now.advance(61e6).alarms;
  assert.deepEqual(
    [shows?.id, shows?.from, shows?.to, shows?.cause],
    ['y', 'shelved', 'unacknowledged', 'time'],
  );
});

test('another text or priority of an alarm leaves its delay running', () => {
  const tags = table();
  const before = compile(only([], [alarm('x', 'a > 5', { onDelayMs: 3000 })]), tags);
  give(before, tags, { a: 9 }, 1);
  const texts = { onDelayMs: 3000, response: 'stop it', priority: 'low' } as const;
  const now = compile(only([], [alarm('x', 'a > 5', texts)]), tags, before);
  assert.equal(now.nextUs, 4e6);
  assert.deepEqual(
    now.advance(4e6).alarms.map(({ to, priority }) => [to, priority]),
    [['unacknowledged', 'low']],
  );
});

test('suppression and latching end with their declaration, and this is said', () => {
  const tags = table();
  const covered = alarm('x', 'a > 5', { suppressWhen: 'on' });
  const latched = alarm('y', 'b > 5', { latched: true });
  const before = compile(only([], [covered, latched]), tags);
  give(before, tags, { on: true, a: 9, b: 9 }, 1);
  give(before, tags, { b: 1 }, 2);
  const now = compile(only([], [alarm('x', 'a > 5'), alarm('y', 'b > 5')]), tags, before);
  assert.deepEqual(
    give(now, tags, { k: 1 }, 3).alarms.map(({ id, from, to, cause }) => [id, from, to, cause]),
    [
      ['x', 'suppressed', 'unacknowledged', 'suppression'],
      ['y', 'latchedUnacknowledged', 'returnedUnacknowledged', 'condition'],
    ],
  );
});

test('what is removed is gone without a word, and another machine cannot be adopted', () => {
  const tags = table();
  const before = compile(only([rule('r', 'a > 5', one)], [alarm('x', 'a > 5', { onDelayMs: 9000 })]), tags);
  give(before, tags, { a: 9 }, 1);
  const now = compile(only([]), tags, before);
  assert.deepEqual([now.rules(), now.alarms(), now.nextUs], [[], [], Number.POSITIVE_INFINITY]);
  assert.deepEqual(now.advance(20e6).alarms, []);
  assert.throws(() => now.adopt({} as Decisions), TypeError);
});

test('a rule whose actions changed keeps the state that it has now, not that of an older snapshot', () => {
  const tags = table();
  const before = compile(only([rule('r', 'a > 5', one)]), tags);
  const old = before.snapshot();
  give(before, tags, { a: 9 }, 1);
  const { decisions: now } = compileDecisions(only([rule('r', 'a > 5', { ...one, do: [] })]), tags, old);
  assert.ok(now);
  now.adopt(before);
  assert.deepEqual(now.rules(), [{ id: 'r', state: 'on' }]);
  assert.deepEqual(give(now, tags, { a: 9 }, 2).rules, []);
  assert.equal(give(now, tags, { a: 1 }, 3).intents.length, 1);
});
