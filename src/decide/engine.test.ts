// Long because one small plant is set up once and every promise of the engine is shown on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  AlarmSpec,
  DecisionSpec,
  Decisions,
  ExpressionProblem,
  Outcome,
  RuleSpec,
} from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { type Batch, BatchBuilder, type Value, wideAt } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable, type TagType } from '#kernel/tag-table.ts';

const SIGNALS: { readonly [signal: string]: TagType } = {
  speed: 'number',
  flow: 'number',
  vibration: 'number',
  running: 'boolean',
  total: 'int64',
  note: 'text',
  load: 'number',
  power: 'number',
  busy: 'boolean',
  setpoint: 'number',
};

function plant(): TagTable {
  const tags = new TagTable();
  for (const [signal, type] of Object.entries(SIGNALS))
    tags.declare({ path: `p/${signal}`, type, access: 'readWrite' });
  tags.declare({ path: 'p/state', type: 'enum', access: 'readWrite', states: { 0: 'idle', 1: 'running' } });
  return tags;
}
const tags = plant();

const rule = (id: string, when: string, more: Partial<RuleSpec> = {}): RuleSpec => ({
  id,
  asset: 'p',
  when,
  onDelayMs: 0,
  offDelayMs: 0,
  onBad: 'hold',
  firstIsEdge: false,
  do: [],
  clear: [],
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
const write = (signal: string, value: number | boolean | string, leaseMs?: number) => ({
  write: { tag: `p/${signal}`, value, ...(leaseMs !== undefined && { leaseMs }) },
});

function compile(spec: Partial<DecisionSpec>, snapshot?: Json): Decisions {
  const { decisions, problems } = compileDecisions(
    { derived: [], rules: [], alarms: [], ...spec },
    tags,
    snapshot,
  );
  assert.ok(decisions, JSON.stringify(problems));
  return decisions;
}

function problems(spec: Partial<DecisionSpec>): readonly ExpressionProblem[] {
  const compiled = compileDecisions({ derived: [], rules: [], alarms: [], ...spec }, tags);
  assert.equal(compiled.decisions, undefined);
  return compiled.problems;
}

interface Row {
  readonly signal: string;
  readonly value: Value;
  readonly quality?: number;
  readonly timeUs?: number;
}

function batch(rows: readonly Row[], receivedUs = 1e6, late = false): Batch {
  const builder = new BatchBuilder();
  for (const { signal, value, quality, timeUs } of rows) {
    builder.addValue(tags.number(`p/${signal}`), timeUs ?? receivedUs, value, quality);
  }
  return builder.take({ receivedUs, late });
}

/** Rows of one moment: a signal and its value; undefined is bad. */
function give(it: Decisions, values: { readonly [signal: string]: Value | undefined }, atUs = 1e6): Outcome {
  const rows = Object.entries(values).map(
    ([signal, value]): Row =>
      value === undefined ? { signal, value: 0, quality: Quality.badSensorFailure } : { signal, value },
  );
  return it.step(batch(rows, atUs), atUs);
}

const moves = (outcome: Outcome) =>
  outcome.rules.map(({ id, from, to }) => `${id}: ${from} > ${to}`).join(', ');
const rises = (outcome: Outcome) => outcome.alarms.map(({ id, to }) => `${id}: ${to}`).join(', ');
const writes = (outcome: Outcome) =>
  outcome.intents.map(({ edge, action }) => {
    if (action.kind === 'write') return `${edge} ${tags.get(action.tag).path}=${action.value}`;
    return action.kind === 'send'
      ? `${edge} ${action.to} ${JSON.stringify(action.config)}`
      : `${edge} release`;
  });

/** The same condition once as a kernel and once through the expression engine. */
const FORMS: readonly (readonly [string, string])[] = [
  ['kernel', 'speed > 10'],
  ['expression', 'speed > 10 || speed + 0.0 > 10.0'],
];

for (const [form, when] of FORMS) {
  test(`${form}: the first value is no edge, later ones are`, () => {
    const it = compile({
      rules: [rule('r', when, { do: [write('setpoint', 1)], clear: [write('setpoint', 2)] })],
    });
    const first = give(it, { speed: 11 });
    assert.equal(moves(first), 'r: unknown > on');
    assert.deepEqual(writes(first), []);
    const off = give(it, { speed: 9 });
    assert.equal(moves(off), 'r: on > off');
    assert.deepEqual(writes(off), ['off p/setpoint=2']);
    assert.deepEqual(writes(give(it, { speed: 12 })), ['on p/setpoint=1']);
  });

  test(`${form}: firstIsEdge lets a condition found true act`, () => {
    const spec = rule('r', when, {
      firstIsEdge: true,
      do: [write('setpoint', 1)],
      clear: [write('setpoint', 2)],
    });
    assert.deepEqual(writes(give(compile({ rules: [spec] }), { speed: 11 })), ['on p/setpoint=1']);
    assert.deepEqual(writes(give(compile({ rules: [spec] }), { speed: 9 })), []);
  });

  test(`${form}: a bad input holds the state, and what comes after it is an edge against that`, () => {
    const it = compile({
      rules: [rule('r', when, { do: [write('setpoint', 1)], clear: [write('setpoint', 2)] })],
    });
    give(it, { speed: 9 });
    assert.equal(moves(give(it, { speed: undefined })), '');
    assert.deepEqual(it.rules(), [{ id: 'r', state: 'off' }]);
    assert.deepEqual(writes(give(it, { speed: 11 })), ['on p/setpoint=1']);
    give(it, { speed: undefined });
    assert.deepEqual(writes(give(it, { speed: 11 })), [], 'the same as before is none');
    give(it, { speed: undefined });
    assert.deepEqual(writes(give(it, { speed: 9 })), ['off p/setpoint=2']);
  });

  test(`${form}: what comes after a lost input is no edge, and that is recorded`, () => {
    const it = compile({ rules: [rule('r', when, { do: [write('setpoint', 1)] })] });
    give(it, { speed: 9 });
    it.step(batch([{ signal: 'speed', value: 0, quality: Quality.badNotConnected }]), 1e6);
    give(it, { speed: undefined });
    const back = give(it, { speed: 11 });
    assert.equal(moves(back), 'r: off > on');
    assert.deepEqual(writes(back), []);
    const reason = 'the first value after an input could not be reached is no edge';
    assert.deepEqual(back.skipped, [{ rule: 'r', edge: 'on', tag: undefined, reason }]);
  });

  test(`${form}: onBad safe ends the rule and gives its leases back`, () => {
    const it = compile({ rules: [rule('r', when, { onBad: 'safe', do: [write('setpoint', 1, 3000)] })] });
    give(it, { speed: 9 });
    give(it, { speed: 11 });
    const bad = give(it, { speed: undefined });
    assert.equal(moves(bad), 'r: on > unknown');
    assert.deepEqual(writes(bad), ['off release']);
    assert.deepEqual(writes(give(it, { speed: 12 })), []);
  });

  test(`${form}: onBad alarm keeps the state and raises an alarm of its own`, () => {
    const it = compile({ rules: [rule('r', when, { onBad: 'alarm' })] });
    assert.equal(it.alarms()[0]?.state, 'normal', 'nothing is wrong while nothing has come');
    give(it, { speed: 11 });
    const bad = give(it, { speed: undefined });
    assert.equal(rises(bad), 'r/input: unacknowledged');
    assert.deepEqual(it.rules(), [{ id: 'r', state: 'on' }]);
    assert.equal(rises(give(it, { speed: 11 })), 'r/input: returnedUnacknowledged');
  });

  test(`${form}: onBad alarm tells of an input that is bad from the start`, () => {
    const it = compile({ rules: [rule('r', when, { onBad: 'alarm' })] });
    assert.equal(rises(give(it, { speed: undefined })), 'r/input: unacknowledged');
  });

  test(`${form}: a spike inside one batch is not missed`, () => {
    const it = compile({ rules: [rule('r', when)] });
    const rows = [9, 99, 9].map((value, i) => ({ signal: 'speed', value, timeUs: 100 * i }));
    const outcome = it.step(batch(rows), 1e6);
    assert.equal(moves(outcome), 'r: unknown > off, r: off > on, r: on > off');
    const same = it.step(batch([9, 99, 9].map((value) => ({ signal: 'speed', value }))), 2e6);
    assert.equal(moves(same), 'r: off > on, r: on > off', 'nor one at a single source time');
  });

  test(`${form}: an uncertain value outside its range raises the alarm`, () => {
    const it = compile({ alarms: [alarm('a', when)] });
    const row = { signal: 'speed', value: 500, quality: Quality.uncertainRangeExceeded };
    assert.equal(rises(it.step(batch([row]), 1e6)), 'a: unacknowledged');
  });

  test(`${form}: late rows change nothing`, () => {
    const it = compile({ alarms: [alarm('a', when)] });
    const outcome = it.step(batch([{ signal: 'speed', value: 500 }], 1e6, true), 1e6);
    assert.equal(rises(outcome), '');
    assert.equal(it.decided, 0);
    assert.equal(it.alarms()[0]?.condition, 'unknown');
  });

  test(`${form}: delays run by ticks, and by the next batch where the tick was late`, () => {
    const it = compile({
      rules: [rule('r', when, { onDelayMs: 2000, offDelayMs: 1000, do: [write('setpoint', 1)] })],
    });
    give(it, { speed: 9 }, 1e6);
    give(it, { speed: 11 }, 2e6);
    assert.equal(it.nextUs, 4e6);
    assert.equal(moves(it.advance(3.9e6)), '');
    assert.deepEqual(writes(it.advance(4e6)), ['on p/setpoint=1']);
    give(it, { speed: 9 }, 5e6);
    const late = give(it, { speed: 11 }, 6.5e6);
    assert.equal(moves(late), 'r: on > off', 'it was off for longer than its delay');
  });
}

test('a step without a change answers with one shared outcome', () => {
  const it = compile({ alarms: [alarm('a', 'speed > 10')] });
  assert.equal(give(it, { speed: 1 }), give(it, { speed: 2 }));
});

test('what is known although another input is lost is an edge: it rests on what is there', () => {
  const it = compile({ rules: [rule('r', 'speed > 10 || flow > 5', { do: [write('setpoint', 1)] })] });
  give(it, { speed: 9, flow: 1 });
  it.step(batch([{ signal: 'flow', value: 0, quality: Quality.badNoCommunication }]), 1e6);
  assert.deepEqual(writes(give(it, { speed: 11 })), ['on p/setpoint=1']);
});

test('a window that lacks rows for a moment leaves the reference of its rule alone', () => {
  const it = compile({ rules: [rule('r', 'rate(speed, "1s") > 1', { do: [write('setpoint', 1)] })] });
  give(it, { speed: 1 }, 1e6);
  give(it, { speed: 1 }, 2e6);
  it.step(batch([{ signal: 'speed', value: 1 }], 9e6), 9e6);
  it.step(batch([{ signal: 'speed', value: 1 }], 9e6), 9e6);
  assert.deepEqual(writes(give(it, { speed: 30 }, 10e6)), ['on p/setpoint=1']);
});

test('values that a device read together are judged together', () => {
  const it = compile({ rules: [rule('r', 'running && flow < 1')] });
  give(it, { running: false, flow: 0 });
  const outcome = give(it, { running: true, flow: 5 });
  assert.equal(moves(outcome), '', 'running with the flow of before never was');
});

test('a derived tag says that it rests on a stand-in, whatever else its inputs are uncertain for', () => {
  const it = compile({ derived: [derived('load', 'speed * flow')] });
  const rows = [
    { signal: 'speed', value: 10, quality: Quality.uncertainRangeExceeded },
    { signal: 'flow', value: 20, quality: Quality.uncertainLastUsable },
  ] as const;
  for (const order of [rows, rows.toReversed()]) {
    const { derived: made } = it.step(batch(order, 99), 1e6);
    assert.equal(made?.quality.at(-1), Quality.uncertainLastUsable);
  }
});

test('a derived tag is computed from derived tags in the same step and seen by rules and alarms', () => {
  const it = compile({
    derived: [
      derived('power', 'load * 2.0'),
      derived('load', 'speed * flow'),
      derived('busy', 'power > 100'),
    ],
    alarms: [alarm('a', 'power > 100')],
    rules: [rule('r', 'busy && power < 1000')],
  });
  const outcome = it.step(
    batch(
      [
        { signal: 'speed', value: 10, timeUs: 5 },
        { signal: 'flow', value: 20, timeUs: 7, quality: Quality.uncertainSensorNotAccurate },
      ],
      99,
    ),
    1e6,
  );
  const rows = outcome.derived as Batch;
  assert.equal(rows.receivedUs, 99);
  assert.deepEqual(
    [...rows.tag].map((tag) => tags.get(tag).path),
    ['p/load', 'p/power', 'p/busy'],
  );
  assert.deepEqual([...rows.value], [200, 400, 1]);
  assert.deepEqual([...rows.timeUs], [7, 7, 7], 'the newest time of the inputs');
  assert.deepEqual([...new Set(rows.quality)], [Quality.uncertainSensorNotAccurate], 'the worst quality');
  assert.equal(rises(outcome), 'a: unacknowledged');
  assert.equal(moves(outcome), 'r: unknown > on');
});

test('a derived tag waits for its inputs, and is bad with them', () => {
  const it = compile({
    derived: [derived('load', 'speed / flow')],
    rules: [rule('r', 'load > 1', { onBad: 'safe' })],
  });
  assert.equal(give(it, { speed: 1 }).derived, undefined);
  assert.equal(moves(give(it, { flow: 0.5 })), 'r: unknown > on');
  const bad = give(it, { flow: undefined });
  assert.deepEqual([...(bad.derived as Batch).quality], [Quality.badSensorFailure]);
  assert.equal(moves(bad), 'r: on > unknown');
  const infinite = give(it, { flow: 0 });
  assert.deepEqual([...(infinite.derived as Batch).quality], [Quality.badOutOfRange]);
});

test('derived 64-bit integers and text travel in the wide column', () => {
  const it = compile({ derived: [derived('note', '"sum " + string(total)')] });
  const outcome = give(it, { total: 9_007_199_254_740_993n });
  assert.equal(wideAt(outcome.derived as Batch, 0), 'sum 9007199254740993');
});

test('a circle of derived tags is refused with all its names', () => {
  const spec = [
    derived('load', 'power + 1.0'),
    derived('power', 'mean(setpoint, "1m")'),
    derived('setpoint', 'load'),
  ];
  const [found] = problems({ derived: spec });
  assert.match(found?.message ?? '', /p\/load → p\/power → p\/setpoint → p\/load/);
});

test('windows are written by rows and moved by time', () => {
  const it = compile({ rules: [rule('r', 'mean(vibration, "10s") > 7 && count(vibration, "10s") >= 1')] });
  give(it, { vibration: 6 }, 100e6);
  assert.equal(moves(give(it, { vibration: 10 }, 101e6)), 'r: off > on');
  assert.equal(it.nextUs, 110e6, 'when the first row leaves');
  assert.equal(moves(it.advance(110e6)), '');
  assert.equal(moves(it.advance(111e6)), 'r: on > off');
  assert.equal(it.nextUs, Number.POSITIVE_INFINITY);
});

test('rows of one batch keep their distance in a window; the clock of the device does not matter', () => {
  const it = compile({ rules: [rule('r', 'rate(speed, "10s") > 1.9 && rate(speed, "10s") < 2.1')] });
  const rows = [0, 1, 2, 3].map((i) => ({ signal: 'speed', value: 2 * i, timeUs: 5e6 + i * 1e6 }));
  assert.match(moves(it.step(batch(rows), 1.7e15)), /r: unknown > on/);
});

test('a time in state comes true by time alone', () => {
  const it = compile({ alarms: [alarm('a', 'time_in_state(state == "running", "1m") > 30')] });
  give(it, { state: 1 }, 1e6);
  let outcome: Outcome | undefined;
  for (let n = 0; n < 100 && it.alarms()[0]?.state === 'normal'; n++) outcome = it.advance(it.nextUs);
  assert.equal(rises(outcome as Outcome), 'a: unacknowledged');
  const tookUs = (it.alarms()[0]?.sinceUs ?? 0) - 1e6;
  assert.ok(tookUs > 30e6 && tookUs <= 31e6, `after ${tookUs} µs`);
});

test('a derived window moves its rows on with time', () => {
  const it = compile({ derived: [derived('load', 'mean(speed, "10s")')] });
  give(it, { speed: 1 }, 1e6);
  give(it, { speed: 3 }, 2e6);
  const later = it.advance(11e6).derived as Batch;
  assert.deepEqual([...later.value], [3]);
  assert.deepEqual([...later.timeUs], [11e6]);
});

test('templates are evaluated with the values of the moment in which the rule fires', () => {
  const actions = [
    write('setpoint', '{{ speed * 0.5 }}'),
    {
      send: {
        to: 'ops',
        text: 'speed {{ speed }}, flow {{ flow }}, {{ state }}',
        list: [{ raw: '{{ total }}' }],
      },
    },
  ];
  const it = compile({ rules: [rule('r', 'speed > 10', { do: actions })] });
  give(it, { speed: 1, state: 1, total: 7n });
  const fired = give(it, { speed: 23.399999618530273 });
  assert.deepEqual(writes(fired), [
    'on p/setpoint=11.699999809265137',
    'on ops {"text":"speed 23.4, flow unknown, running","list":[{"raw":7}]}',
  ]);
});

test('a message without expressions is one object each time, which nobody can change', () => {
  const send = { to: 'ops', text: 'hot', list: [{ of: 1 }] };
  const it = compile({ rules: [rule('r', 'speed > 10', { do: [{ send }] })] });
  give(it, { speed: 1 });
  const configs = [11, 1, 12, 2].flatMap((speed) =>
    give(it, { speed }).intents.map(({ action }) => (action.kind === 'send' ? action.config : undefined)),
  );
  assert.deepEqual(configs, Array(2).fill({ text: 'hot', list: [{ of: 1 }] }));
  assert.equal(configs[0], configs[1]);
  assert.ok(Object.isFrozen(configs[0]) && Object.isFrozen((configs[0] as { list: unknown }).list));
});

test('a write whose value is not known is skipped and says so', () => {
  const it = compile({ rules: [rule('r', 'speed > 10', { do: [write('setpoint', '{{ flow }}')] })] });
  give(it, { speed: 1, flow: undefined });
  const fired = give(it, { speed: 11 });
  assert.equal(moves(fired), 'r: off > on');
  assert.deepEqual(fired.intents, []);
  assert.equal(fired.skipped?.[0]?.tag, tags.number('p/setpoint'));
});

test('written values are put into the form of the tag', () => {
  const values = [
    write('running', true),
    write('state', 'running'),
    write('state', 0),
    write('total', 5),
    write('note', 'x {{ speed }}'),
  ];
  const it = compile({ rules: [rule('r', 'speed > 10', { do: values })] });
  give(it, { speed: 1 });
  const { intents } = give(it, { speed: 11 });
  assert.deepEqual(
    intents.map(({ action }) => action.kind === 'write' && action.value),
    [1, 1, 0, 5n, 'x 11'],
  );
});

test('a lease is renewed while the rule is known to be on, with the value of its edge', () => {
  const spec = rule('r', 'speed > 10', { do: [write('setpoint', '{{ speed }}', 3000)] });
  const it = compile({ rules: [spec] });
  give(it, { speed: 1 }, 1e6);
  give(it, { speed: 11 }, 2e6);
  assert.equal(it.nextUs, 3e6);
  give(it, { speed: 99 }, 2.5e6);
  assert.deepEqual(writes(it.advance(3e6)), ['on p/setpoint=11']);
  give(it, { speed: undefined }, 3.5e6);
  assert.equal(it.nextUs, Number.POSITIVE_INFINITY, 'unknown renews nothing');
  give(it, { speed: 20 }, 4e6);
  assert.deepEqual(writes(it.advance(4.1e6)), ['on p/setpoint=11'], 'it still ran');
  const ended = give(it, { speed: 1 }, 5e6);
  assert.deepEqual(writes(ended), ['off release']);
  assert.equal(it.nextUs, Number.POSITIVE_INFINITY);
});

test('a lease that ran out while the input was unknown is not taken again', () => {
  const it = compile({ rules: [rule('r', 'speed > 10', { do: [write('setpoint', 5, 3000)] })] });
  give(it, { speed: 1 }, 1e6);
  give(it, { speed: 11 }, 2e6);
  give(it, { speed: undefined }, 2.5e6);
  give(it, { speed: 11 }, 60e6);
  assert.deepEqual(writes(it.advance(70e6)), []);
});

test('an alarm with a deadband returns only that far inside its limit, also after a restart', () => {
  const spec = { alarms: [alarm('a', 'speed > 10', { deadband: 2 })] };
  const it = compile(spec);
  give(it, { speed: 11 });
  assert.equal(rises(give(it, { speed: 9 })), '');
  const next = compile(spec, it.snapshot());
  assert.equal(rises(give(next, { speed: 9 })), '');
  assert.equal(rises(give(next, { speed: 8 })), 'a: returnedUnacknowledged');
});

test('an alarm that comes with its suppression is not announced', () => {
  const it = compile({ alarms: [alarm('a', 'flow < 1', { suppressWhen: '!running' })] });
  assert.equal(rises(give(it, { flow: 0, running: false })), 'a: suppressed');
  assert.equal(rises(give(it, { running: true })), 'a: unacknowledged');
  const rich = compile({
    alarms: [alarm('a', 'flow + speed < 1', { suppressWhen: '!running || speed > 5' })],
  });
  assert.equal(rises(give(rich, { flow: 0, speed: 0, running: false })), 'a: suppressed');
});

test('a rate that waits for its second row is no bad input', () => {
  const it = compile({ rules: [rule('r', 'rate(speed, "10s") > 1', { onBad: 'alarm' })] });
  assert.equal(rises(give(it, { speed: 1 }, 1e6)), '');
  assert.equal(moves(give(it, { speed: 3 }, 2e6)), 'r: unknown > on');
});

test('a condition that reads no tag is decided at once', () => {
  const it = compile({ alarms: [alarm('a', 'flow < 1', { suppressWhen: 'true' })] });
  assert.equal(rises(it.advance(0)), 'a: suppressed');
});

test('acts on alarms that are not there are refused', () => {
  assert.throws(() => compile({}).operate('x', { act: 'acknowledge' }, 'eva', 0), { code: 'alarm.unknown' });
});

test('every problem is reported at once, with owner, field and place', () => {
  const found = problems({
    derived: [derived('load', 'note'), derived('nothing', '1.0'), derived('power', 'speeed')],
    rules: [
      rule('r', 'speed > ', {
        do: [write('setpoint', '{{ running }}'), write('sped', 1), write('state', 'stopped')],
      }),
      rule('r', 'speed > 1', {
        clear: [write('running', 'x {{ speed }}'), { send: { to: 'x', text: 'a {{ b', more: '{{ c }}' } }],
      }),
    ],
    alarms: [
      alarm('a', 'speed', { suppressWhen: 'nope' }),
      alarm('b', 'speed > 1 && running', { deadband: 1 }),
    ],
  });
  assert.deepEqual(
    found
      .filter(({ severity }) => severity === 'error')
      .map(({ owner, field, offset }) => [owner.id, field, offset]),
    [
      ['p/load', 'derive', 0],
      ['p/nothing', 'path', 0],
      ['p/power', 'derive', 0],
      ['r', 'when', 8],
      ['r', 'do.0.write.value', 0],
      ['r', 'do.1.write.tag', 0],
      ['r', 'do.2.write.value', 0],
      ['r', 'clear.0.write.value', 0],
      ['r', 'clear.1.send.text', 2],
      ['r', 'clear.1.send.more', 3],
      ['a', 'when', 0],
      ['a', 'suppressWhen', 0],
      ['b', 'deadband', 0],
      ['r', 'id', 0],
    ],
  );
});

test('an integer in a calculation with decimals is a hint, not an error', () => {
  const compiled = compileDecisions({ derived: [derived('load', 'speed * 2')], rules: [], alarms: [] }, tags);
  assert.ok(compiled.decisions);
  assert.deepEqual(
    compiled.problems.map(({ severity, offset, hint }) => [severity, offset, hint]),
    [['hint', 8, 'write 2.0']],
  );
});

test('tags declared after compiling concern nobody', () => {
  const own = plant();
  const spec = { derived: [], rules: [rule('r', 'speed > 1')], alarms: [] };
  const { decisions } = compileDecisions(spec, own);
  const { number } = own.declare({ path: 'new/one', type: 'number', access: 'read' });
  const builder = new BatchBuilder();
  builder.add(number, 0, 1);
  assert.equal(moves((decisions as Decisions).step(builder.take({ receivedUs: 0 }), 1)), '');
});

const SPEC: DecisionSpec = {
  derived: [derived('power', 'speed * flow')],
  rules: [
    rule('kernel', 'speed > 10', { onDelayMs: 1000 }),
    rule('both', 'speed > 5 && flow < 10', { onBad: 'safe' }),
    rule('power', 'power >= 40 || running', { onBad: 'alarm', offDelayMs: 500 }),
  ],
  alarms: [
    alarm('high', 'speed > 8', { deadband: 2, latched: true }),
    alarm('flow', '10 > flow', { onDelayMs: 700 }),
  ],
};

const row = fc.oneof(
  fc.record({
    signal: fc.constantFrom('speed', 'flow'),
    value: fc.integer({ min: 0, max: 20 }),
    quality: quality(),
  }),
  fc.record({ signal: fc.constant('running'), value: fc.boolean(), quality: quality() }),
);
const stepOf = fc.record({ rows: fc.array(row, { maxLength: 6 }), gapMs: fc.nat(900), cut: fc.nat(6) });

function quality() {
  return fc.constantFrom(
    Quality.good,
    Quality.good,
    Quality.good,
    Quality.uncertainRangeExceeded,
    Quality.badTimeout,
  );
}

interface Step {
  readonly rows: readonly Row[];
  readonly gapMs: number;
  readonly cut: number;
}

/** Every row is a moment of its own, so that a cut between two rows falls between two moments. */
const moments = (rows: readonly Row[]): Row[] => rows.map((one, i) => ({ ...one, timeUs: 1000 * i }));

function play(it: Decisions, steps: readonly Step[], cut: boolean, fromUs = 1e9): unknown[] {
  let atUs = fromUs;
  return steps.map(({ rows, gapMs, cut: where }) => {
    atUs += gapMs * 1000;
    const all = moments(rows);
    const parts = cut ? [all.slice(0, where), all.slice(where)] : [all];
    const outcomes = parts.map((part) => it.step(batch(part, atUs), atUs));
    return [outcomes.map(moves).filter(Boolean).join(', '), outcomes.map(rises).filter(Boolean).join(', ')];
  });
}

test('the cut between batches of one moment of arrival changes nothing', () => {
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 12 }), (steps) => {
      const whole = compile(SPEC);
      const cut = compile(SPEC);
      assert.deepEqual(play(cut, steps, true), play(whole, steps, false));
      assert.deepEqual(cut.rules(), whole.rules());
      assert.deepEqual(cut.alarms(), whole.alarms());
      assert.deepEqual(cut.snapshot(), whole.snapshot());
      assert.equal(cut.nextUs, whole.nextUs);
    }),
  );
});

