import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { LoadMeter } from '#edge/load-meter.ts';
import { SourceLoop } from '#edge/source-loop.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import type { Deps, Source, SourceDef } from '#plugin/api.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A loop around a source that the test answers for. @param reconfigure what the source does; absent: it cannot */
async function running(reconfigure?: Source['reconfigure']) {
  const clock = new ManualClock();
  const opened: unknown[] = [];
  let closed = 0;
  let lost = 0;
  const writes: ((result: WriteResult) => void)[] = [];
  let fail = (_: Error): void => {};
  const def: SourceDef = {
    kind: 'scripted',
    config: z.any(),
    address: z.any(),
    secondSession: false,
    async open(config) {
      opened.push(config);
      return {
        read: (signal) =>
          new Promise((_, reject) => {
            fail = reject;
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
        write: () => new Promise((resolve) => writes.push(resolve)),
        ...(reconfigure && { reconfigure }),
        async [Symbol.asyncDispose]() {
          closed++;
        },
      };
    },
  };
  const deps = { points: [] } as unknown as Deps;
  const loop = new SourceLoop('s', def, 'first', {
    clock,
    log: quiet,
    deps,
    load: new LoadMeter(),
    accept() {},
    room: () => undefined,
    lost: () => lost++,
    downSinceUs: undefined,
    resumed() {},
  });
  loop.start();
  await clock.advance(0);
  const change = (config: unknown, anew = false) => loop.change({ config, deps, anew, stale: [] });
  const fails = (error: Error) => fail(error);
  return { clock, loop, opened, writes, change, fails, closed: () => closed, lost: () => lost };
}

const command = {} as Command;

test('a source that takes the change keeps its session', async () => {
  const taken: unknown[] = [];
  const { clock, opened, change, closed, loop } = await running(async (config) => {
    taken.push(config);
    return true;
  });
  change('second');
  await clock.advance(0);
  assert.deepEqual([opened, taken, closed()], [['first'], ['second'], 0]);
  await loop[Symbol.asyncDispose]();
});

test('one that cannot, or will not, or fails, is opened anew with the change', async () => {
  const fails = async () => {
    throw new Error('no');
  };
  for (const reconfigure of [undefined, async () => false, fails]) {
    const { clock, opened, change, closed, lost, loop } = await running(reconfigure);
    change('second');
    await clock.advance(0);
    assert.deepEqual([opened, closed(), lost()], [['first', 'second'], 1, 1]);
    assert.equal(loop.status.state, 'running');
    assert.equal(loop.status.opened, 2);
    await loop[Symbol.asyncDispose]();
  }
});

test('of changes that follow each other while one is under way the last one counts', async () => {
  const taken: unknown[] = [];
  const { clock, opened, change, loop } = await running(async (config) => {
    taken.push(config);
    await clock.sleep(100);
    return true;
  });
  for (const config of ['second', 'third', 'fourth']) change(config);
  await clock.advance(500);
  assert.deepEqual([opened, taken], [['first'], ['second', 'fourth']]);
  await loop[Symbol.asyncDispose]();
});

test('a source that never answers a change is opened anew', async () => {
  const { clock, opened, change, loop } = await running(() => new Promise(() => {}));
  change('second');
  await clock.advance(9000);
  assert.deepEqual(opened, ['first']);
  await clock.advance(2000);
  assert.deepEqual(opened, ['first', 'second']);
  await loop[Symbol.asyncDispose]();
});

test("a source on its way out that loses its peer says nothing of tags that may be another one's by now", async () => {
  const { clock, fails, loop, lost, opened } = await running();
  const retired = loop.retire(new Promise(() => {}));
  fails(new Error('the device hung up'));
  await clock.advance(2000);
  assert.deepEqual([lost(), opened], [0, ['first']]);
  await clock.advance(10_000);
  await retired;
  assert.equal(loop.status.state, 'closed');
});

test('writes under way end before a session is dropped, and before a source is removed', async () => {
  for (const drop of ['change', 'retire'] as const) {
    const { clock, change, closed, loop, writes } = await running();
    const written = loop.write(command, new AbortController().signal);
    const retired = drop === 'retire' ? loop.retire(Promise.resolve()) : change('second', true);
    await clock.advance(1000);
    assert.equal(closed(), 0, drop);
    writes[0]?.({ state: 'sent' });
    assert.deepEqual(await written, { state: 'sent' });
    await clock.advance(0);
    assert.equal(closed(), 1, drop);
    await retired;
    await loop[Symbol.asyncDispose]();
  }
});
