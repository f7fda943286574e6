import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { ActuatorLoop } from '#edge/actions.ts';
import { ManualClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Action, ActionResult, ActuatorDef, Deps } from '#plugin/api.ts';
import { notSent } from '#plugin/not-sent.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A loop whose actuator does with each action what the test says; the numbers are ids of actions. */
function loopOf(act: (action: Action, signal: AbortSignal) => ActionResult | Promise<ActionResult>) {
  const clock = new ManualClock();
  const begun: number[] = [];
  const told: string[] = [];
  const def: ActuatorDef = {
    kind: 'scripted',
    config: z.any(),
    action: z.any(),
    open: async () => ({
      act: (action, signal) => {
        begun.push(action.id);
        return act(action, signal);
      },
      async [Symbol.asyncDispose]() {},
    }),
  };
  const loop = new ActuatorLoop(
    'a',
    def,
    {},
    {
      clock,
      log: quiet,
      deps: {} as Deps,
      asked: ({ id }) => told.push(`intent ${id}`),
      done: ({ id }, { state }) => told.push(`${state} ${id}`),
    },
  );
  loop.start();
  return { clock, begun, told, loop };
}

test('each action is recorded when it is asked for and when it has ended', async () => {
  const { loop, told } = loopOf(async ({ id }) => ({ state: id === 2 ? 'failed' : 'done' }));
  for (let i = 0; i < 3; i++) loop.send({}, 'rule');
  await until('all ended', () => told.length === 6);
  assert.deepEqual(told, ['intent 1', 'intent 2', 'intent 3', 'done 1', 'failed 2', 'done 3']);
  await loop[Symbol.asyncDispose]();
});

test('results that need no waiting are told in order, and what is thrown at once ends one action only', async () => {
  const { loop, told } = loopOf(({ id }) => {
    if (id === 3) throw new Error('broken');
    return id === 5 ? Promise.resolve({ state: 'done' }) : { state: 'done' };
  });
  for (let i = 0; i < 2; i++) loop.send({}, 'rule');
  await until('both ended', () => told.length === 4);
  assert.deepEqual(told, ['intent 1', 'intent 2', 'done 1', 'done 2']);
  for (let i = 0; i < 4; i++) loop.send({}, 'rule');
  await until('all ended', () => told.length === 12);
  assert.deepEqual(new Set(told.slice(8)), new Set(['unknown 3', 'done 4', 'done 5', 'done 6']));
  await loop[Symbol.asyncDispose]();
});

test('slow actions hold back no others, up to four at once, begun in their order', async () => {
  const answers = new Map<number, () => void>();
  const { loop, begun, told } = loopOf(
    ({ id }) => new Promise((resolve) => answers.set(id, () => resolve({ state: 'done' }))),
  );
  for (let i = 0; i < 6; i++) loop.send({}, 'rule');
  await until('four are under way', () => begun.length === 4);
  assert.equal(loop.status.waiting, 6);
  answers.get(3)?.();
  await until('the fifth has begun', () => begun.length === 5);
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
  assert.deepEqual(told.slice(6), ['done 3']);
  for (const id of [1, 2, 4, 5]) answers.get(id)?.();
  await until('the sixth has begun', () => begun.length === 6);
  answers.get(6)?.();
  await loop[Symbol.asyncDispose]();
});

test('an action that may have left is never given again', async () => {
  const { clock, loop, begun, told } = loopOf(async () => {
    throw new Fault('some.fault', 'the line broke');
  });
  loop.send({}, 'rule');
  await until('it has ended', () => told.length === 2);
  await clock.advance(5000);
  assert.deepEqual([begun, told], [[1], ['intent 1', 'unknown 1']]);
  await loop[Symbol.asyncDispose]();
});

test('an action of which nothing was sent is given again, in its place, until its time is over', async () => {
  let isUp = false;
  const { clock, loop, begun, told } = loopOf(async () => {
    if (!isUp) throw notSent(new Fault('mqtt.unreachable', 'no broker'));
    return { state: 'done' };
  });
  loop.send({}, 'rule');
  await until('it was tried', () => begun.length === 1);
  loop.send({}, 'rule');
  isUp = true;
  await until('both are done', async () => {
    await clock.advance(100);
    return told.length === 4;
  });
  assert.deepEqual(begun, [1, 1, 2]);
  isUp = false;
  let why: string | undefined;
  loop.send({}, 'rule', ({ reason }) => {
    why = reason;
  });
  await until('its time is over', async () => {
    await clock.advance(1000);
    return told.length === 6;
  });
  assert.deepEqual(told.slice(4), ['intent 3', 'failed 3']);
  assert.equal(why, 'no broker', 'what kept it from being sent is told, and not that time went by');
  await loop[Symbol.asyncDispose]();
});

test('at the end of the site nothing goes without a record, and an actuator that hangs does not hold it up', async () => {
  const { clock, loop, begun, told } = loopOf(() => new Promise(() => {}));
  for (let i = 0; i < 5; i++) loop.send({}, 'rule');
  await until('four are under way', () => begun.length === 4);
  const closing = loop[Symbol.asyncDispose]();
  await clock.advance(5000);
  await closing;
  loop.send({}, 'rule');
  assert.deepEqual(told.slice(5), [
    'failed 5',
    'unknown 1',
    'unknown 2',
    'unknown 3',
    'unknown 4',
    'intent 6',
    'failed 6',
  ]);
});

test('more actions than can wait have failed at once', async () => {
  const { clock, loop, told } = loopOf(() => new Promise(() => {}));
  for (let i = 0; i < 1001; i++) loop.send({}, 'rule');
  assert.equal(told.at(-1), 'failed 1001');
  const closing = loop[Symbol.asyncDispose]();
  await clock.advance(5000);
  await closing;
});
