import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { GuardedTag, PresentOf } from '#guard/api.ts';
import { ACTUAL, Bench, operator, PUMP, rule } from '#guard/fixture.ts';
import type { Value } from '#kernel/batch.ts';
import type { WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';

const feedback = { tag: ACTUAL, tolerance: 0.5, withinMs: 300 };
const lease = { maxMs: 1000, safe: 0 };

/** Present values as the site knows them. */
const knows =
  (values: { readonly [tag: number]: Value }, seenUs = 0): PresentOf =>
  (tag) =>
    values[tag] === undefined
      ? undefined
      : { value: values[tag] as number, timeUs: 1, quality: Quality.good, seenUs };

/** A bench whose device answers when it is told to. */
function slow(limits: Partial<GuardedTag>) {
  const bench = new Bench(limits);
  const device = Promise.withResolvers<WriteResult>();
  bench.answer = () => device.promise;
  return { bench, device };
}

test('a tag with the same limits keeps present value, rate and last write', async () => {
  const limits = { maxStep: 5, ratePerS: 10 };
  const bench = new Bench(limits);
  bench.see([[bench.tags.speed, 0]]);
  await bench.ask(4);
  await bench.reconfigure(limits, [{}]);
  assert.equal((await bench.ask(5)).refusal, 'rate');
  await bench.pass(1000);
  assert.equal(
    (await bench.ask(6)).refusal,
    'step',
    'from the present value, which does not show the write yet',
  );
  assert.equal((await bench.ask(5)).state, 'sent');
});

test('a write under way, its feedback and its lease go on where the limits are the same', async () => {
  const { bench, device } = slow({ feedback, lease });
  const write = bench.ask(5);
  await bench.reconfigure({ feedback, lease }, [{}]);
  assert.equal(bench.signals[0]?.aborted, false);
  device.resolve({ state: 'sent' });
  await bench.pass(10);
  await bench.reconfigure({ feedback, lease });
  bench.see([[ACTUAL, 5]]);
  assert.equal((await write).state, 'confirmed');
  assert.deepEqual(bench.sentValues, [5]);
  await bench.pass(1000);
  assert.deepEqual(bench.sentValues, [5, 0]);
});

test('modes and tag-outs stay, also of assets that are gone for a while', async () => {
  const bench = new Bench({});
  bench.guard.tagOut(PUMP, 'ada', 'repair');
  await bench.reconfigure(undefined);
  assert.deepEqual(bench.guard.assets(), []);
  await bench.reconfigure({});
  assert.equal((await bench.ask(5)).refusal, 'tag-out');
});

test('new limits hold from the call on', async () => {
  const bench = new Bench({ range: [0, 10] });
  await bench.reconfigure({ range: [0, 3] });
  assert.equal((await bench.ask(5)).refusal, 'range');
  await bench.reconfigure(undefined);
  assert.equal((await bench.ask(1)).refusal, 'not-writable');
});

for (const [what, next, refusal] of [
  ['gone', undefined, 'unknown-tag'],
  ['changed', { range: [0, 100] }, 'changed'],
] as const) {
  test(`an intent that waits for the disk does not leave once its tag is ${what}`, async () => {
    const bench = new Bench({});
    const disk = Promise.withResolvers<void>();
    bench.durable = () => disk.promise;
    const write = bench.ask(5, { by: operator() });
    await bench.reconfigure(next);
    disk.resolve();
    const outcome = await write;
    assert.deepEqual([outcome.state, outcome.refusal, bench.sent.length], ['refused', refusal, 0]);
  });

  test(`a write that has left ends as unknown once its tag is ${what}, and the safe value follows first`, async () => {
    const { bench, device } = slow({ lease, scale: { factor: 0.5, offset: 0 } });
    const write = bench.ask(5);
    bench.answer = async () => ({ state: 'sent' });
    const settled = bench.reconfigure(next && { ...next, lease });
    assert.deepEqual(
      bench.sent.map(({ value, raw }) => [value, raw]),
      [
        [5, 10],
        [0, 0],
      ],
      'within the call, after the old scale',
    );
    assert.equal(bench.signals[0]?.aborted, true);
    device.resolve({ state: 'sent' });
    assert.equal((await write).state, 'unknown');
    await settled;
    assert.deepEqual(bench.story, ['intent', 'unknown', 'intent', 'sent']);
    await bench.pass(5000);
    assert.equal(bench.sent.length, 2);
  });
}

test('a write whose effect is awaited ends as unknown once its feedback means something else', async () => {
  const bench = new Bench({ feedback });
  const write = bench.ask(5);
  await bench.pass(1);
  await bench.reconfigure({ feedback }, [], undefined, new Set([ACTUAL]));
  const { state, reason } = await write;
  assert.deepEqual([state, reason], ['unknown', `${PUMP}/speed has changed in the site file`]);
});

test('a safe value that does not get through is owed after the new limits, and given up where there are none', async () => {
  for (const [next, sent] of [
    [{ lease: { maxMs: 1000, safe: 1 } }, [5, 0, 1]],
    [{}, [5, 0]],
    [undefined, [5, 0]],
  ] as const) {
    const bench = new Bench({ lease });
    await bench.ask(5);
    bench.answer = async () => ({ state: 'failed' });
    await bench.reconfigure(next);
    bench.answer = async () => ({ state: 'sent' });
    await bench.pass(1000);
    await bench.pass(90_000);
    assert.deepEqual(bench.sentValues, sent);
  }
});

test('a tag of another scale forgets its present value and its last write', async () => {
  const bench = new Bench({ maxStep: 2 });
  bench.see([[bench.tags.speed, 10]]);
  await bench.ask(11);
  const scaled = { maxStep: 2, scale: { factor: 0.1, offset: 0 } };
  await bench.reconfigure(scaled, [], knows({ [bench.tags.speed]: 10 }));
  assert.equal((await bench.ask(11)).refusal, 'present-unknown');
  bench.see([[bench.tags.speed, 1]]);
  assert.equal((await bench.ask(2)).state, 'sent');
});

test('the last write is not waited for on a feedback that knows nothing of it', async () => {
  const bench = new Bench({ maxStep: 2, feedback });
  bench.see([[ACTUAL, 10]]);
  const write = bench.ask(11);
  await bench.pass(1);
  bench.see([[ACTUAL, 11]]);
  assert.equal((await write).state, 'confirmed');
  const other = 3;
  await bench.reconfigure(
    { maxStep: 2, feedback: { ...feedback, tag: other } },
    [{}],
    knows({ [other]: 20 }),
  );
  void bench.ask(21);
  assert.deepEqual(bench.sentValues, [11, 21]);
});

test('a new tag starts from the present value that the site knows', async () => {
  const bench = new Bench({});
  const other = 3;
  await bench.reconfigure({}, [{ maxStep: 2 }], knows({ [other]: 10 }));
  assert.equal((await bench.ask(20, { tag: other })).refusal, 'step');
  assert.equal((await bench.ask(11, { tag: other })).state, 'sent');
});

test('an interlock of another text knows the present values at once', async () => {
  const bench = new Bench({ interlock: 'running' });
  bench.see([[bench.tags.running, true]]);
  const interlock = 'running && tag("hall/line1/pump/speed-actual") < 3.0';
  await bench.reconfigure({ interlock });
  assert.equal((await bench.ask(1)).refusal, 'interlock-unknown', 'nobody said what is there');
  await bench.reconfigure(
    { interlock: `${interlock} ` },
    [],
    knows({ [ACTUAL]: 1, [bench.tags.running]: 1 }),
  );
  assert.equal((await bench.ask(1)).state, 'sent');
  bench.see([[ACTUAL, 9]]);
  assert.equal((await bench.ask(1)).refusal, 'interlock');
});

test('an interlock of the same text keeps what it has seen, unless its tag means something else', async () => {
  const interlock = 'time_in_state(running, "10s") > 3.0';
  const bench = new Bench({ interlock });
  bench.see([[bench.tags.running, true]]);
  await bench.pass(4000);
  await bench.reconfigure({ interlock, range: [0, 9] });
  assert.equal((await bench.ask(1)).state, 'sent');
  await bench.reconfigure(
    { interlock },
    [],
    knows({ [bench.tags.running]: 1 }),
    new Set([bench.tags.running]),
  );
  assert.equal((await bench.ask(1)).refusal, 'interlock-unknown');
});

test('an interlock that does not compile changes nothing', async () => {
  const { bench } = slow({ lease, range: [0, 10] });
  void bench.ask(5);
  assert.throws(
    () => bench.reconfigure({ lease, range: [0, 1], interlock: 'nothing > 3' }),
    (fault) => fault instanceof Fault && fault.code === 'guard.interlock',
  );
  assert.deepEqual([bench.story, bench.signals[0]?.aborted], [['intent'], false]);
  assert.equal((await bench.ask(7, { by: rule('other') })).refusal, 'lease');
});

test('a shadow that is reconfigured writes no safe value and keeps the lease', async () => {
  const live = new Bench({ lease });
  await live.ask(5);
  const bench = new Bench({ lease }, live.saved);
  bench.shadow = true;
  await bench.reconfigure({ lease: { maxMs: 500, safe: 2 } });
  await bench.pass(5000);
  assert.equal(bench.sent.length, 0);
  bench.shadow = false;
  await bench.pass(0);
  assert.deepEqual(bench.sentValues, [2]);
});

type Act =
  | { readonly act: 'ask'; readonly value: number; readonly by: string }
  | { readonly act: 'see'; readonly value: number; readonly running: boolean }
  | { readonly act: 'pass'; readonly ms: number };

test('the same limits given again at any moment change nothing, to the last record', async () => {
  const limits = { feedback, lease, maxStep: 6, ratePerS: 20, interlock: 'running', idempotent: true };
  const anyAct: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ act: fc.constant('ask' as const), value: fc.nat(9), by: fc.constantFrom('a', 'b') }),
    fc.record({ act: fc.constant('see' as const), value: fc.nat(9), running: fc.boolean() }),
    fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  );
  const anyAnswer = fc.constantFrom<WriteResult['state'][]>('sent', 'sent', 'failed', 'unknown', 'refused');
  const play = async (acts: readonly Act[], given: readonly WriteResult['state'][], again: boolean) => {
    const bench = new Bench(limits, undefined, [{}]);
    let n = 0;
    bench.answer = async () => ({ state: given[n++ % given.length] ?? 'sent' });
    for (const act of acts) {
      if (again)
        void bench.reconfigure({ ...limits }, [{}], knows({ [ACTUAL]: 99, [bench.tags.running]: 0 }));
      if (act.act === 'ask') void bench.ask(act.value, { by: rule(act.by) });
      else if (act.act === 'see')
        bench.see([
          [ACTUAL, act.value],
          [bench.tags.running, act.running],
        ]);
      else await bench.pass(act.ms);
    }
    await bench.pass(1);
    return { records: bench.records, sent: bench.sent, kept: bench.guard.snapshot() };
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyAct, { maxLength: 30 }),
      fc.array(anyAnswer, { minLength: 1, maxLength: 5 }),
      async (acts, given) => assert.deepEqual(await play(acts, given, true), await play(acts, given, false)),
    ),
    { numRuns: 100 },
  );
});

