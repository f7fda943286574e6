import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Decisions, Outcome, RuleSpec } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { fromParts } from '#decide/parts.ts';
import { BatchBuilder, type Value } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

const tags = new TagTable();
for (const signal of ['x', 'y']) tags.declare({ path: `p/${signal}`, type: 'number', access: 'read' });
tags.declare({ path: 'p/open', type: 'boolean', access: 'read' });
tags.declare({ path: 'p/mode', type: 'enum', access: 'read', states: { 0: 'hand', 1: 'automatic' } });
tags.declare({ path: 'p/out', type: 'number', access: 'readWrite' });

const S = 1e6;
const rule = (when: string, more: Partial<RuleSpec> = {}): RuleSpec => ({
  id: 'p/r',
  asset: 'p',
  when,
  onDelayMs: 0,
  offDelayMs: 0,
  onBad: 'hold',
  firstIsEdge: false,
  do: [],
  clear: [],
  alert: 'x is {{ x }}',
  ...more,
});

function compile(rules: readonly RuleSpec[], snapshot?: Json): Decisions {
  const { decisions, problems } = compileDecisions({ derived: [], rules, alarms: [] }, tags, snapshot);
  assert.ok(decisions, JSON.stringify(problems));
  return decisions;
}

/** The same condition once as a kernel and once through the expression engine. */
const FORMS = ['x > 10', 'x > 10 || x + 0.0 > 10.0'];

type Given = { readonly [signal: string]: Value | readonly [value: Value, quality: number] };

function give(it: Decisions, values: Given, atS: number): Outcome {
  const builder = new BatchBuilder();
  for (const [signal, given] of Object.entries(values)) {
    const [value, quality] = Array.isArray(given) ? given : [given, Quality.good];
    builder.addValue(tags.number(`p/${signal}`), atS * S, value as Value, quality as number);
  }
  return it.step(builder.take({ receivedUs: atS * S }), atS * S);
}

const told = ({ alerts = [] }: Outcome) => alerts.map(({ to, text, lastedMs }) => [to, text, lastedMs]);
const standing = (it: Decisions) =>
  it.alerts().map(({ text, sinceUs, condition }) => [text, sinceUs / S, condition]);

test('it stands from the first value on that shows the condition, with its text as it was then', () => {
  for (const when of FORMS) {
    const it = compile([rule(when)]);
    assert.deepEqual(told(give(it, { x: 11 }, 1)), [['began', 'x is 11', 0]]);
    assert.deepEqual(told(give(it, { x: 12 }, 2)), []);
    assert.deepEqual(standing(it), [['x is 11', 1, true]]);
    assert.deepEqual(told(give(it, { x: 9 }, 4)), [['ended', 'x is 11', 3000]]);
    assert.deepEqual(it.alerts(), []);
    assert.deepEqual(told(give(it, { x: 13 }, 5)), [['began', 'x is 13', 0]]);
  }
});

test('start and end tell what the condition rests on, as it was in that moment', () => {
  const it = compile([rule('x > 10 && open && mode == "automatic" || mean(y, "5s") > 100.0')]);
  const began = give(it, { x: [11, Quality.uncertainRangeExceeded], open: true, mode: 1 }, 1);
  assert.deepEqual(began.alerts?.[0]?.inputs, [
    { tag: 'p/x', value: 11, quality: 'uncertainRangeExceeded' },
    { tag: 'p/y', value: null, quality: 'badWaitingForInitialData' },
    { tag: 'p/open', value: true, quality: 'good' },
    { tag: 'p/mode', value: 1, state: 'automatic', quality: 'good' },
  ]);
  assert.deepEqual(told(give(it, { y: 1 }, 2)), []);
  const ended = give(it, { x: 9 }, 3).alerts?.[0];
  assert.deepEqual(
    ended?.inputs.map(({ value }) => value),
    [9, 1, true, 1],
  );
});

