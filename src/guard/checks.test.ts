import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardedTag, Refusal, WriteRequest } from '#guard/api.ts';
import { ACTUAL, Bench, operator, PUMP, remote, rule } from '#guard/fixture.ts';
import type { Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

interface Case {
  readonly when: string;
  readonly limits?: Partial<GuardedTag>;
  readonly ask?: Partial<WriteRequest>;
  readonly given?: (bench: Bench) => void;
  readonly refusal: Refusal | undefined;
  /** What the reason must name. */
  readonly says?: RegExp;
}

const lease = { maxMs: 1000, safe: 0 };
const speedIs = (value: number, quality?: number) => (bench: Bench) =>
  bench.see([[bench.tags.speed, value, quality]]);
const opened = (bench: Bench) => {
  bench.remoteWrites = true;
  bench.guard.setMode(PUMP, 'remote', 'ada');
};

const cases: readonly Case[] = [
  { when: 'nothing speaks against it', refusal: undefined },
  { when: 'the tag has no number', ask: { tag: 99 }, refusal: 'unknown-tag', says: /99/ },
  { when: 'the tag takes no writes', ask: { tag: ACTUAL }, refusal: 'not-writable', says: /speed-actual/ },
  {
    when: 'the tag has no write access',
    limits: { writable: false },
    refusal: 'not-writable',
    says: /speed/,
  },
  {
    when: 'the tag belongs to a safety function',
    limits: { safety: true },
    refusal: 'safety',
    says: /speed/,
  },
  {
    when: 'another runtime holds the authority',
    given: (b) => {
      b.hasAuthority = false;
    },
    refusal: 'no-authority',
  },
  {
    when: 'an operator gives no reason',
    ask: { by: operator(), why: '  ' },
    refusal: 'no-reason',
    says: /ada/,
  },
  { when: 'an operator gives a reason', ask: { by: operator() }, refusal: undefined },
  { when: 'a rule gives no reason', ask: { why: '' }, refusal: undefined },
  {
    when: 'the asset is tagged out',
    given: (b) => b.guard.tagOut(PUMP, 'bo', 'coupling'),
    refusal: 'tag-out',
    says: /bo: coupling/,
  },
  {
    when: 'the line is tagged out',
    ask: { by: operator() },
    given: (b) => b.guard.tagOut('hall/line1', 'bo', 'belt'),
    refusal: 'tag-out',
  },
  {
    when: 'the asset is out of service',
    given: (b) => b.guard.setMode(PUMP, 'outOfService', 'bo'),
    refusal: 'mode',
    says: /out of service/,
  },
  {
    when: 'its line is out of service, though the asset itself was once set back to local',
    given: (b) => {
      b.guard.setMode(PUMP, 'local', 'bo');
      b.guard.setMode('hall/line1', 'outOfService', 'bo');
    },
    refusal: 'mode',
    says: /^hall\/line1 is out of service/,
  },
  {
    when: 'the site takes no remote writes',
    limits: { remote: true },
    ask: { by: remote() },
    refusal: 'remote-off',
    says: /settings.remoteWrites/,
  },
  {
    when: 'the tag takes no remote writes',
    ask: { by: remote() },
    given: opened,
    refusal: 'remote-off',
    says: /write.remote/,
  },
  {
    when: 'the asset is in local for a remote write',
    limits: { remote: true },
    ask: { by: remote() },
    given: (b) => {
      b.remoteWrites = true;
    },
    refusal: 'mode',
    says: /local/,
  },
  {
    when: 'a remote write is allowed by site, tag and asset',
    limits: { remote: true },
    ask: { by: remote() },
    given: opened,
    refusal: undefined,
  },
  {
    when: 'a remote write gives no reason',
    limits: { remote: true },
    ask: { by: remote(), why: '' },
    given: opened,
    refusal: 'no-reason',
  },
  {
    when: 'the asset is in remote, for those at the site',
    ask: { by: operator() },
    given: opened,
    refusal: undefined,
  },
  { when: 'the value is NaN', ask: { value: Number.NaN }, refusal: 'type', says: /NaN/ },
  { when: 'the value is text', ask: { value: '5' }, refusal: 'type', says: /number/ },
  { when: 'a boolean tag gets 2', limits: { type: 'boolean' }, ask: { value: 2 }, refusal: 'type' },
  { when: 'an enum tag gets a fraction', limits: { type: 'enum' }, ask: { value: 1.5 }, refusal: 'type' },
  { when: 'a 64-bit tag gets a fraction', limits: { type: 'int64' }, ask: { value: 1.5 }, refusal: 'type' },
  { when: 'a text tag gets a number', limits: { type: 'text' }, ask: { value: 5 }, refusal: 'type' },
  {
    when: 'a structure tag gets null',
    limits: { type: 'structure' },
    ask: { value: null as Value },
    refusal: 'type',
  },
  {
    when: 'the value lies at the upper end',
    limits: { range: [0, 10] },
    ask: { value: 10 },
    refusal: undefined,
  },
  {
    when: 'the value lies above the range',
    limits: { range: [0, 9] },
    ask: { value: 9.1 },
    refusal: 'range',
    says: /9.1.*0 to 9/,
  },
  {
    when: 'the value lies below the range',
    limits: { range: [0, 9] },
    ask: { value: -0.1 },
    refusal: 'range',
  },
  {
    when: 'an integer beyond 2^53 lies one above',
    limits: { type: 'int64', range: [0, 2 ** 53] },
    ask: { value: 2n ** 53n + 1n },
    refusal: 'range',
  },
  {
    when: 'undoing the scale overflows',
    limits: { scale: { factor: 1e-300, offset: 0 } },
    ask: { value: 1e300 },
    refusal: 'range',
  },
  { when: 'a lease is asked and none declared', ask: { leaseMs: 100 }, refusal: 'lease', says: /100/ },
  {
    when: 'the lease is longer than allowed',
    limits: { lease },
    ask: { leaseMs: 1001 },
    refusal: 'lease',
    says: /1001.*1000/,
  },
  { when: 'the lease has no length', limits: { lease }, ask: { leaseMs: 0 }, refusal: 'lease' },
  {
    when: 'another rule holds the lease',
    limits: { lease },
    given: (b) => void b.ask(1, { by: rule('other') }),
    refusal: 'lease',
    says: /rule other/,
  },
  {
    when: 'the interlock does not hold',
    limits: { interlock: 'running' },
    given: (b) => b.see([[b.tags.running, false]]),
    refusal: 'interlock',
    says: /\(running\)/,
  },
  {
    when: 'the interlock holds',
    limits: { interlock: 'running' },
    given: (b) => b.see([[b.tags.running, true]]),
    refusal: undefined,
  },
  { when: 'the interlock has no input yet', limits: { interlock: 'running' }, refusal: 'interlock-unknown' },
  {
    when: 'an input of the interlock is bad',
    limits: { interlock: 'running' },
    given: (b) => b.see([[b.tags.running, true, Quality.badTimeout]]),
    refusal: 'interlock-unknown',
  },
  {
    when: 'the interlock rests on a retained value, which says nothing of the present',
    limits: { interlock: 'running' },
    given: (b) => b.see([[b.tags.running, true, Quality.uncertainLastUsable]]),
    refusal: 'interlock-unknown',
    says: /not measured/,
  },
  {
    when: 'a measured input of the interlock is replaced by a substitute',
    limits: { interlock: 'running' },
    given: (b) => {
      b.see([[b.tags.running, true]]);
      b.see([[b.tags.running, true, Quality.uncertainSubstitute]]);
    },
    refusal: 'interlock-unknown',
  },
  {
    when: 'an input of the interlock is outside its range, but measured',
    limits: { interlock: 'tag("hall/line1/pump/speed-actual") > 2' },
    given: (b) => b.see([[ACTUAL, 5, Quality.uncertainRangeExceeded]]),
    refusal: undefined,
  },
  {
    when: 'only late rows answer the interlock',
    limits: { interlock: 'running' },
    given: (b) => b.see([[b.tags.running, true]], true),
    refusal: 'interlock-unknown',
  },
  {
    when: 'the step is not larger than allowed',
    limits: { maxStep: 2 },
    given: speedIs(3),
    refusal: undefined,
  },
  {
    when: 'the step is larger than allowed',
    limits: { maxStep: 2 },
    given: speedIs(2.9),
    refusal: 'step',
    says: /2\.1.*maxStep 2/,
  },
  { when: 'the step is unknown', limits: { maxStep: 2 }, refusal: 'present-unknown', says: /speed/ },
  {
    when: 'the present value is bad',
    limits: { maxStep: 2 },
    given: speedIs(5, Quality.bad),
    refusal: 'present-unknown',
  },
  {
    when: 'the present value is but the last usable',
    limits: { maxStep: 2 },
    given: speedIs(5, Quality.uncertainLastUsable),
    refusal: 'present-unknown',
  },
  {
    when: 'the present value is outside its range',
    limits: { maxStep: 2 },
    given: speedIs(5, Quality.uncertainRangeExceeded),
    refusal: undefined,
  },
  {
    when: 'only the feedback shows a present value',
    limits: { maxStep: 2, feedback: { tag: ACTUAL, tolerance: 1, withinMs: 100 } },
    given: (b) => b.see([[ACTUAL, 2]]),
    refusal: 'step',
  },
  {
    when: 'the first change is faster than allowed',
    limits: { ratePerS: 2 },
    given: speedIs(2),
    refusal: 'rate',
    says: /ratePerS 2/,
  },
  { when: 'the first change is slow enough', limits: { ratePerS: 2 }, given: speedIs(3), refusal: undefined },
];

for (const { when, limits, ask, given, refusal, says } of cases) {
  test(`a write is ${refusal ? `refused (${refusal})` : 'sent'} when ${when}`, async () => {
    const bench = new Bench(limits ?? {});
    given?.(bench);
    const before = bench.sent.length;
    const outcome = await bench.ask(5, ask);
    assert.equal(outcome.refusal, refusal);
    assert.equal(outcome.state === 'refused', refusal !== undefined);
    assert.equal(bench.sent.length - before, refusal ? 0 : 1);
    if (says) assert.match(outcome.reason ?? '', says);
    const [name, record] = bench.records.at(-1) ?? [];
    assert.equal(name, outcome.state);
    assert.deepEqual([record?.by, record?.why, record?.refusal], [outcome.by, outcome.why, refusal]);
  });
}

test('of several limits the first in the documented order is reported', async () => {
  const bench = new Bench({ safety: true, range: [0, 1], interlock: 'running', maxStep: 1 });
  bench.guard.tagOut(PUMP, 'bo', 'coupling');
  assert.equal((await bench.ask(5, { by: operator(), why: '' })).refusal, 'safety');
  const open = new Bench({ range: [0, 1], interlock: 'running', maxStep: 1 });
  assert.equal((await open.ask(5)).refusal, 'range');
  assert.equal((await open.ask(1)).refusal, 'interlock-unknown');
});

test('the step is measured from the last write as long as the device does not show it', async () => {
  const bench = new Bench({ maxStep: 2 });
  bench.see([[bench.tags.speed, 10]]);
  assert.equal((await bench.ask(12)).state, 'sent');
  assert.equal((await bench.ask(8.5)).refusal, 'step');
  assert.equal((await bench.ask(13)).refusal, 'step');
  bench.see([[bench.tags.speed, 12]]);
  assert.equal((await bench.ask(14)).state, 'sent');
});

test('a value that the device did not take is no place to step from', async () => {
  const bench = new Bench({ maxStep: 2 });
  bench.see([[bench.tags.speed, 10]]);
  bench.answer = async () => ({ state: 'failed', reason: 'illegal value' });
  assert.equal((await bench.ask(12)).state, 'failed');
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(8)).state, 'sent');
});

