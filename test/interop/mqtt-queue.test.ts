import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { Source } from '#plugin/api.ts';
import { SETTLE_MS } from '#sources/mqtt/intake.ts';
import { startMosquitto } from './mosquitto.ts';
import { startLine } from './mqtt-line.ts';
import { brief, command, openSource, type Row, rowsOf, type TestDeps, take, testDeps } from './mqtt-site.ts';

const soon = () => AbortSignal.timeout(8000);

/**
 * Reads until rows come that are no history. With a probe, its value is published again each time that it came as
 * history: never before, so that none is left over, and always then, so that there is something to wait for.
 * @returns rows of history, then the others
 */
async function untilLive(
  source: Source,
  deps: TestDeps,
  probe?: { value: number; publish: () => Promise<void> },
) {
  const late: Row[] = [];
  let isUnderWay = false;
  for (;;) {
    if (probe && !isUnderWay) await probe.publish();
    isUnderWay = true;
    const { batch, settled } = await source.read(soon());
    settled?.('durable');
    const rows = rowsOf(batch, deps.table);
    if (!batch.late && rows.length > 0) return { late, live: rows };
    late.push(...rows);
    isUnderWay = !rows.some(({ value }) => value === probe?.value);
  }
}

/** The real clock, but that the wait after the queue ends when the test says so: how quick a machine is decides no order. */
function patientClock(): Clock & { readonly goOn: () => void } {
  const clock = systemClock();
  const released = Promise.withResolvers<void>();
  return {
    ...clock,
    goOn: released.resolve,
    sleep: (ms, signal) => (ms === SETTLE_MS ? released.promise : clock.sleep(ms, signal)),
  };
}

for (const version of [4, 5]) {
  test(`what the broker kept is history, what comes then is live again, MQTT ${version}`, async () => {
    await using broker = await startMosquitto();
    const clock = patientClock();
    const points = [
      { path: 'a/x', address: { topic: 'x' } },
      { path: 'a/door', type: 'text', address: { topic: 'door' } },
      { path: 'a/fast', address: { topic: 'fast', qos: 0 } },
    ] as const;
    const deps = { ...testDeps(points), clock };
    const config = { url: broker.url, version, clientId: 'edge' };
    await (await openSource(config, deps))[Symbol.asyncDispose]();
    await broker.pub('-q', '1', '-t', 'door', '-m', 'shut');
    await broker.pub('-q', '1', '-t', 'door', '-m', 'open');
    // More than the 20 that this broker has under way at once.
    for (let i = 1; i <= 45; i++) await broker.pub('-q', '1', '-t', 'x', '-m', `${i}`);
    await using source = await openSource(config, deps);
    await broker.pub('-t', 'fast', '-m', '1');
    const fast = await untilLive(source, deps);
    assert.deepEqual(brief(fast.live), [['a/fast', 1]], 'QoS 0 is never queued');
    const { late, live } = await untilLive(source, deps, {
      value: 1000,
      publish: () => broker.pub('-q', '1', '-t', 'x', '-m', '1000'),
    });
    const history = [...fast.late, ...late];
    assert.deepEqual(brief(history).slice(0, 2), [
      ['a/door', 'shut'],
      ['a/door', 'open'],
    ]);
    assert.deepEqual(
      history.slice(2, 47).map(({ value }) => value),
      Array.from({ length: 45 }, (_, i) => i + 1),
    );
    assert.deepEqual(brief(live), [['a/x', 1000]]);
    // Only the queue spoke of the door: its last known value comes once, as such.
    clock.goOn();
    const door = await untilLive(source, deps);
    assert.deepEqual(
      door.live.map(({ tag, value, quality }) => [tag, value, quality]),
      [['a/door', 'open', 'uncertainLastUsable']],
    );
    assert.deepEqual(door.late, []);
  });
}

test('steady traffic is live again within seconds although the queue is confirmed slowly', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  const config = { url: broker.url, clientId: 'edge' };
  await (await openSource(config, deps))[Symbol.asyncDispose]();
  for (let i = 0; i < 25; i++) await broker.pub('-q', '1', '-t', 'x', '-m', '0');
  await using source = await openSource(config, deps);
  await using sender = await openSource(
    { url: broker.url, clientId: 'sender' },
    testDeps([{ path: 'a/x', access: 'write', address: { write: { topic: 'x' } } }]),
  );
  let stop = false;
  let sent = 0;
  const sending = (async () => {
    while (!stop) await sender.write?.(command(++sent), soon());
  })();
  const waiting: (() => void)[] = [];
  const commits = setInterval(() => {
    for (const settle of waiting.splice(0)) settle();
  }, 50);
  try {
    let rows = 0;
    for (;;) {
      const { batch, settled } = await source.read(soon());
      waiting.push(() => settled?.('durable'));
      rows += batch.rows;
      if (batch.late) continue;
      assert.ok(rows > 25, 'the whole queue came before');
      assert.ok((batch.value[0] as number) > 0);
      break;
    }
  } finally {
    stop = true;
    clearInterval(commits);
    for (const settle of waiting.splice(0)) settle();
    await sending;
  }
});

test('what was taken already is left out when it is sent again, and confirmed with what came before', async () => {
  await using broker = await startMosquitto();
  const stored = new Map<number, number>();
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x', path: 'v', timePath: 't', timeUnit: 's' } }]);
  deps.table.newestUs = (tag) => stored.get(tag) ?? 0;
  const config = { url: broker.url, clientId: 'edge' };
  await using line = await startLine(broker.port);
  const first = await openSource({ ...config, url: `mqtt://127.0.0.1:${line.port}` }, deps);
  const nowS = Math.floor(Date.now() / 1000);
  for (const t of [nowS - 2, nowS - 1, nowS]) {
    await broker.pub('-q', '1', '-t', 'x', '-m', `{"v":${t},"t":${t}}`);
  }
  await take(first, deps, 3, false);
  stored.set(0, (nowS - 1) * 1e6);
  line.cut();
  await assert.rejects(first.read(soon()), { code: 'mqtt.lost' });
  await first[Symbol.asyncDispose]();
  await using second = await openSource(config, deps);
  const { rows, deliveries } = await take(second, deps, 1, false);
  assert.deepEqual(brief(rows), [['a/x', nowS]]);
  assert.deepEqual(
    deliveries.map(({ batch, settled }) => [batch.late || batch.rows === 0, settled !== undefined]),
    deliveries.map(() => [true, true]),
  );
});

test('a retained message that comes behind newer ones is history', async () => {
  await using broker = await startMosquitto();
  await broker.pub('-q', '1', '-r', '-t', 'x', '-m', '1');
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  const config = { url: broker.url, clientId: 'edge' };
  {
    await using source = await openSource(config, deps);
    const { deliveries, rows } = await take(source, deps, 1);
    assert.deepEqual([rows[0]?.quality, deliveries[0]?.batch.late], ['uncertainLastUsable', false]);
  }
  await broker.pub('-q', '1', '-t', 'x', '-m', '2'); // not retained: what the broker keeps is older
  await using source = await openSource(config, deps);
  const { late, live } = await untilLive(source, deps);
  assert.deepEqual(late.map(({ value }) => value).sort(), [1, 2]);
  assert.deepEqual(
    live.map(({ value, quality }) => [value, quality]),
    [[2, 'uncertainLastUsable']],
  );
});
