import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, operator, remote, rule } from '#guard/fixture.ts';

function shadow(
  limits: ConstructorParameters<typeof Bench>[0],
  snapshot?: ConstructorParameters<typeof Bench>[1],
) {
  const bench = new Bench(limits, snapshot);
  bench.shadow = true;
  return bench;
}

for (const by of [rule(), operator()]) {
  test(`a shadow sends nothing of what a ${by.kind} asks and says that it is one`, async () => {
    const bench = shadow({});
    assert.equal((await bench.ask(5, { by })).refusal, 'shadow');
    await bench.pass(5000);
    assert.deepEqual([bench.sent.length, bench.story], [0, ['refused: shadow']]);
  });
}

test('a shadow records which limit would have refused', async () => {
  const bench = shadow({ range: [0, 10], maxStep: 2, interlock: 'running' });
  const refusals = async (value: number) => (await bench.ask(value)).refusal;
  assert.equal(await refusals(11), 'range');
  assert.equal(await refusals(5), 'interlock-unknown');
  bench.see([[bench.tags.running, true]]);
  assert.equal(await refusals(5), 'present-unknown');
  bench.see([[bench.tags.speed, 0]]);
  assert.equal(await refusals(5), 'step');
  assert.equal(await refusals(1), 'shadow');
  assert.equal((await bench.ask(1, { by: remote() })).refusal, 'remote-off');
});

test('a shadow needs no authority to say what it would have done', async () => {
  const bench = shadow({});
  bench.hasAuthority = false;
  assert.equal((await bench.ask(5)).refusal, 'shadow');
});

test('a lease of an earlier run is neither ended nor forgotten by a shadow', async () => {
  const lease = { maxMs: 1000, safe: 0 };
  const live = new Bench({ lease });
  await live.ask(5);
  const bench = shadow({ lease }, live.saved);
  assert.equal(bench.guard.nextUs, Number.POSITIVE_INFINITY);
  await bench.pass(5000);
  bench.guard.release(rule());
  assert.deepEqual([bench.sent.length, bench.records.length], [0, 0]);
  bench.shadow = false;
  await bench.pass(0);
  assert.deepEqual(bench.sentValues, [0]);
});

test('a shadow takes no lease', async () => {
  const bench = shadow({ lease: { maxMs: 1000, safe: 0 } });
  await bench.ask(5);
  bench.shadow = false;
  await bench.pass(5000);
  assert.deepEqual(bench.sentValues, []);
});
