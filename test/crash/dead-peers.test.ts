import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Fault } from '#kernel/fault.ts';
import { sparkplug } from '#sources/sparkplug/sparkplug.ts';
import { hostDeps, metric } from '#test/interop/sparkplug-site.ts';
import { startRich } from '#test/opcua/rich-server.ts';
import { openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { deadPorts } from './dead-peers.ts';

/*
 * The pauses between openings grow to half a minute: what one leaves behind would show after days. So sources are
 * opened here without any pause, as the supervisor does, several hundred times.
 */
const SETTLED = 12;
const ROUNDS = 45;
/** Bytes that the heap may grow by for each opening, for what is compiled meanwhile; a client of OPC UA is some 100 kB. */
const MOST_AN_OPENING = 10_000;

interface Use {
  readonly heap: number;
  readonly resources: number;
}

function use(): Use {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, resources: process.getActiveResourcesInfo().length };
}

type Opening = (signal: AbortSignal) => Promise<AsyncDisposable>;

/** Opens each again and again; every opening must fail with a fault that may pass and says what to do. */
async function flat(t: TestContext, openings: { readonly [how: string]: Opening }): Promise<void> {
  const rounds = async (count: number) => {
    const lane = async ([how, open]: readonly [string, Opening]) => {
      for (let i = 0; i < count; i++) {
        const error = await open(new AbortController().signal).then(
          (source) => source,
          (error: unknown) => error,
        );
        assert.ok(error instanceof Fault && error.retry !== 'never', `${how}: ${error}`);
        assert.ok(error.message && error.hint, `${how}: ${error.message}, ${error.hint}`);
      }
    };
    await Promise.all(Object.entries(openings).map(lane));
  };
  await rounds(SETTLED);
  const ways = Object.keys(openings).length;
  const before = use();
  await rounds(ROUNDS);
  const after = use();
  t.diagnostic(
    `${before.heap} B became ${after.heap} B; ${before.resources} became ${after.resources} handles`,
  );
  assert.ok(
    after.heap - before.heap < ROUNDS * ways * MOST_AN_OPENING,
    `the heap grew: ${JSON.stringify([before, after])}`,
  );
  assert.ok(after.resources <= before.resources + ways, JSON.stringify([before, after]));
}

test('hundreds of openings of dead OPC UA servers leave nothing behind', async (t) => {
  using trust = new TestTrust();
  await using secured = await startRich({ secured: true });
  const config = { connectTimeoutMs: 100 };
  const tags = { a: { at: { path: 'Plant/Line1/Counter0' } } };
  const openings: { [how: string]: Opening } = {
    // Nobody has said that its certificate is trusted.
    waiting: (signal) =>
      openOpcua({
        trust: trust.store,
        signal,
        config: { ...config, connectTimeoutMs: 5000, url: secured.url, security: {} },
        tags,
      }),
  };
  for (const [how, port] of Object.entries(await deadPorts(t))) {
    const url = `opc.tcp://127.0.0.1:${port}`;
    openings[how] = (signal) => openOpcua({ trust: trust.store, signal, config: { ...config, url }, tags });
  }
  await flat(t, openings);
});

test('hundreds of openings of dead Sparkplug brokers leave nothing behind', async (t) => {
  const openings: { [how: string]: Opening } = {};
  for (const [how, port] of Object.entries(await deadPorts(t))) {
    const url = `mqtt://127.0.0.1:${port}`;
    const config = sparkplug.config.parse({ url, hostId: 'site', connectTimeoutMs: 100 });
    openings[how] = (signal) => sparkplug.open(config, hostDeps([metric('a/temp', 'Temp')]), signal);
  }
  await flat(t, openings);
});