test('two values of one batch are two moments, also where a kernel decides', () => {
  const it = compile([rule('x > 10')]);
  const builder = new BatchBuilder();
  for (const [value, atS] of [
    [11, 1],
    [9, 2],
    [12, 3],
  ] as const)
    builder.addValue(tags.number('p/x'), atS * S, value);
  const { alerts = [] } = it.step(builder.take({ receivedUs: 3 * S }), 3 * S);
  assert.deepEqual(
    alerts.map(({ to, inputs }) => [to, inputs[0]?.value]),
    [
      ['began', 11],
      ['ended', 9],
      ['began', 12],
    ],
  );
});

test('what is not known neither begins nor ends it, whatever the rule makes of bad inputs', () => {
  for (const when of FORMS) {
    for (const onBad of ['hold', 'safe', 'alarm'] as const) {
      for (const bad of [Quality.badSensorFailure, Quality.badNotConnected]) {
        const it = compile([rule(when, { onBad })]);
        assert.deepEqual(told(give(it, { x: [11, bad] }, 1)), []);
        assert.deepEqual(told(give(it, { x: 11 }, 2)), [['began', 'x is 11', 0]]);
        assert.deepEqual(told(give(it, { x: [0, bad] }, 3)), []);
        assert.deepEqual(standing(it), [['x is 11', 2, 'unknown']]);
        assert.deepEqual(told(give(it, { x: 12 }, 4)), []);
        assert.deepEqual(standing(it), [['x is 11', 2, true]]);
        give(it, { x: [0, bad] }, 5);
        assert.deepEqual(told(give(it, { x: 1 }, 6)), [['ended', 'x is 11', 4000]], `${when} ${onBad}`);
      }
    }
  }
});

test('delays of the rule count for it', () => {
  const it = compile([rule('x > 10', { onDelayMs: 2000, offDelayMs: 3000 })]);
  give(it, { x: 11 }, 1);
  assert.deepEqual(it.alerts(), []);
  assert.deepEqual(told(it.advance(3 * S)), [['began', 'x is 11', 0]]);
  give(it, { x: 9 }, 4);
  assert.deepEqual(standing(it), [['x is 11', 3, false]]);
  assert.deepEqual(told(it.advance(7 * S)), [['ended', 'x is 11', 4000]]);
});

test('a shadow raises none', () => {
  const it = compile([rule('x > 10', { shadow: true })]);
  const outcome = give(it, { x: 11 }, 1);
  assert.deepEqual(outcome.rules, [{ id: 'p/r', from: 'unknown', to: 'on' }]);
  assert.deepEqual([outcome.alerts, it.alerts()], [undefined, []]);
});

test('it outlives a restart with its start and its text, and ends once the condition is known to be gone', () => {
  for (const onBad of ['hold', 'safe'] as const) {
    const before = compile([rule('x > 10', { onBad })]);
    give(before, { x: 11 }, 1);
    const kept = JSON.parse(JSON.stringify(fromParts(before.takeChanged()))) as Json;
    assert.deepEqual(kept, before.snapshot());
    const it = compile([rule('x > 10', { onBad })], kept);
    assert.deepEqual(standing(it), [['x is 11', 1, 'unknown']]);
    assert.deepEqual(told(give(it, { x: 12 }, 8)), []);
    assert.deepEqual(standing(it), [['x is 11', 1, true]]);
    assert.deepEqual(told(give(it, { x: 1 }, 9)), [['ended', 'x is 11', 8000]]);
    assert.deepEqual(fromParts(it.takeChanged()), it.snapshot());
    assert.deepEqual(compile([rule('x > 10', { onBad })], it.snapshot()).alerts(), []);
  }
});

/** @param atS of a row that shows the condition, before the change */
function changedTo(rules: readonly RuleSpec[], atS = 1): Decisions {
  const before = compile([rule('x > 10')]);
  give(before, { x: 11 }, atS);
  const it = compile(rules, before.snapshot());
  it.adopt(before);
  return it;
}

test('another text is that of the next alert, and disturbs nothing', () => {
  const it = changedTo([rule('x > 10', { alert: 'now {{ x }}', do: [] })]);
  assert.deepEqual(standing(it), [['x is 11', 1, true]]);
  assert.deepEqual(told(give(it, { x: 9 }, 2)), [['ended', 'x is 11', 1000]]);
  assert.deepEqual(told(give(it, { x: 15 }, 3)), [['began', 'now 15', 0]]);
});

