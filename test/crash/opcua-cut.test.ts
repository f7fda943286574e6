import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Line } from '#test/opcua/line.ts';
import { certificateFolder, freePort, ServerProcess } from '#test/opcua/peer.ts';
import { type Kept, keepOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { forget, stays, type Use, use } from './opcua-use.ts';

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
