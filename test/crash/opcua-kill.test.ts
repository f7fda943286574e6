import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LightServer } from '#test/opcua/light-peer.ts';
import { freePort } from '#test/opcua/peer.ts';
import { keepOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { forget, stays, type Use, use } from './opcua-use.ts';

const SERVER_KILLS = 100;
/** Longest life of a server after its values have come, and of one that is killed earlier. */
const LIFE_MS = 100;
/** One of so many is preceded by one that is killed earlier. */
const EARLY = 5;

test('a server that is killed a hundred times at random moments is read again each time, by the same process', async () => {
  const port = await freePort();
  using trust = new TestTrust();
  await using source = keepOpcua({
    trust: trust.store,
    hurry: 10,
    config: { url: `opc.tcp://127.0.0.1:${port}`, publishMs: 20, sessionTimeoutMs: 5000 },
    tags: { a: { at: { node: 'ns=1;i=1' } }, b: { at: { node: 'ns=1;i=2' } } },
  });
  let before: Use | undefined;
  let next = LightServer.load(port);
  const start = async () => {
    const server = await next;
    next = LightServer.load(port);
    await server.listen();
    return server;
  };
  for (let kills = 0; kills < SERVER_KILLS; kills++) {
    // Now and then one more is killed while its session is being opened, or before that has begun.
    if (kills % EARLY === 0) {
      await using _ = await start();
      await sleep(Math.random() * LIFE_MS);
    }
    await using server = await start();
    const isBack = (path: string) => source.last(path)?.value === server.pid;
    await until(`values after kill ${kills}`, () => isBack('a') && isBack('b'), 30_000);
    assert.equal((await server.report()).sessions, 1, 'no session beside the one that is read');
    // What is loaded once and kept is there after the first ones.
    if (kills === 10) before = use();
    await sleep(Math.random() * LIFE_MS);
    await server.kill();
    forget(source);
  }
  await using last = await start();
  await (await next).kill();
  await until('values in the end', () => source.last('a')?.value === last.pid, 30_000);
  const { sessions, connections } = await last.report();
  assert.deepEqual([sessions, connections], [1, 1]);
  stays(before as Use, use(), 1);
});