test('whatever changes at any moment: every write ends, leases end safe, and new limits bind what leaves', async () => {
  const anyLimits = fc.record({
    range: fc.constantFrom<GuardedTag['range'][]>(undefined, [1, 9], [4, 6]),
    lease: fc.constantFrom(undefined, { maxMs: 400, safe: 5 }),
    feedback: fc.constantFrom(undefined, feedback),
    idempotent: fc.boolean(),
    scale: fc.constantFrom(undefined, { factor: 2, offset: 1 }),
  });
  const anyAct: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ act: fc.constant('ask' as const), value: fc.nat(9), by: fc.constantFrom('a', 'b') }),
    fc.record({ act: fc.constant('see' as const), value: fc.nat(9), running: fc.boolean() }),
    fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  );
  const files = fc.array(
    fc.record({ limits: fc.option(anyLimits, { nil: undefined }), acts: fc.array(anyAct, { maxLength: 8 }) }),
    { minLength: 1, maxLength: 6 },
  );
  const anyAnswer = fc.constantFrom<WriteResult['state'][]>('sent', 'failed', 'unknown', 'refused');
  await fc.assert(
    fc.asyncProperty(anyLimits, files, fc.array(anyAnswer, { minLength: 1 }), async (first, all, given) => {
      const bench = new Bench(first);
      let n = 0;
      bench.answer = async () => ({ state: given[n++ % given.length] ?? 'sent' });
      const writes: Promise<unknown>[] = [];
      let limits: Partial<GuardedTag> | undefined = first;
      for (const { limits: next, acts } of all) {
        const leased = (bench.guard.snapshot() as { leases: unknown[] }).leases.length > 0;
        const before: number = bench.sent.length;
        const changes: boolean = !isDeepStrictEqual({ ...limits }, { ...next }) || !limits !== !next;
        writes.push(bench.reconfigure(next));
        const safe = bench.sent.slice(before).map(({ by, value, raw }) => [by.kind, value, raw]);
        const oldScale: NonNullable<GuardedTag['scale']> = limits?.scale ?? { factor: 1, offset: 0 };
        // Where a safe value was on its way already it is sent once more, as nobody knows what came of it.
        const once = ['lease', 5, (5 - oldScale.offset) / oldScale.factor];
        // An idempotent write that only failed up to now is given up: the device has nothing to be made safe.
        const failed: boolean | undefined = limits?.idempotent && given[(n - 1) % given.length] === 'failed';
        assert.deepEqual(safe, changes && ((leased && !failed) || safe.length > 0) ? [once] : []);
        limits = next;
        const from = bench.sent.length;
        for (const act of acts) {
          if (act.act === 'ask') writes.push(bench.ask(act.value, { by: rule(act.by) }));
          else if (act.act === 'see') bench.see([[ACTUAL, act.value]]);
          else await bench.pass(act.ms);
        }
        for (const { by, value, raw } of bench.sent.slice(from)) {
          assert.ok(limits || by.kind === 'lease', 'a tag that is gone takes nothing');
          const [low, high] = limits?.range ?? [0, 9];
          assert.ok(Number(value) >= low && Number(value) <= high);
          const { factor, offset } = limits?.scale ?? { factor: 1, offset: 0 };
          assert.equal(raw, (Number(value) - offset) / factor);
        }
      }
      bench.answer = async () => ({ state: 'sent' });
      for (const ms of [3000, 61_000, 61_000]) {
        await bench.pass(ms);
        bench.see([[ACTUAL, 5]]);
        await bench.pass(1);
      }
      await Promise.all(writes);
      assert.deepEqual((bench.guard.snapshot() as { leases: unknown[] }).leases, []);
      assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
    }),
    { numRuns: 100 },
  );
});
