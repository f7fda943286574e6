import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardedTag } from '#guard/api.ts';
import { Bench, operator, PUMP, rule } from '#guard/fixture.ts';
import type { WriteResult } from '#kernel/command.ts';

/** A bench whose device answers the first write when told, and all later ones at once. */
function slowFirst(limits: Partial<GuardedTag> = {}) {
  const bench = new Bench({ type: 'boolean', ...limits });
  const device = Promise.withResolvers<WriteResult>();
  bench.answer = () => (bench.sent.length === 1 ? device.promise : Promise.resolve({ state: 'sent' }));
  return { bench, answer: () => device.resolve({ state: 'sent' }) };
}

test('what a rule writes while its last write is unanswered is sent after the answer', async () => {
  const { bench, answer } = slowFirst();
  const on = bench.ask(1);
  await bench.pass(100);
  const off = bench.ask(0);
  await bench.pass(100);
  assert.deepEqual(bench.sentValues, [1]);
  answer();
  assert.deepEqual([(await on).state, (await off).state], ['sent', 'sent']);
  assert.deepEqual(bench.sentValues, [1, 0]);
  assert.deepEqual(bench.story, ['intent', 'intent', 'sent', 'sent']);
  assert.ok((await off).id > (await on).id);
  assert.equal((await off).tookMs, 100);
});

test('only the newest waits; each that it replaces is on record as refused', async () => {
  const { bench, answer } = slowFirst({ type: 'number' });
  void bench.ask(1);
  const older = bench.ask(2);
  const newer = bench.ask(3, { by: rule('other') });
  assert.equal((await older).refusal, 'overtaken');
  answer();
  assert.equal((await newer).state, 'sent');
  assert.deepEqual(bench.sentValues, [1, 3]);
  assert.deepEqual(bench.story, ['intent', 'intent', 'refused: overtaken', 'intent', 'sent', 'sent']);
});

test('what is on its way and asked for again replaces what has waited behind it', async () => {
  const { bench, answer } = slowFirst();
  const on = bench.ask(1);
  const off = bench.ask(0);
  const again = bench.ask(1);
  answer();
  assert.equal((await off).refusal, 'overtaken');
  assert.equal((await again).id, (await on).id);
  assert.deepEqual(bench.sentValues, [1]);
});

test('what waits longer than its time to live is never sent', async () => {
  const { bench, answer } = slowFirst({ ttlMs: 1000 });
  void bench.ask(1);
  await bench.pass(10);
  bench.answer = () => new Promise(() => {});
  const off = bench.ask(0);
  await bench.pass(990); // the first one is aborted, and has some time left to say what became of it
  assert.equal(bench.guard.nextUs, bench.clock.steadyUs() + 10_000);
  await bench.pass(10);
  assert.deepEqual([(await off).state, (await off).refusal], ['refused', 'expired']);
  answer();
  await bench.pass(1000);
  assert.deepEqual(bench.sentValues, [1]);
});

test('the time to live counts from the asking, without any tick between', async () => {
  const { bench, answer } = slowFirst({ ttlMs: 1000 });
  void bench.ask(1);
  const off = bench.ask(0);
  await bench.clock.advance(1001);
  answer();
  assert.equal((await off).refusal, 'expired');
  assert.deepEqual(bench.sentValues, [1]);

  const second = slowFirst({ ttlMs: 1000 });
  void second.bench.ask(1);
  const deadlineUs = second.bench.clock.steadyUs() + 1e6;
  void second.bench.ask(0);
  await second.bench.pass(400);
  second.answer();
  await second.bench.pass(1);
  assert.equal(second.bench.sent[1]?.deadlineUs, deadlineUs);
});

const forbidden: [string, (bench: Bench) => void, string][] = [
  ['the interlock', (b) => b.see([[b.tags.running, false]]), 'interlock'],
  ['a tag-out', (b) => b.guard.tagOut(PUMP, 'bo', 'belt'), 'tag-out'],
  ['out of service', (b) => b.guard.setMode('hall', 'outOfService', 'bo'), 'mode'],
  [
    'a lost authority',
    (b) => {
      b.hasAuthority = false;
    },
    'no-authority',
  ],
];
for (const [what, forbid, refusal] of forbidden) {
  test(`${what} that came while a write waited refuses it`, async () => {
    const { bench, answer } = slowFirst({ interlock: 'running' });
    bench.see([[bench.tags.running, true]]);
    void bench.ask(1);
    const off = bench.ask(0);
    forbid(bench);
    answer();
    assert.equal((await off).refusal, refusal);
    assert.deepEqual(bench.sentValues, [1]);
  });
}

test('what no limit lets pass does not wait, and does not replace what does', async () => {
  const { bench, answer } = slowFirst({ type: 'number', range: [0, 10] });
  void bench.ask(1);
  const good = bench.ask(2);
  assert.equal((await bench.ask(11)).refusal, 'range');
  answer();
  assert.equal((await good).state, 'sent');
});

test('a rule waits for the write of a person, also while that is on its way to the disk', async () => {
  const bench = new Bench({});
  const disk = Promise.withResolvers<void>();
  bench.durable = () => disk.promise;
  const byHand = bench.ask(5, { by: operator() });
  const byRule = bench.ask(6);
  disk.resolve();
  assert.deepEqual([(await byHand).state, (await byRule).state], ['sent', 'sent']);
  assert.deepEqual(bench.sentValues, [5, 6]);
});

test('given back, a lease that was never taken is not taken any more', async () => {
  const { bench, answer } = slowFirst({ type: 'number', lease: { maxMs: 60_000, safe: 0 } });
  void bench.ask(1);
  const more = bench.ask(2);
  bench.guard.release(rule());
  assert.equal((await more).refusal, 'overtaken');
  answer();
  await bench.pass(1);
  assert.deepEqual(bench.sentValues, [1, 0]);
});

test('what a rule writes at its end goes after the safe value of its lease', async () => {
  const { bench, answer } = slowFirst({ type: 'number', lease: { maxMs: 60_000, safe: 0 } });
  void bench.ask(1);
  bench.guard.release(rule());
  void bench.ask(3);
  answer();
  await bench.pass(1);
  assert.deepEqual(bench.sentValues, [1, 0, 3]);
});

test('a changed tag refuses what waits for it', async () => {
  const { bench } = slowFirst({ type: 'number', range: [0, 10] });
  void bench.ask(1);
  const waiting = bench.ask(2);
  await bench.reconfigure({ type: 'number', range: [0, 1] });
  assert.equal((await waiting).refusal, 'changed');
  assert.deepEqual(bench.sentValues, [1]);
});
