import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Condition, ExpressionProblem } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import { newestTimeUs } from '#decide/windows/window-time.ts';
import { at, BatchBuilder, type Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

function plant(): TagTable {
  const tags = new TagTable();
  const declare = (path: string, type: 'number' | 'boolean' | 'int64' | 'text' | 'structure') =>
    tags.declare({ path, type, access: 'read' });
  declare('line/pump/speed', 'number');
  declare('line/pump/vibration', 'number');
  declare('line/pump/running', 'boolean');
  declare('line/pump/blocked', 'boolean');
  tags.declare({
    path: 'line/pump/state',
    type: 'enum',
    access: 'read',
    states: { 0: 'idle', 1: 'running', 2: 'fault' },
  });
  declare('line/pump/total', 'int64');
  declare('line/pump/serial', 'text');
  declare('line/pump/motor-speed', 'number');
  declare('line/pump/report', 'structure');
  declare('outside', 'number');
  return tags;
}

const tags = plant();

function condition(text: string, asset = 'line/pump'): Condition {
  const compiled = compileCondition(text, asset, tags);
  if ('condition' in compiled) return compiled.condition;
  assert.fail(JSON.stringify(compiled.problems));
}

function problem(text: string, asset = 'line/pump'): ExpressionProblem {
  const compiled = compileCondition(text, asset, tags);
  assert.ok('problems' in compiled, `${text} compiled`);
  const first = compiled.problems.find(({ severity }) => severity === 'error');
  assert.ok(first);
  return first;
}

type Row = readonly [signal: string, value: Value, quality?: number];

function given(rows: readonly Row[], late = false) {
  const builder = new BatchBuilder();
  for (const [signal, value, quality] of rows) {
    const path = signal === 'outside' ? signal : `line/pump/${signal}`;
    builder.addValue(tags.number(path), 1e6, value, quality);
  }
  return builder.take({ receivedUs: 1e6, late });
}

function truth(text: string, rows: readonly Row[], asset = 'line/pump'): boolean | 'unknown' {
  const it = condition(text, asset);
  it.observe(given(rows), 1e6);
  return it.value(1e6);
}

test('a bare name is a signal of the asset, and tag() names any tag', () => {
  assert.equal(
    truth('speed > 10.5 && tag("outside") < 3.0', [
      ['speed', 11],
      ['outside', 2],
    ]),
    true,
  );
  assert.equal(truth('outside < 3.0', [['outside', 2]], ''), true);
  assert.equal(truth('tag("line/pump/motor-speed") > 1.0', [['motor-speed', 2]]), true);
});

test('integers beside numbers with decimals are taken as such', () => {
  assert.equal(truth('speed * 2 + 1 == 7', [['speed', 3]]), true);
  assert.equal(
    truth('(running ? 1 : -2) * speed < -5', [
      ['speed', 3],
      ['running', false],
    ]),
    true,
  );
  assert.equal(truth('speed in [1, 3]', [['speed', 3]]), true);
  assert.equal(truth('max(speed, 5) == 5', [['speed', 3]]), true);
  assert.equal(truth('speed * 0x10 < 10000000000000000000000', [['speed', 3]]), true);
});

test('parts of a condition keep their parentheses, quotes and tiny numbers', () => {
  const rows: Row[] = [
    ['speed', 3],
    ['running', true],
    ['serial', 'a)b'],
    ['blocked', false],
  ];
  assert.equal(truth('((speed + 1.0) * (speed - 1.0) > 7.5) && ((running)) && !(blocked)', rows), true);
  assert.equal(truth('(speed) > (1.0) && (serial == "a)b") && (serial != \'(\')', rows), true);
  assert.equal(truth('running && speed > 0.0000001 && speed * 1e-9 < 1e22', rows), true);
  assert.equal(truth('(running ? (speed) : (2.0)) == 3 && true // (', rows), true);
  assert.equal(truth('running && (speed + (speed)) > 5 // (\n && serial.contains(")")', rows), true);
});

test('an enum compares with codes and with the names of its states', () => {
  assert.equal(truth('state == 1', [['state', 1]]), true);
  assert.equal(truth('state == "running"', [['state', 1]]), true);
  assert.equal(truth('"fault" != state', [['state', 1]]), true);
  assert.equal(truth('state in ["idle", "running"]', [['state', 1]]), true);
});

test('64-bit integers compare exactly', () => {
  assert.equal(truth('total > 9007199254740993', [['total', 9_007_199_254_740_994n]]), true);
  assert.equal(truth('total > 9007199254740994', [['total', 9_007_199_254_740_994n]]), false);
});

test('text and structures are read as such', () => {
  assert.equal(truth('serial.startsWith("A-")', [['serial', 'A-17']]), true);
  assert.equal(truth('report.axis.x > 2', [['report', { axis: { x: 2.5 } }]]), true);
  assert.equal(truth('report.axis.y > 2', [['report', { axis: { x: 2.5 } }]]), 'unknown');
  assert.equal(truth('report.list.exists(v, v > 4)', [['report', { list: [1, 5] }]]), true);
});

const TRUTH: readonly [string, Value | undefined][] = [
  ['true', true],
  ['false', false],
  ['unknown', undefined],
];

for (const [nameA, a] of TRUTH) {
  for (const [nameB, b] of TRUTH) {
    const rows: Row[] = [
      ['running', a ?? false, a === undefined ? Quality.badSensorFailure : Quality.good],
      ['blocked', b ?? false, b === undefined ? Quality.badSensorFailure : Quality.good],
    ];
    const and = a === false || b === false ? false : a === undefined || b === undefined ? 'unknown' : true;
    const or = a === true || b === true ? true : a === undefined || b === undefined ? 'unknown' : false;
    test(`${nameA} && ${nameB} is ${and}, ${nameA} || ${nameB} is ${or}`, () => {
      assert.equal(truth('running && blocked', rows), and);
      assert.equal(truth('running || blocked', rows), or);
      assert.equal(truth('!(running && blocked)', rows), and === 'unknown' ? 'unknown' : !and);
    });
  }
}

test('a condition is unknown before its inputs arrive, and while one is bad', () => {
  const it = condition('speed < 100.0');
  assert.equal(it.value(0), 'unknown');
  it.observe(given([['speed', 1]]), 1);
  assert.equal(it.value(1), true);
  it.observe(given([['speed', 1, Quality.badNoCommunication]]), 2);
  assert.equal(it.value(2), 'unknown');
  it.observe(given([['speed', 500, Quality.uncertainRangeExceeded]]), 3);
  assert.equal(it.value(3), false);
});

test('late rows change nothing', () => {
  const it = condition('speed < 100.0');
  it.observe(given([['speed', 1]], true), 1);
  assert.equal(it.value(1), 'unknown');
});

test('a time in state grows while nothing arrives', () => {
  const it = condition('time_in_state((running) && !(blocked), "10s") >= 3');
  it.observe(
    given([
      ['running', true],
      ['blocked', false],
    ]),
    10e6,
  );
  assert.equal(it.value(12e6), false);
  assert.equal(it.value(13e6), true);
});

test('windows are typed as numbers and take only tags', () => {
  const it = condition('mean(speed, "10s") > 7 && count(speed, "10s") == 2');
  it.observe(given([['speed', 6]]), 1e6);
  it.observe(given([['speed', 10]]), 2e6);
  assert.equal(it.value(2e6), true);
  assert.match(problem('mean(speed * 2.0, "10s") > 7').message, /works on a tag/);
  assert.match(problem('mean(speed, "10 s") > 7').message, /no length of time/);
  assert.match(problem('mean(state, "10s") > 7').message, /needs a number/);
  assert.match(problem('time_in_state(mean(speed, "1s") > 1.0, "10s") > 7').message, /inside a window/);
});

test('a problem names the place and the nearest name', () => {
  const cases: readonly [string, number, RegExp, RegExp | undefined][] = [
    ['speed > 1.0 && vibratoin > 2.0', 15, /no tag line\/pump\/vibratoin/, /did you mean vibration\?/],
    ['tag("line/pmup/speed") > 1.0', 4, /no tag/, /did you mean speed\?/],
    ['tag("line/pump/motor-sped") > 1.0', 4, /no tag/, /tag\("line\/pump\/motor-speed"\)/],
    ['running && men(speed, "10s") > 1.0', 11, /no function men\(\)/, /mean\(\)/],
    ['state == "runing"', 9, /no state "runing"/, /"running"/],
    ['running && speed', 0, /line\/pump\/speed|bool/, undefined],
    ['speed + serial > 1.0', 0, /double \+ string/, undefined],
    ['running && speed * total > 1.0', 11, /double \* int/, /double\(x\)/],
    ['speed', 0, /gives a number/, /compare/],
    ['speed >', 7, /no expression/, undefined],
    ['serial.matches("(a+)+b")', 0, /refused/, /contains/],
    ['tag(serial) > 1.0', 0, /literal text/, /tag\("area/],
    [`speed > ${'('.repeat(100)}1.0${')'.repeat(100)}`, 0, /too large/, /split/],
    [`${'running && '.repeat(600)}running`, 0, /characters|too large/, /split/],
  ];
  for (const [text, offset, message, hint] of cases) {
    const found = problem(text);
    assert.match(found.message, message, text);
    if (!/too large|characters/.test(found.message)) assert.equal(found.offset, offset, text);
    if (hint) assert.match(found.hint ?? '', hint, text);
  }
});

test('what stands in for a measured value is unknown, and does not enter windows', () => {
  const [plain, window] = [condition('running'), condition('mean(speed, "10s") > 4.0')];
  for (const it of [plain, window]) {
    it.observe(given([['running', true, Quality.uncertainLastUsable]]), 1e6);
    it.observe(given([['speed', 100, Quality.uncertainSubstitute]]), 1e6);
    assert.equal(it.value(1e6), 'unknown');
    it.observe(given([['running', true]]), 2e6);
    it.observe(given([['speed', 1]]), 2e6);
  }
  assert.deepEqual([plain.value(2e6), window.value(2e6)], [true, false]);
});

test('shown only the rows of its tags, a condition says the same as when it is shown whole batches', () => {
  const texts = [
    'speed > 5',
    'mean(speed, "2s") > 4.0 && vibration < 7.0',
    'time_in_state(speed > 3, "3s") > 1.0',
  ];
  const row = fc.record({
    signal: fc.constantFrom('speed', 'vibration', 'running', 'outside'),
    value: fc.nat(9),
    quality: fc.constantFrom(Quality.good, Quality.good, Quality.badSensorFailure),
    behindUs: fc.nat(2e6),
  });
  const batches = fc.array(fc.record({ rows: fc.array(row, { maxLength: 6 }), afterUs: fc.nat(2e6) }));
  fc.assert(
    fc.property(fc.constantFrom(...texts), batches, (text, all) => {
      const [whole, single] = [condition(text), condition(text)];
      let atUs = 1e9;
      for (const { rows, afterUs } of all) {
        atUs += afterUs;
        const builder = new BatchBuilder();
        for (const { signal, value, quality, behindUs } of rows) {
          const path = signal === 'outside' ? signal : `line/pump/${signal}`;
          builder.addValue(tags.number(path), atUs - behindUs, value, quality);
        }
        const batch = builder.take({ receivedUs: atUs });
        whole.observe(batch, atUs);
        for (let i = 0; i < batch.rows; i++) {
          if (single.tags.includes(at(batch.tag, i))) single.take(batch, i, newestTimeUs(batch), atUs);
        }
        assert.equal(single.value(atUs), whole.value(atUs));
      }
    }),
  );
});
