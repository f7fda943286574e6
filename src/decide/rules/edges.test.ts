import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Decisions, Outcome, RuleSpec, RuleState } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

/** What an input may show: the condition true or not, a bad value of a device that answers, a device that is lost. */
type Shown = 'true' | 'false' | 'bad' | 'lost' | 'waiting';
const ROWS: { readonly [shown in Shown]: readonly [value: number, quality: number] } = {
  true: [11, Quality.good],
  false: [9, Quality.good],
  bad: [11, Quality.badSensorFailure],
  lost: [11, Quality.badNotConnected],
  waiting: [11, Quality.badWaitingForInitialData],
};
type Manner = Pick<RuleSpec, 'onBad' | 'firstIsEdge' | 'onDelayMs' | 'offDelayMs'>;
const PLAIN: Manner = { onBad: 'hold', firstIsEdge: false, onDelayMs: 0, offDelayMs: 0 };
const S = 1e6;

const tags = new TagTable();
const x = tags.declare({ path: 'p/x', type: 'number', access: 'read' }).number;
tags.declare({ path: 'p/out', type: 'number', access: 'readWrite' });

const KERNEL = 'x > 10';
const CEL = 'x > 10 || x + 0.0 > 10.0';

function rule(when: string, manner: Manner): Decisions {
  const write = (value: number) => ({ write: { tag: 'p/out', value } });
  const spec = { id: 'r', asset: 'p', when, ...manner, do: [write(1)], clear: [write(2)] };
  const { decisions } = compileDecisions({ derived: [], rules: [spec], alarms: [] }, tags);
  assert.ok(decisions);
  return decisions;
}

/** In short: changes of state, what was done, what was left out. */
function brief({ rules, intents, skipped, alarms }: Outcome): string {
  return [
    ...rules.map(({ to }) => to),
    ...intents.map(({ action, edge }) => (action.kind === 'write' ? `do-${edge}` : action.kind)),
    ...(skipped ?? []).map(({ edge }) => `skip-${edge}`),
    ...alarms.map(({ to }) => to),
  ].join(' ');
}

/** One row a second. */
function play(it: Decisions, shown: readonly Shown[]): string[] {
  return shown.map((one, i) => {
    const builder = new BatchBuilder();
    const [value, quality] = ROWS[one];
    builder.add(x, i * S, value, quality);
    return brief(it.step(builder.take({ receivedUs: i * S }), i * S));
  });
}

const TABLE: readonly (readonly [Shown[], Partial<Manner>, last: string])[] = [
  [['false', 'true'], {}, 'on do-on'],
  [['true', 'false'], {}, 'off do-off'],
  [['true'], {}, 'on skip-on'],
  [['true'], { firstIsEdge: true }, 'on do-on'],
  [['false', 'bad', 'true'], {}, 'on do-on'],
  [['false', 'bad', 'true'], { onBad: 'alarm' }, 'on do-on returnedUnacknowledged'],
  [['false', 'true', 'bad', 'false'], {}, 'off do-off'],
  [['false', 'true', 'bad', 'true'], {}, ''],
  [['false', 'lost', 'true'], {}, 'on skip-on'],
  [['false', 'waiting', 'true'], {}, 'on skip-on'],
  [['false', 'lost', 'true'], { firstIsEdge: true }, 'on do-on'],
  [['false', 'true', 'lost', 'false'], {}, 'off skip-off'],
  [['false', 'true', 'lost', 'true', 'false'], {}, 'off do-off'],
  [['false', 'lost', 'bad', 'true'], {}, 'on skip-on'],
  [['false', 'bad', 'lost', 'true'], {}, 'on skip-on'],
  [['bad', 'true'], {}, 'on skip-on'],
  [['waiting', 'bad', 'false', 'true'], {}, 'on do-on'],
  [['false', 'bad'], { onBad: 'safe' }, 'unknown'],
  [['false', 'bad', 'true'], { onBad: 'safe' }, 'on skip-on'],
  [['false', 'true', 'bad', 'false'], { onBad: 'safe' }, 'off'],
  [['false', 'bad', 'false', 'true'], { onBad: 'safe' }, 'on do-on'],
  [['false', 'true', 'true'], { onDelayMs: 1000 }, 'on do-on'],
  [['false', 'true', 'bad', 'true'], { onDelayMs: 2000 }, ''],
  [['false', 'true', 'bad', 'true', 'true', 'true'], { onDelayMs: 2000 }, 'on do-on'],
  [['false', 'true', 'bad', 'false', 'false'], { offDelayMs: 2000 }, ''],
  [['false', 'lost', 'true', 'true'], { onDelayMs: 1000 }, 'on skip-on'],
];