test('the same batches and ticks give the same outcomes', () => {
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 12 }), (steps) => {
      assert.deepEqual(play(compile(SPEC), steps, false), play(compile(SPEC), steps, false));
    }),
  );
});

test('after a restart the present values lead to the states that there would have been', () => {
  const good = {
    speed: fc.integer({ min: 0, max: 20 }),
    flow: fc.integer({ min: 0, max: 20 }),
    running: fc.boolean(),
  };
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 8 }), fc.record(good), (steps, values) => {
      const steady = compile(SPEC);
      play(steady, steps, false);
      steady.advance(1.9e9); // delays are over: those of rules would start anew
      const restarted = compile(SPEC, JSON.parse(JSON.stringify(steady.snapshot())) as Json);
      const states = (it: Decisions) => {
        give(it, values, 2e9);
        it.advance(3e9);
        return [it.rules(), it.alarms().map(({ id, state }) => [id, state])];
      };
      assert.deepEqual(states(restarted), states(steady));
    }),
  );
});

/** What a restart makes of an engine, through the text that is on the disk. */
const restart = (spec: Partial<DecisionSpec>, it: Decisions): Decisions =>
  compile(spec, JSON.parse(JSON.stringify(it.snapshot())) as Json);

test('a shelved alarm in front of what waits for its delay is unshelved in time after a restart', () => {
  const spec = {
    alarms: [
      alarm('shelved', 'speed > 10'),
      alarm('waiting', 'speed > 10', { onDelayMs: 10_000 }),
      alarm('none', 'mean(flow, "10s") > 10 || running'),
    ],
    rules: [rule('r', 'flow > 1', { onDelayMs: 10_000 })],
  };
  const it = compile(spec);
  give(it, { speed: 11, flow: 2 }, 1e6);
  it.operate('shelved', { act: 'shelve', forMin: 1 }, 'eva', 2e6);
  const next = restart(spec, it);
  assert.equal(next.nextUs, 62e6);
  next.advance(3e6);
  give(next, { speed: 11, flow: 2 }, 4e6);
  assert.equal(next.nextUs, 11e6);
  assert.equal(rises(next.advance(11e6)), 'waiting: unacknowledged', 'it began at 1 s');
  assert.equal(moves(next.advance(14e6)), 'r: unknown > on', 'the delay of a rule starts anew');
  assert.equal(rises(next.advance(61.9e6)), '');
  assert.equal(rises(next.advance(62e6)), 'shelved: unacknowledged');
  assert.equal(next.nextUs, Number.POSITIVE_INFINITY);
});