test('under another condition it stands until that is known not to hold', () => {
  const it = changedTo([rule('x > 20')]);
  assert.deepEqual(standing(it), [['x is 11', 1, 'unknown']]);
  assert.deepEqual(told(give(it, { x: [0, Quality.badSensorFailure] }, 2)), []);
  assert.deepEqual(told(give(it, { x: 15 }, 3)), [['ended', 'x is 11', 2000]]);
});

test('one that comes to a rule that is on begins with its next value', () => {
  const { alert: _, ...plain } = rule('x > 10');
  const before = compile([plain]);
  give(before, { x: 11 }, 1);
  const it = compile([rule('x > 10')], before.snapshot());
  it.adopt(before);
  assert.deepEqual(told(give(it, { x: 12 }, 2)), [['began', 'x is 12', 0]]);
});

test('one that a file has no more ends at once, and that is told', () => {
  const { alert: _, ...plain } = rule('x > 10');
  for (const rules of [[], [plain], [rule('x > 10', { shadow: true })]]) {
    const it = changedTo(rules);
    assert.deepEqual(it.alerts(), []);
    assert.equal(it.nextUs, 0);
    const { alerts } = it.advance(5 * S);
    const [cause, ended] = ['changed', { rule: 'p/r', to: 'ended', text: 'x is 11' }] as const;
    assert.deepEqual(alerts, [{ ...ended, cause, lastedMs: 4000, inputs: [] }]);
    assert.equal(it.nextUs, Number.POSITIVE_INFINITY);
    assert.deepEqual(it.advance(6 * S).alerts, undefined);
  }
});

test('an end that nobody was told of yet is told after the next start', () => {
  const { alert: _, ...plain } = rule('x > 10');
  for (const rules of [[], [plain]]) {
    const before = changedTo(rules);
    const kept = fromParts(before.takeChanged());
    assert.deepEqual(kept, before.snapshot());
    const it = compile(rules, kept);
    assert.deepEqual(told(it.advance(6 * S)), [['ended', 'x is 11', 5000]]);
    assert.deepEqual(told(compile(rules, it.snapshot()).advance(7 * S)), []);
    assert.deepEqual(told(compile(rules, fromParts(it.takeChanged())).advance(7 * S)), []);
  }
});

test('a text that does not compile is told at its place', () => {
  const problemsOf = (alert: string) =>
    compileDecisions({ derived: [], rules: [rule('x > 10', { alert })], alarms: [] }, tags).problems.map(
      ({ owner, field, offset, message }) => [owner.id, field, offset, message.includes('level')],
    );
  assert.deepEqual(problemsOf('too high: {{ level }}'), [['p/r', 'alert', 13, true]]);
  assert.deepEqual(problemsOf('too high: {{ x'), [['p/r', 'alert', 10, false]]);
});

test('it stands exactly while the last known state of its rule is on', () => {
  const shown = fc.constantFrom<readonly [number, number]>(
    [11, Quality.good],
    [9, Quality.good],
    [11, Quality.badSensorFailure],
    [11, Quality.badNotConnected],
    [11, Quality.badWaitingForInitialData],
  );
  const manners = fc.record({
    onBad: fc.constantFrom('hold', 'safe', 'alarm'),
    onDelayMs: fc.constantFrom(0, 0, 1500),
    offDelayMs: fc.constantFrom(0, 0, 1500),
  });
  fc.assert(
    fc.property(
      fc.array(shown, { maxLength: 25 }),
      fc.constantFrom(...FORMS),
      manners,
      (all, when, manner) => {
        const it = compile([rule(when, manner)]);
        let known = false;
        let stands = false;
        for (const [i, row] of all.entries()) {
          const { rules, alerts = [] } = give(it, { x: row }, i);
          for (const { to } of rules) if (to !== 'unknown') known = to === 'on';
          for (const { to } of alerts) {
            assert.equal(to, stands ? 'ended' : 'began');
            stands = !stands;
          }
          assert.deepEqual([stands, it.alerts().length], [known, Number(known)]);
        }
      },
    ),
    { numRuns: 300 },
  );
});
