import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LightServer } from '#test/opcua/light-peer.ts';
import { Line } from '#test/opcua/line.ts';
import { certificateFolder, freePort, ServerProcess } from '#test/opcua/peer.ts';
import { type Kept, keepOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

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
  for (let kills = 0; kills < SERVER_KILLS; kills++) {
    // Now and then one more is killed while its session is being opened, or before that has begun.
    if (kills % EARLY === 0) {
      await using _ = await LightServer.start(port);
      await sleep(Math.random() * LIFE_MS);
    }
    await using server = await LightServer.start(port);
    const isBack = (path: string) => source.last(path)?.value === server.pid;
    await until(`values after kill ${kills}`, () => isBack('a') && isBack('b'), 30_000);
    assert.equal((await server.report()).sessions, 1, 'no session beside the one that is read');
    // What is loaded once and kept is there after the first ones.
    if (kills === 10) before = use();
    await sleep(Math.random() * LIFE_MS);
    await server.kill();
    forget(source);
  }
  await using last = await LightServer.start(port);
  await until('values in the end', () => source.last('a')?.value === last.pid, 30_000);
  const { sessions, connections } = await last.report();
  assert.deepEqual([sessions, connections], [1, 1]);
  stays(before as Use, use(), 1);
});

/*
 * A whole server takes two seconds to start. So its process is killed twice, under all lanes at once, and in between
 * each lane loses its connection at random moments, half of them while it is being opened.
 */
const LANES = 8;
const KILLS = 2;
const CUTS = 12;

test('many sources that lose their connections and their server are each read again, by the same process', async () => {
  const certificates = await certificateFolder();
  const port = await freePort();
  const options = { port, certificates, everyMs: 20, variables: 5, maxSessions: 500 };
  using trust = new TestTrust();
  let server = await ServerProcess.start(options);
  await using lines = new AsyncDisposableStack();
  try {
    const lanes: Lane[] = [];
    for (let i = 0; i < LANES; i++) {
      const line = lines.use(await Line.to(port));
      lanes.push({ line, source: lines.use(keep(trust, line)) });
    }
    await Promise.all(lanes.map(alive));
    let settled: Use | undefined;
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.all(lanes.map((lane) => cutOff(lane, CUTS / KILLS)));
      await server.kill();
      server = await ServerProcess.start(options);
      await Promise.all(lanes.map(alive));
      // What is loaded once and kept is there after the first round.
      settled ??= use();
    }
    stays(settled as Use, use(), LANES);
  } finally {
    await lines.disposeAsync();
    await server[Symbol.asyncDispose]();
    await rm(certificates, { recursive: true, force: true });
  }
});

interface Lane {
  readonly line: Line;
  readonly source: Kept;
}

const keep = (trust: TestTrust, { port }: Line): Kept =>
  keepOpcua({
    trust: trust.store,
    hurry: 3,
    config: { url: `opc.tcp://127.0.0.1:${port}/test`, sessionTimeoutMs: 5000 },
    tags: { a: { at: { path: 'Plant/Line1/Counter0' } }, b: { at: { node: 'ns=1;i=10001' } } },
  });

async function cutOff(lane: Lane, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    if (i % 2 === 0) await alive(lane);
    await sleep(Math.random() * 100);
    lane.line.cut();
  }
  await alive(lane);
}

/** Good values that arrived after this was asked, of both tags. */
async function alive({ source }: Lane): Promise<void> {
  forget(source);
  const fresh = (name: string) => source.rows.some(({ path, quality }) => path === name && quality === 0);
  await until(`rows again after ${source.faults.at(-1)?.message}`, () => fresh('a') && fresh('b'), 30_000);
}

/** What the test keeps is not what it measures. */
function forget(source: Kept): void {
  source.rows.length = 0;
  source.gaps.length = 0;
  source.events.length = 0;
  source.requests.length = 0;
  source.faults.splice(0, source.faults.length - 1);
}

function stays(before: Use, after: Use, lanes: number): void {
  assert.ok(after.heap < before.heap + 12e6, `${before.heap} became ${after.heap} bytes`);
  assert.ok(after.resources <= before.resources + 2 * lanes + 2, JSON.stringify([before, after]));
}

interface Use {
  readonly heap: number;
  readonly resources: number;
}

function use(): Use {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  return { heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length };
}
