import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteOutcome } from '#guard/api.ts';
import { ACTUAL, Bench, operator, PUMP, remote } from '#guard/fixture.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';

const feedback = { tag: ACTUAL, tolerance: 0.5, withinMs: 300 };
const hangs = () => new Promise<never>(() => {});

/** How a write ended, if it has by now. */
async function ended(write: Promise<WriteOutcome>): Promise<WriteOutcome | undefined> {
  return Promise.race([write, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
}

test('a write without a feedback tag is sent, though the device has echoed it', async () => {
  const bench = new Bench({});
  bench.answer = async () => ({ state: 'sent' });
  assert.equal((await bench.ask(5)).state, 'sent');
  assert.deepEqual(bench.story, ['intent', 'sent']);
});

test('a write of a rule leaves within the call and does not wait for the disk', () => {
  const bench = new Bench({});
  bench.durable = hangs;
  void bench.ask(5);
  assert.deepEqual(bench.sentValues, [5]);
  assert.deepEqual(bench.story, ['intent']);
});

for (const by of [operator(), remote()]) {
  test(`a write of kind ${by.kind} leaves only when its intent is durable`, async () => {
    const bench = new Bench({ remote: true });
    bench.remoteWrites = true;
    bench.guard.setMode(PUMP, 'remote', 'ada');
    const disk = Promise.withResolvers<void>();
    bench.durable = () => disk.promise;
    const write = bench.ask(5, { by });
    assert.equal(await ended(write), undefined);
    assert.deepEqual([bench.sent.length, bench.story], [0, ['intent']]);
    disk.resolve();
    assert.equal((await write).state, 'sent');
  });
}

test('an intent that cannot be made durable keeps the write from leaving', async () => {
  const bench = new Bench({});
  bench.durable = () => Promise.reject(new Fault('journal.disk-full', 'no space'));
  const outcome = await bench.ask(5, { by: operator() });
  assert.deepEqual([outcome.state, outcome.refusal, bench.sent.length], ['refused', 'not-durable', 0]);
});

test('a write that waits for the disk beyond its time to live is never sent, also not later', async () => {
  const bench = new Bench({ ttlMs: 100 });
  const disk = Promise.withResolvers<void>();
  bench.durable = () => disk.promise;
  const write = bench.ask(5, { by: operator() });
  assert.equal(bench.guard.nextUs, bench.clock.steadyUs() + 100_000);
  await bench.pass(100);
  assert.deepEqual([(await write).state, (await write).refusal], ['refused', 'expired']);
  disk.resolve();
  await bench.pass(1);
  assert.equal(bench.sent.length, 0);
});

test('the time to live is looked at once more when the disk is done, without any tick between', async () => {
  const bench = new Bench({ ttlMs: 100 });
  const disk = Promise.withResolvers<void>();
  bench.durable = () => disk.promise;
  const write = bench.ask(5, { by: operator() });
  await bench.clock.advance(101);
  disk.resolve();
  assert.deepEqual([(await write).refusal, bench.sent.length], ['expired', 0]);
});

test('what is forbidden while the intent goes to disk is not sent afterwards', async () => {
  const bench = new Bench({ interlock: 'running' });
  bench.see([[bench.tags.running, true]]);
  const disk = Promise.withResolvers<void>();
  bench.durable = () => disk.promise;
  const write = bench.ask(5, { by: operator() });
  bench.see([[bench.tags.running, false]]);
  disk.resolve();
  assert.deepEqual([(await write).refusal, bench.sent.length], ['interlock', 0]);
});

test('a good row of the feedback tag within the tolerance confirms', async () => {
  const bench = new Bench({ feedback });
  const write = bench.ask(5);
  await bench.pass(50);
  bench.see([[ACTUAL, 3]]);
  assert.equal(await ended(write), undefined);
  bench.see([[ACTUAL, 5.5]]);
  const { state, feedback: shown, tookMs } = await write;
  assert.deepEqual([state, shown, tookMs], ['confirmed', 5.5, 50]);
  assert.deepEqual(bench.story, ['intent', 'confirmed']);
});

test('a feedback that came before the answer of the source counts, one from before the write does not', async () => {
  const bench = new Bench({ feedback });
  bench.see([[ACTUAL, 5]]);
  const device = Promise.withResolvers<{ state: 'sent' }>();
  bench.answer = () => device.promise;
  const first = bench.ask(5);
  device.resolve({ state: 'sent' });
  assert.equal(await ended(first), undefined);
  await bench.pass(300);
  assert.equal((await first).state, 'unknown');

  const slow = Promise.withResolvers<{ state: 'sent' }>();
  bench.answer = () => slow.promise;
  const second = bench.ask(6);
  bench.see([[ACTUAL, 6]]);
  slow.resolve({ state: 'sent' });
  assert.equal((await second).state, 'confirmed');
});

const noEffects: [string, (bench: Bench) => void, RegExp][] = [
  ['nothing comes', () => {}, /no good feedback/],
  ['the feedback stays elsewhere', (b) => b.see([[ACTUAL, 4.4]]), /4\.4/],
  ['the feedback is bad', (b) => b.see([[ACTUAL, 5, Quality.badTimeout]]), /no good feedback/],
  ['the feedback is uncertain', (b) => b.see([[ACTUAL, 5, Quality.uncertainLastUsable]]), /no good feedback/],
  ['the feedback is history', (b) => b.see([[ACTUAL, 5]], true), /no good feedback/],
  ['only the written tag itself shows it', (b) => b.see([[b.tags.speed, 5]]), /no good feedback/],
];
for (const [when, given, says] of noEffects) {
  test(`a write is unknown once its time for feedback is over and ${when}`, async () => {
    const bench = new Bench({ feedback });
    const write = bench.ask(5);
    await bench.pass(299);
    given(bench);
    assert.equal(await ended(write), undefined);
    await bench.pass(1);
    assert.equal((await write).state, 'unknown');
    assert.match((await write).reason ?? '', says);
    assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
  });
}

test('a source that does not know is put right by the feedback', async () => {
  const bench = new Bench({ feedback });
  bench.answer = async () => ({ state: 'unknown', reason: 'time-out' });
  const write = bench.ask(5);
  await bench.pass(100);
  bench.see([[ACTUAL, 5]]);
  assert.equal((await write).state, 'confirmed');
  const lost = bench.ask(7);
  await bench.pass(1);
  await bench.pass(300);
  assert.equal((await lost).state, 'unknown');
  assert.match((await lost).reason ?? '', /time-out/);
});

test('what a device says no to has failed, what a source does not send is refused', async () => {
  const bench = new Bench({ feedback });
  bench.answer = async () => ({ state: 'failed', reason: 'illegal data address' });
  assert.deepEqual(
    [(await bench.ask(5)).state, (await bench.ask(5)).reason],
    ['failed', 'illegal data address'],
  );
  bench.answer = async () => ({ state: 'refused', reason: 'does not fit int16' });
  assert.equal((await bench.ask(5)).state, 'refused');
  bench.answer = () => Promise.reject(new Fault('edge.source-down', 'not connected'));
  const down = await bench.ask(5);
  assert.deepEqual([down.state, down.refusal, down.reason], ['refused', 'source-down', 'not connected']);
  bench.answer = () => {
    throw new Error('broken');
  };
  const broken = bench.ask(5);
  await bench.pass(1);
  await bench.pass(300);
  assert.equal((await broken).state, 'unknown');
});

test('a source that hangs beyond the time to live is aborted, and the write is unknown', async () => {
  const bench = new Bench({ ttlMs: 200 });
  bench.answer = hangs;
  const write = bench.ask(5);
  await bench.pass(199);
  assert.equal(bench.signals[0]?.aborted, false);
  await bench.pass(1);
  assert.equal(bench.signals[0]?.aborted, true);
  assert.equal(await ended(write), undefined);
  await bench.pass(100);
  assert.equal((await write).state, 'unknown');
  assert.equal(bench.sent.length, 1);
});

test('a source that answers the abort has the last word', async () => {
  const bench = new Bench({ ttlMs: 200 });
  bench.answer = () =>
    new Promise((resolve) => {
      bench.signals[0]?.addEventListener('abort', () =>
        resolve({ state: 'refused', reason: 'still queued' }),
      );
    });
  const write = bench.ask(5);
  await bench.pass(200);
  assert.deepEqual([(await write).state, (await write).reason], ['refused', 'still queued']);
});

test('a second write of a person to a tag is busy until the first is answered', async () => {
  const bench = new Bench({});
  const device = Promise.withResolvers<{ state: 'sent' }>();
  bench.answer = () => device.promise;
  const first = bench.ask(5);
  assert.equal((await bench.ask(6, { by: operator() })).refusal, 'busy');
  assert.equal((await bench.ask(5, { by: operator() })).refusal, 'busy');
  device.resolve({ state: 'sent' });
  await first;
  assert.equal((await bench.ask(6, { by: operator() })).state, 'sent');
});

test('a rule that asks once more for what is on its way joins that write', async () => {
  const bench = new Bench({ feedback });
  const first = bench.ask(5);
  await bench.pass(10);
  const again = bench.ask(5);
  bench.see([[ACTUAL, 5]]);
  assert.equal((await again).id, (await first).id);
  assert.deepEqual(bench.sentValues, [5]);
});

test('a rule may write again what was confirmed, for the device may have been set by hand', async () => {
  const bench = new Bench({});
  await bench.ask(5);
  await bench.ask(5);
  assert.deepEqual(bench.sentValues, [5, 5]);
});

test('a newer write takes over from one whose effect is still awaited', async () => {
  const bench = new Bench({ feedback });
  const first = bench.ask(5);
  await bench.pass(10);
  const second = bench.ask(6, { by: operator() });
  assert.equal((await first).state, 'unknown');
  await bench.pass(10);
  bench.see([[ACTUAL, 6]]);
  assert.equal((await second).state, 'confirmed');
});

test('writes on their way are bounded', async () => {
  const bench = new Bench(
    {},
    null,
    Array.from({ length: 1000 }, () => ({})),
  );
  bench.answer = hangs;
  const others = bench.table.size - 1000;
  for (let n = 0; n < 1000; n++) void bench.ask(1, { tag: others + n });
  assert.equal(bench.sent.length, 1000);
  assert.equal((await bench.ask(1)).refusal, 'busy');
});

test('ids ascend, also over a restart', async () => {
  const bench = new Bench({});
  const first = await bench.ask(1);
  const second = await bench.ask(2);
  assert.ok(second.id > first.id);
  await bench.pass(1);
  const again = new Bench({}, bench.saved, [], bench.clock);
  assert.ok((await again.ask(1)).id > second.id);
});
