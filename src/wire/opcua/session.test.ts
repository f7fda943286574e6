import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { systemClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { listener } from '#test/crash/dead-peers.ts';
import { startRich } from '#test/opcua/rich-server.ts';
import { TestTrust } from '#test/opcua/rig.ts';
import { connectionFields } from './config.ts';
import { openSession } from './session.ts';

test('silent addresses hide none behind them, however little time an opening has', async (t) => {
  await using server = await startRich();
  using trust = new TestTrust();
  const silent = await listener(t, () => {});
  const mute = ['a', 'b', 'c'].map((path) => `opc.tcp://127.0.0.1:${silent}/${path}`);
  const connection = z.strictObject(connectionFields).parse({
    url: mute[0],
    alternatives: [...mute.slice(1), server.url],
    security: { mode: 'none' },
    connectTimeoutMs: 1500,
  });
  const applicationUri = 'urn:holdfast:test';
  const { uri: _, ...identity } = await trust.store.identity({
    protocol: 'opcua',
    commonName: 'test',
    uri: applicationUri,
  });
  const options = {
    connection,
    clientName: 'test',
    applicationUri,
    password: undefined,
    identity,
    judge: () => 'trusted' as const,
    clock: systemClock(),
  };
  const faults: Fault[] = [];
  let url: string | undefined;
  // An opening has time for one silent address and the beginning of another.
  while (url === undefined && faults.length < 6) {
    try {
      await using session = await openSession(options, AbortSignal.timeout(2500));
      url = session.url;
    } catch (error) {
      assert.ok(error instanceof Fault, String(error));
      faults.push(error);
    }
  }
  assert.equal(url, server.url, String(faults));
  assert.ok(faults.length > 0);
  for (const { code, hint, message } of faults) {
    assert.deepEqual([code, hint !== undefined], ['opcua.timeout', true]);
    assert.match(message, /127\.0\.0\.1/);
  }
});
