import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTUAL, Bench, operator, PUMP, remote, rule } from '#guard/fixture.ts';
import type { WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';

const lease = { maxMs: 1000, safe: 50 };

test('a lease that runs out writes the safe value, once', async () => {
  const bench = new Bench({ lease });
  await bench.ask(10, { leaseMs: 400 });
  assert.equal(bench.guard.nextUs, bench.clock.steadyUs() + 400_000);
  await bench.pass(399);
  assert.deepEqual(bench.sentValues, [10]);
  await bench.pass(1);
  assert.deepEqual(bench.sentValues, [10, 50]);
  assert.deepEqual(bench.sent[1]?.by, { kind: 'lease', name: 'bearing' });
  assert.match(bench.sent[1]?.why ?? '', /rule bearing ran out/);
  await bench.pass(10_000);
  assert.equal(bench.sent.length, 2);
  assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
});

test('a lease is renewed when its holder writes again, and lasts the longest time allowed when none is asked', async () => {
  const bench = new Bench({ lease });
  await bench.ask(10, { leaseMs: 400 });
  await bench.pass(300);
  await bench.ask(10);
  await bench.pass(999);
  assert.deepEqual(bench.sentValues, [10, 10]);
  await bench.pass(1);
  assert.deepEqual(bench.sentValues, [10, 10, 50]);
});

test('given back, a lease ends at once; the leases of others stay', async () => {
  const bench = new Bench({ lease }, null, [{ lease }]);
  const other = bench.table.number(`${PUMP}/other0`);
  await bench.ask(10);
  await bench.ask(20, { tag: other, by: rule('other') });
  bench.guard.release(rule());
  assert.deepEqual(bench.sentValues, [10, 20, 50]);
  assert.equal(bench.sent[2]?.tag, bench.tags.speed);
  assert.match(bench.sent[2]?.why ?? '', /given back/);
});

test('given back while a write is not answered yet, the safe value follows the answer', async () => {
  const bench = new Bench({ lease });
  const device = Promise.withResolvers<{ state: 'sent' }>();
  bench.answer = () => device.promise;
  const write = bench.ask(10);
  bench.guard.release(rule());
  bench.guard.advance(bench.clock.steadyUs());
  assert.deepEqual(bench.sentValues, [10]);
  device.resolve({ state: 'sent' });
  await write;
  await bench.pass(0);
  assert.deepEqual(bench.sentValues, [10, 50]);
});

test('a value that never got there is not held, though its rule asked again while it was on its way', async () => {
  const bench = new Bench({ lease });
  const device = Promise.withResolvers<WriteResult>();
  bench.answer = () => device.promise;
  const writes = [bench.ask(10, { leaseMs: 400 }), bench.ask(10, { leaseMs: 900 })];
  device.resolve({ state: 'failed', reason: 'no such register' });
  assert.deepEqual(
    (await Promise.all(writes)).map(({ state }) => state),
    ['failed', 'failed'],
  );
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(20, { by: rule('other') })).state, 'sent');
});

test('an operator takes a lease over, and that is recorded; a rule and a remote writer cannot', async () => {
  const bench = new Bench({ lease, remote: true });
  bench.remoteWrites = true;
  bench.guard.setMode(PUMP, 'remote', 'ada');
  await bench.ask(10);
  assert.equal((await bench.ask(20, { by: rule('other') })).refusal, 'lease');
  assert.equal((await bench.ask(20, { by: remote() })).refusal, 'lease');
  assert.equal((await bench.ask(20, { by: operator() })).state, 'sent');
  const intent = bench.records.findLast(([name]) => name === 'intent');
  assert.match(intent?.[1].reason ?? '', /takes over the lease of rule bearing/);
  assert.equal((await bench.ask(30)).refusal, 'lease');
  bench.guard.release(rule());
  assert.deepEqual(bench.sentValues, [10, 20]);
});

test('the safe value passes interlock, step and rate', async () => {
  const bench = new Bench({ lease, interlock: 'running', maxStep: 1, ratePerS: 1 });
  bench.see([
    [bench.tags.running, true],
    [bench.tags.speed, 10],
  ]);
  await bench.ask(11, { leaseMs: 100 });
  bench.see([[bench.tags.running, false]]);
  await bench.pass(100);
  assert.deepEqual(bench.sentValues, [11, 50]);
});