for (const [shown, manner, last] of TABLE) {
  test(`${shown.join(', ')} with ${JSON.stringify(manner)} ends with "${last}"`, () => {
    for (const when of [KERNEL, CEL])
      assert.equal(play(rule(when, { ...PLAIN, ...manner }), shown).at(-1), last, when);
  });
}

const shownAny = fc.array(
  fc.constantFrom<Shown>('true', 'false', 'true', 'false', 'bad', 'lost', 'waiting'),
  {
    maxLength: 25,
  },
);
const manners = fc.record({
  onBad: fc.constantFrom('hold', 'safe', 'alarm'),
  firstIsEdge: fc.boolean(),
  onDelayMs: fc.constantFrom(0, 0, 1500, 2000),
  offDelayMs: fc.constantFrom(0, 0, 1500, 2000),
});

test('a kernel and an expression of the same meaning do the same, whatever comes', () => {
  fc.assert(
    fc.property(shownAny, manners, (shown, manner) => {
      assert.deepEqual(play(rule(KERNEL, manner), shown), play(rule(CEL, manner), shown));
    }),
  );
});

/** The rule as its docstring tells it, without timers: the state and what was done, by second. */
function told(shown: readonly Shown[], manner: Manner): string[] {
  let state: RuleState = 'unknown';
  let first = true;
  let since: { readonly truth: boolean; readonly atUs: number } | undefined;
  const settle = (truth: boolean): string[] => {
    const to = truth ? 'on' : 'off';
    const acts = truth ? !first || manner.firstIsEdge : !first;
    const concerned = truth || state === 'on';
    state = to;
    first = false;
    return concerned ? [to, `${acts ? 'do' : 'skip'}-${to}`] : [to];
  };
  const due = (nowUs: number): string[] => {
    if (since === undefined) return [];
    const { truth, atUs } = since;
    const delayMs = truth ? manner.onDelayMs : state === 'on' ? manner.offDelayMs : 0;
    if (nowUs < atUs + delayMs * 1000) return [];
    since = undefined;
    return settle(truth);
  };
  return shown.map((one, i) => {
    const happened = due(i * S);
    if (one === 'true' || one === 'false') {
      const truth = one === 'true';
      if (state === (truth ? 'on' : 'off')) {
        since = undefined;
        first = false;
      } else if (since?.truth !== truth) since = { truth, atUs: i * S };
      return [...happened, ...due(i * S)].join(' ');
    }
    since = undefined;
    if (one !== 'bad') first = true;
    if (manner.onBad !== 'safe' || state === 'unknown') return happened.join(' ');
    if (state === 'on') happened.push('release');
    state = 'unknown';
    first = true;
    return [...happened, 'unknown'].join(' ');
  });
}

test('a rule acts on edges against its last known state, and on nothing else', () => {
  const withoutAlarm = manners.filter(({ onBad }) => onBad !== 'alarm');
  const words = (steps: readonly string[]) => steps.map((step) => step.split(' ').toSorted());
  fc.assert(
    fc.property(shownAny, withoutAlarm, (shown, manner) => {
      assert.deepEqual(words(play(rule(KERNEL, manner), shown)), words(told(shown, manner)));
    }),
    { numRuns: 300 },
  );
});