test('whatever runs at a snapshot, time goes on after the restart', () => {
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 8 }), fc.nat(4000), (steps, pauseMs) => {
      const it = compile(SPEC);
      give(it, { speed: 9, flow: 5 }, 0.9e9);
      for (const { id } of it.alarms()) it.operate(id, { act: 'shelve', forMin: 0.05 }, 'eva', 0.9e9);
      play(it, steps, false);
      const next = restart(SPEC, it);
      let atUs = 1.1e9 + pauseMs * 1000;
      next.advance(atUs);
      give(next, { speed: 9, flow: 5, running: true }, atUs);
      for (let n = 0; next.nextUs < Number.POSITIVE_INFINITY; n++) {
        assert.ok(next.nextUs > atUs && n < 50, `${next.nextUs} after ${atUs}`);
        atUs = next.nextUs;
        next.advance(atUs);
      }
      assert.ok(next.alarms().every(({ state }) => state !== 'shelved'));
    }),
  );
});

test('a snapshot of something else is ignored', () => {
  const held = { when: 'speed > 10', state: 'on', held: [{ tag: tags.number('p/setpoint'), value: 1 }, 5] };
  const spec = { rules: [rule('r', 'speed > 10', { do: [write('setpoint', 1, 3000)] })] };
  const it = compile(spec, { rules: { r: held } });
  assert.deepEqual(give(it, { speed: 11 }).intents, []);
  assert.equal(it.nextUs, Number.POSITIVE_INFINITY, 'a lease without an end is none');
  for (const junk of [null, 5, [], { rules: 7, alarms: { high: { of: 1 } } }] as Json[]) {
    assert.deepEqual(compile(SPEC, junk).snapshot(), compile(SPEC).snapshot());
  }
});

test('decisions are counted, kernels and expressions alike', () => {
  const it = compile({ rules: [rule('a', 'speed > 1'), rule('b', 'speed > 1 && flow > 1')] });
  give(it, { speed: 1, flow: 2 });
  assert.equal(it.decided, 2);
});
