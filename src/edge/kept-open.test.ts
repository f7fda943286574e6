import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptOpen } from '#edge/kept-open.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Fault } from '#kernel/fault.ts';
import { opcua } from '#sources/opcua/opcua.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A peer that never answers. @returns steady ms at which each opening was given up */
async function givenUp(openMs: number | undefined, forMs: number): Promise<number[]> {
  const clock = new ManualClock();
  const startUs = clock.steadyUs();
  const ends: number[] = [];
  await using kept = new KeptOpen<AsyncDisposable>({
    what: 'source',
    id: 's',
    clock,
    log: quiet,
    open: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    openMs: () => openMs,
    serve: async () => {},
    lost: (_: Fault) => ends.push((clock.steadyUs() - startUs) / 1000),
  });
  kept.start();
  for (let ms = 0; ms < forMs; ms += 1000) await clock.advance(1000);
  return ends;
}

test('opening takes as long as its definition grants, otherwise 15 s', async () => {
  assert.deepEqual(await givenUp(undefined, 15_500), [15_000]);
  assert.deepEqual(await givenUp(40_000, 41_000), [40_000]);
});

test('an OPC UA server gets the time that connectTimeoutMs asks for', () => {
  const granted = (connectTimeoutMs?: number) =>
    opcua.openMs?.(opcua.config.parse({ url: 'opc.tcp://10.0.0.7', connectTimeoutMs }));
  // And twenty requests at a hundred a second, which it may be asked at most.
  assert.deepEqual([granted(), granted(500), granted(40_000)], [15_200, 15_200, 120_200]);
});
