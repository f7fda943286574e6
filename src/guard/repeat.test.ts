import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WriteOutcome } from '#guard/api.ts';
import { ACTUAL, Bench, operator, PUMP, rule } from '#guard/fixture.ts';
import type { WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';

const feedback = { tag: ACTUAL, tolerance: 0.5, withinMs: 300 };

/** What a device answers, one after the other, then `sent`. */
function answers(...all: (WriteResult['state'] | 'down')[]): () => Promise<WriteResult> {
  return async () => {
    const state = all.shift() ?? 'sent';
    if (state === 'down') throw new Fault('edge.source-down', 'the source is down', { retry: 'backoff' });
    return { state, reason: `the device says ${state}` };
  };
}

/** A bench whose device answers so, and a write to it that nobody waits for yet. */
async function asked(
  limits: object,
  answer: Bench['answer'],
  by = rule(),
): Promise<[Bench, Promise<WriteOutcome>]> {
  const bench = new Bench({ idempotent: true, ttlMs: 2000, ...limits });
  bench.answer = answer;
  const write = bench.ask(5, { by });
  await bench.clock.advance(0);
  return [bench, write];
}

for (const first of ['unknown', 'failed', 'down'] as const) {
  test(`an idempotent write whose source says ${first} is sent again after a pause`, async () => {
    const [bench, write] = await asked({}, answers(first));
    await bench.pass(249);
    assert.equal(bench.sent.length, 1);
    await bench.pass(1);
    const { state, attempts } = await write;
    assert.deepEqual([state, attempts, bench.sentValues], ['sent', 2, [5, 5]]);
    assert.equal(bench.sent[0]?.id, bench.sent[1]?.id);
    assert.deepEqual(bench.story, ['intent', 'sent']);
  });

  test(`a write that is not idempotent is never sent again: ${first}`, async () => {
    const [bench, write] = await asked({ idempotent: false }, answers(first));
    const { state, attempts } = await write;
    await bench.pass(3000);
    assert.deepEqual(
      [state, attempts, bench.sent.length],
      [first === 'down' ? 'refused' : first, undefined, 1],
    );
  });
}

test('what the device refuses is not sent again', async () => {
  const [bench, write] = await asked({}, answers('refused'));
  assert.equal((await write).state, 'refused');
  await bench.pass(3000);
  assert.equal(bench.sent.length, 1);
});

test('pauses grow, and no attempt begins after the time to live', async () => {
  const [bench, write] = await asked({}, answers(...Array<'failed'>(99).fill('failed')));
  const left: number[] = [];
  for (let ms = 0; ms <= 4000; ms += 10) {
    if (bench.sent.length > left.length) left.push(ms);
    await bench.pass(10);
  }
  const outcome = await write;
  assert.deepEqual(left, [0, 250, 750, 1750]);
  assert.deepEqual(
    [outcome.state, outcome.attempts, outcome.reason],
    ['failed', 4, 'the device says failed'],
  );
});

test('a tick that comes after the time to live sends nothing', async () => {
  const [bench, write] = await asked({}, answers('failed'));
  await bench.pass(2500);
  assert.deepEqual([(await write).state, bench.sent.length], ['failed', 1]);
});

test('a later failure does not make known what nobody knows', async () => {
  const [bench, write] = await asked({ ttlMs: 600 }, answers('unknown', 'failed'));
  await bench.pass(250);
  const { state, reason } = await write;
  assert.deepEqual([state, reason], ['unknown', 'the device says unknown']);
});

test('a source that stays down refuses, and says so', async () => {
  const [bench, write] = await asked({ ttlMs: 400 }, answers('down', 'down'));
  await bench.pass(250);
  const { state, refusal, attempts } = await write;
  assert.deepEqual([state, refusal, attempts], ['refused', 'source-down', 2]);
});

for (const [what, act, refusal] of [
  ['an interlock that opens', (bench: Bench) => bench.see([[bench.tags.running, false]]), 'interlock'],
  ['a lost authority', (bench: Bench) => Object.assign(bench, { hasAuthority: false }), 'no-authority'],
  ['a tag-out', (bench: Bench) => bench.guard.tagOut(PUMP, 'ada', 'repair'), 'tag-out'],
  ['a runtime that becomes a shadow', (bench: Bench) => Object.assign(bench, { shadow: true }), 'shadow'],
] as const) {
  test(`${what} ends the repetition`, async () => {
    for (const [first, state] of [
      ['down', 'refused'],
      ['failed', 'failed'],
      ['unknown', 'unknown'],
    ] as const) {
      const bench = new Bench({ idempotent: true, interlock: 'running' });
      bench.see([[bench.tags.running, true]]);
      bench.answer = answers(first);
      const write = bench.ask(5);
      await bench.clock.advance(0);
      act(bench);
      await bench.pass(250);
      const outcome = await write;
      assert.deepEqual([outcome.state, bench.sent.length], [state, 1]);
      if (first === 'down') assert.equal(outcome.refusal, refusal);
      assert.match(outcome.reason ?? '', /not sent again/);
    }
  });
}

test('its own first attempt does not count against its rate', async () => {
  const bench = new Bench({ idempotent: true, ratePerS: 10 });
  bench.see([[bench.tags.speed, 0]]);
  bench.answer = answers('failed');
  const write = bench.ask(9);
  await bench.pass(0);
  await bench.pass(250);
  assert.equal((await write).state, 'sent');
});

test('a step that has become too large in the pause is not taken', async () => {
  const bench = new Bench({ idempotent: true, maxStep: 3 });
  bench.see([[bench.tags.speed, 4]]);
  bench.answer = answers('failed');
  const write = bench.ask(5);
  await bench.pass(0);
  bench.see([[bench.tags.speed, 0]]);
  await bench.pass(250);
  assert.deepEqual([(await write).state, bench.sent.length], ['failed', 1]);
});

test('an effect that shows in the pause confirms, and nothing is sent again', async () => {
  const [bench, write] = await asked({ feedback }, answers('unknown'));
  await bench.pass(100);
  bench.see([[ACTUAL, 5]]);
  assert.equal((await write).state, 'confirmed');
  await bench.pass(3000);
  assert.equal(bench.sent.length, 1);
});

test('an effect that shows while the second attempt is under way confirms it', async () => {
  const [bench, write] = await asked({ feedback }, answers('unknown'));
  const second = Promise.withResolvers<WriteResult>();
  bench.answer = () => second.promise;
  await bench.pass(250);
  bench.see([[ACTUAL, 5]]);
  second.resolve({ state: 'sent' });
  const { state, attempts } = await write;
  assert.deepEqual([state, attempts], ['confirmed', 2]);
});

test('a second attempt has the whole rest of the time to live', async () => {
  const [bench, write] = await asked({}, answers('failed'));
  const second = Promise.withResolvers<WriteResult>();
  bench.answer = () => second.promise;
  await bench.pass(250);
  for (let ms = 0; ms < 1700; ms += 100) await bench.pass(100);
  assert.deepEqual([bench.sent.length, bench.signals[1]?.aborted], [2, false]);
  second.resolve({ state: 'sent' });
  assert.equal((await write).state, 'sent');
});

test('after a failure a value that was there before is no effect', async () => {
  const [bench, write] = await asked({ feedback }, answers('failed'));
  bench.see([[ACTUAL, 5]]);
  await bench.pass(250);
  await bench.pass(300);
  assert.equal((await write).state, 'unknown');
});

test('a newer write takes over in the pause, and the older one ends as far as it got', async () => {
  const [bench, older] = await asked({}, answers('failed'));
  const newer = bench.ask(7, { by: operator() });
  assert.equal((await older).state, 'failed');
  assert.equal((await newer).state, 'sent');
  await bench.pass(3000);
  assert.deepEqual(bench.sentValues, [5, 7]);
});

test('a rule that asks again in the pause joins its own write', async () => {
  const [bench, first] = await asked({}, answers('failed'));
  const second = bench.ask(5);
  await bench.pass(250);
  assert.equal((await first).id, (await second).id);
  assert.equal(bench.sent.length, 2);
});

test('a lease given back in the pause ends the write, and the safe value follows', async () => {
  const [bench, write] = await asked({ lease: { maxMs: 5000, safe: 0 } }, answers('unknown'));
  bench.guard.release(rule());
  assert.equal((await write).state, 'unknown');
  await bench.pass(3000);
  assert.deepEqual(bench.sentValues, [5, 0]);
});

test('a lease that runs out in the pause ends the write; a safe value follows what may have got there', async () => {
  const lease = { maxMs: 100, safe: 0 };
  const [failed, write] = await asked({ lease }, answers('failed'));
  await failed.pass(100);
  assert.equal((await write).state, 'failed');
  const [unknown, other] = await asked({ lease }, answers('unknown'));
  await unknown.pass(100);
  assert.equal((await other).state, 'unknown');
  assert.deepEqual([failed.sentValues, unknown.sentValues], [[5], [5, 0]]);
});

test('whatever a device answers, an idempotent write ends by its time to live and is never sent after it', async () => {
  const anyAnswer = fc.constantFrom('unknown', 'failed', 'down', 'refused', 'sent');
  const cases = fc.tuple(
    fc.array(anyAnswer, { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 30, maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([all, passes]) => {
      const given = [...all];
      const [bench, write] = await asked({}, answers(...all));
      const startUs = bench.clock.steadyUs();
      let sent = bench.sent.length;
      for (const ms of passes) {
        await bench.pass(ms);
        if (bench.sent.length > sent) assert.ok(bench.clock.steadyUs() - startUs <= 2_000_000);
        sent = bench.sent.length;
        if (bench.clock.steadyUs() - startUs > 2_500_000) break;
      }
      const { state, attempts } = await write;
      const used = given.slice(0, sent);
      assert.equal(attempts ?? 1, sent);
      assert.ok(used.slice(0, -1).every((answer) => answer !== 'sent' && answer !== 'refused'));
      const last = used.length < sent ? 'sent' : used[sent - 1];
      if (last === 'sent') assert.equal(state, 'sent');
      else if (used.includes('unknown')) assert.equal(state, 'unknown');
    }),
    { numRuns: 100 },
  );
});