const blocks: [string, (bench: Bench) => void, string][] = [
  ['tagged out', (b) => b.guard.tagOut(PUMP, 'bo', 'coupling'), 'tag-out'],
  ['out of service', (b) => b.guard.setMode(PUMP, 'outOfService', 'bo'), 'mode'],
];
for (const [what, block, refusal] of blocks) {
  test(`when the asset is ${what} its leases end, recorded, and nothing is written then or later`, async () => {
    const bench = new Bench({ lease });
    await bench.ask(10);
    block(bench);
    assert.equal(bench.story.at(-1), `refused: ${refusal}`);
    assert.deepEqual(bench.records.at(-1)?.[1].by, { kind: 'lease', name: 'bearing' });
    bench.guard.setMode(PUMP, 'local', 'bo');
    await bench.pass(5000);
    assert.deepEqual(bench.sentValues, [10]);
  });
}

test('a write that the device did not take gives the lease back to whom it belonged', async () => {
  const bench = new Bench({ lease });
  bench.answer = async () => ({ state: 'failed', reason: 'no' });
  await bench.ask(10);
  assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
  bench.answer = async () => ({ state: 'sent' });
  await bench.ask(10);
  bench.answer = async () => ({ state: 'failed', reason: 'no' });
  await bench.ask(20, { by: operator() });
  assert.equal((await bench.ask(30, { by: rule('other') })).refusal, 'lease');
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(30)).state, 'sent');
});

test('a safe value that does not get through is owed and tried again, ever more slowly', async () => {
  const bench = new Bench({ lease });
  await bench.ask(10, { leaseMs: 100 });
  bench.answer = () => Promise.reject(new Fault('edge.source-down', 'not connected'));
  await bench.pass(100);
  assert.equal(bench.sent.length, 2);
  const pauses: number[] = [];
  for (let n = 0; n < 8; n++) {
    const pauseMs = (bench.guard.nextUs - bench.clock.steadyUs()) / 1000;
    pauses.push(pauseMs);
    await bench.pass(pauseMs);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  bench.answer = async () => ({ state: 'sent' });
  await bench.pass(60_000);
  assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
  assert.equal(new Set(bench.sent.map((command) => command.id)).size, bench.sent.length);
});

test('a safe value that is owed gives way to whoever writes next', async () => {
  const bench = new Bench({ lease, feedback: { tag: ACTUAL, tolerance: 0, withinMs: 100 } });
  void bench.ask(10, { leaseMs: 100 });
  await bench.pass(100);
  await bench.pass(100);
  assert.deepEqual(bench.sentValues, [10, 50]);
  await bench.pass(1);
  void bench.ask(30, { by: rule('other') });
  await bench.pass(0);
  bench.see([[ACTUAL, 30]]);
  assert.equal(bench.story.at(-1), 'confirmed');
  await bench.pass(900);
  assert.deepEqual(bench.sentValues, [10, 50, 30]);
});

test('leases, modes and tag-outs survive a restart; what ran out meanwhile ends at the first advance', async () => {
  const bench = new Bench({ lease }, null, [{ lease }]);
  const other = bench.table.number(`${PUMP}/other0`);
  await bench.ask(10, { leaseMs: 100 });
  await bench.ask(20, { tag: other });
  const again = new Bench({ lease }, JSON.parse(JSON.stringify(bench.saved)), [{ lease }]);
  await again.clock.advance(500);
  assert.equal(again.sent.length, 0);
  again.guard.advance(again.clock.steadyUs());
  assert.deepEqual(
    again.sent.map(({ tag, value }) => [tag, value]),
    [[again.tags.speed, 50]],
  );
  await again.pass(499);
  assert.equal(again.sent.length, 1);
  await again.pass(1);
  assert.deepEqual(again.sentValues, [50, 50]);

  again.guard.setMode('hall', 'remote', 'ada');
  again.guard.tagOut(PUMP, 'bo', 'coupling');
  const third = new Bench({ lease }, JSON.parse(JSON.stringify(again.saved)));
  assert.deepEqual(third.guard.assets(), [
    { asset: PUMP, mode: 'remote', modeFrom: 'hall', tagOut: { by: 'bo', why: 'coupling', from: PUMP } },
  ]);
  assert.equal((await third.ask(1)).refusal, 'tag-out');
});

test('a kept lease of a tag that can no longer be leased is forgotten', async () => {
  const bench = new Bench({ lease });
  await bench.ask(10);
  const again = new Bench({}, bench.saved);
  await again.pass(5000);
  assert.equal(again.sent.length, 0);
});
