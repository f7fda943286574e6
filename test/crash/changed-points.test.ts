import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Point } from '#plugin/api.ts';
import type { Address } from '#sources/opcua/address.ts';
import { Config } from '#sources/opcua/config.ts';
import { sparkplug } from '#sources/sparkplug/sparkplug.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { startNode } from '#test/interop/sparkplug-peer.ts';
import { hostDeps, metric, openHost, pointOf, readUntil } from '#test/interop/sparkplug-site.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { openOpcua, pointsOf, QUICK, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

/* As `reloads.test.ts` does with a whole site: here for the protocols whose sessions know most about their points. */
const MOST_BYTES = 3e6;

function heap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}

/** Makes all the changes; the first ones show what is loaded once and kept. */
async function flat(changes: number, change: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < changes / 4; n++) assert.equal(await change(n), true);
  const before = heap();
  for (let n = changes / 4; n < changes; n++) assert.equal(await change(n), true);
  const after = heap();
  assert.ok(after - before < MOST_BYTES, `${before} bytes became ${after}`);
}

test('hundreds of changes of the points of an OPC UA session leave nothing behind, here or there', async () => {
  await using server = await ServerProcess.start({ everyMs: 50, variables: 30 });
  using trust = new TestTrust();
  const counter = (n: number) => ({ at: { path: `Plant/Line1/Counter${n}` } });
  const steady = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`c${n}`, counter(n)]));
  await using device = await openOpcua({ trust: trust.store, config: { url: server.url }, tags: steady });
  const config = Config.parse({ ...QUICK, url: server.url });
  const points = device.points as readonly Point<Address>[];
  const others = pointsOf(
    device.tags,
    Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`d${n}`, counter(5 + n)])),
  );
  const stop = new AbortController();
  const reading = (async () => {
    while (!stop.signal.aborted) {
      device.gather(await device.source.read(stop.signal));
      device.rows.splice(0, device.rows.length - 50);
    }
  })().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  await flat(280, async (n) =>
    device.source.reconfigure?.(config, [...points, ...others.slice(n % 20, (n % 20) + 3)]),
  );
  await until('only what is wanted is watched', async () => (await server.ask()).items === 5 + 1);
  const { count } = await server.ask();
  await until('values come', () => Number(device.last('c0')?.value) > count);
  stop.abort();
  await reading;
  const { sessions, subscriptions, sessionsEver, subscriptionsEver } = await server.ask();
  assert.deepEqual([sessions, subscriptions, sessionsEver, subscriptionsEver], [1, 1, 1, 1]);
  assert.deepEqual(device.gaps, []);
});

test('1,000 changes of the points of a Sparkplug host leave nothing behind', async () => {
  await using broker = await startMosquitto();
  const steady = [metric('a/temp', 'Temp')];
  const deps = hostDeps(steady);
  await using host = await openHost(broker.url, deps, { reorderMs: 50 });
  await using node = await startNode(broker.url);
  const metrics = Array.from({ length: 20 }, (_, n) => ({
    name: `M${n}`,
    type: 'Double' as const,
    value: n,
  }));
  await node.birth([{ name: 'Temp', type: 'Double', value: 1 }, ...metrics]);
  await readUntil(host, deps, ({ rows }) => rows.length > 0);
  const config = sparkplug.config.parse({ url: broker.url, hostId: 'site', reorderMs: 50 });
  const others = metrics.map(({ name }, n) => pointOf(deps, metric(`a/m${n}`, name)));
  await flat(1000, async (n) =>
    host.reconfigure?.(config as never, [...deps.points, ...others.slice(n % 20, (n % 20) + 3)]),
  );
  // Many tags are new each time: a node is asked for its birth all the same no more often than is allowed.
  await node.rebirthAsked(1);
  assert.ok(node.commands.length <= 2, `${node.commands.length} requests`);
  await node.data([{ name: 'Temp', type: 'Double', value: 2 }]);
  const { rows } = await readUntil(host, deps, (read) => read.rows.some(({ value }) => value === 2));
  assert.equal(rows.at(-1)?.quality, 'good');
});