test('a write that failed leaves the one before it to be measured from', async () => {
  const bench = new Bench({ maxStep: 2 });
  bench.see([[bench.tags.speed, 10]]);
  await bench.ask(12);
  bench.answer = async () => ({ state: 'failed', reason: 'illegal value' });
  await bench.ask(11);
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(8.5)).refusal, 'step');
});

test('what the device had shown of the write before still counts when the next one fails', async () => {
  const bench = new Bench({ maxStep: 2 });
  bench.see([[bench.tags.speed, 10]]);
  await bench.ask(12);
  bench.see([[bench.tags.speed, 8]]);
  bench.answer = async () => ({ state: 'failed', reason: 'illegal value' });
  await bench.ask(7);
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(6)).state, 'sent');
});

test('the rate counts from the last write, and a long rest saves up one second at most', async () => {
  const bench = new Bench({ ratePerS: 10 });
  bench.see([[bench.tags.speed, 0]]);
  assert.equal((await bench.ask(10)).state, 'sent');
  bench.see([[bench.tags.speed, 10]]);
  await bench.pass(500);
  assert.equal((await bench.ask(15.1)).refusal, 'rate');
  assert.equal((await bench.ask(15)).state, 'sent');
  bench.see([[bench.tags.speed, 15]]);
  await bench.pass(3_600_000);
  assert.equal((await bench.ask(25.1)).refusal, 'rate');
  assert.equal((await bench.ask(25)).state, 'sent');
});

test('writing once more what was written last is no change, however soon', async () => {
  const bench = new Bench({ ratePerS: 10, maxStep: 5 });
  bench.see([[bench.tags.speed, 0]]);
  assert.equal((await bench.ask(5)).state, 'sent');
  assert.equal((await bench.ask(5)).state, 'sent');
});

test('the scale is undone for the device, booleans become 0 or 1 and 64-bit integers stay exact', async () => {
  const scaled = new Bench({ scale: { factor: 0.5, offset: 10 } });
  await scaled.ask(60);
  assert.deepEqual([scaled.sent[0]?.value, scaled.sent[0]?.raw], [60, 100]);
  const boolean = new Bench({ type: 'boolean' });
  await boolean.ask(true);
  assert.deepEqual([boolean.sent[0]?.value, boolean.sent[0]?.raw], [1, 1]);
  const long = new Bench({ type: 'int64' });
  await long.ask(9_007_199_254_740_993n);
  assert.equal(long.sent[0]?.raw, 9_007_199_254_740_993n);
});

test('an interlock that does not compile is refused when the guard is made', () => {
  assert.throws(() => new Bench({ interlock: 'no_such_signal > 1' }), { code: 'guard.interlock' });
});
