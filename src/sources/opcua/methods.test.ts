import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Value } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { type Joined, join } from '#test/opcua/rich-client.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { loadLibrary } from '#wire/opcua/library.ts';
import { MethodCalls, type MethodTarget } from './methods.ts';

const clock = systemClock();
let server: RichServer;
let joined: Joined;
let methods: MethodCalls;
const trust = new TestTrust();
before(async () => {
  server = await startRich();
  joined = await join(server);
  methods = await callsWithin(5000);
});
after(async () => {
  await joined[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const callsWithin = async (ms: number) => new MethodCalls(joined.session, await loadLibrary(), clock, ms);

function call(
  name: string,
  raw: number | Value,
  more: Partial<MethodTarget> = {},
  by = methods,
): Promise<WriteResult> {
  const method = `ns=${server.plant.index};s=Machine.${name}`;
  return by.call({ method, ...more }, commandOf(raw), AbortSignal.timeout(8000));
}

const commandOf = (raw: number | Value, ttlMs = 60_000): Command => ({
  id: 1,
  tag: 0,
  value: raw,
  raw,
  by: { kind: 'operator', name: 'test' },
  why: 'test',
  deadlineUs: clock.steadyUs() + ttlMs * 1000,
});

const reached = (name: string) => server.plant.calls.filter(([method]) => method === name);

test('true calls a method without arguments, once', async () => {
  assert.deepEqual(await call('Start', true), { state: 'sent' });
  assert.equal(reached('Start').length, 1);
  const off = await call('Start', false);
  assert.equal(off.state, 'failed');
  assert.match(off.reason ?? '', /write true/);
  assert.equal(reached('Start').length, 1);
});

test('one value is the one argument, and a machine that refuses it says which and why', async () => {
  assert.deepEqual(await call('SetLimit', 42.5), { state: 'sent' });
  assert.deepEqual(reached('SetLimit').at(-1), ['SetLimit', 42.5]);
  assert.deepEqual(await call('SetLimit', 500), {
    state: 'refused',
    reason: 'BadInvalidArgument (limit: BadOutOfRange)',
  });
});

test('a structure gives several arguments by their names, in the types of the method, and its outputs are told', async () => {
  const result = await call('Mix', { batch: 2n ** 60n + 1n, recipe: 'Bread', parts: [1, 2, 3] });
  assert.deepEqual(result, { state: 'sent', reason: '{"sum":6,"label":"Bread!"}' });
  const [, recipe, parts, batch] = reached('Mix').at(-1) ?? [];
  assert.equal(recipe, 'Bread');
  assert.deepEqual([...(parts as Int16Array)], [1, 2, 3]);
  assert.deepEqual(batch, [2 ** 28, 1]);
});

test('inputs of the address stand before, with the written value in its place', async () => {
  const inputs = ['Rolls', [1, 1], '{{value}}'];
  assert.equal((await call('Mix', 7, { inputs })).reason, '{"sum":2,"label":"Rolls!"}');
  assert.deepEqual(reached('Mix').at(-1)?.[3], [0, 7]);
});

test('what does not fit the arguments never leaves', async () => {
  const before = server.asked.get('CallRequest') ?? 0;
  const wrong: [Value, RegExp][] = [
    [5, /structure with these fields/],
    [{ recipe: 'a', parts: [1] }, /batch is missing/],
    [{ recipe: 'a', parts: [1], batch: 1n, salt: 1 }, /no argument salt/],
    [{ recipe: 'a', parts: 1, batch: 1n }, /parts: it is an array/],
    [{ recipe: 'a', parts: [40_000], batch: 1n }, /parts: 40000 is out of the range/],
    [{ recipe: ['a'], parts: [1], batch: 1n }, /recipe: it is one value/],
  ];
  for (const [value, reason] of wrong) {
    const result = await call('Mix', value);
    assert.equal(result.state, 'failed');
    assert.match(result.reason ?? '', reason);
  }
  assert.match((await call('Mix', 1, { inputs: ['{{value}}'] })).reason ?? '', /takes 3/);
  assert.equal(server.asked.get('CallRequest') ?? 0, before);
});

test('a refusal of rights is refused, a machine that fails has failed, of one out of reach nobody knows', async () => {
  assert.deepEqual(await call('Locked', true), { state: 'refused', reason: 'BadUserAccessDenied' });
  assert.deepEqual(await call('Offline', true), { state: 'unknown', reason: 'BadNoCommunication' });
  assert.deepEqual(await call('Jammed', true), { state: 'failed', reason: 'BadDeviceFailure' });
  const none = await call('Nothing', true);
  assert.equal(none.state, 'failed');
  assert.match(none.reason ?? '', /no method/);
});

const pressed = () =>
  server.plant.calls.map(([, press]) => press).filter((press) => /^Press\d$/.test(`${press}`));

test('of machines that share the node of a method the one starts that the path or the object names', async () => {
  const node = (name: string) => `ns=${server.plant.index};s=${name}`;
  await using device = await openOpcua({
    trust: trust.store,
    config: { url: server.url },
    tags: {
      second: { type: 'boolean', access: 'write', at: { method: 'Plant/Presses/Press2/Start' } },
      first: { type: 'boolean', access: 'write', at: { method: 'Plant/Presses/Press1/Start' } },
      named: {
        type: 'boolean',
        access: 'write',
        at: { method: node('PressType.Start'), object: node('Press2') },
      },
      any: { type: 'boolean', access: 'write', at: { method: node('PressType.Start') } },
    },
  });
  for (const path of ['second', 'first', 'named', 'first', 'second'])
    assert.deepEqual(await device.write(path, true), { state: 'sent' });
  assert.deepEqual(pressed(), ['Press2', 'Press1', 'Press2', 'Press1', 'Press2']);
  const before = pressed().length;
  const any = await device.write('any', true);
  assert.equal(any.state, 'failed');
  assert.match(any.reason ?? '', /belongs to 3: .*Press1.*name its object/);
  assert.equal(pressed().length, before);
});

test('an answer that does not come in time leaves it unknown, and the method was called once', async () => {
  const hasty = await callsWithin(150);
  const before = reached('Slow').length;
  const result = await call('Slow', 1200, {}, hasty);
  assert.equal(result.state, 'unknown');
  await until('the call arrives', () => reached('Slow').length === before + 1);
});

test('a command whose time is over is not sent', async () => {
  const method = `ns=${server.plant.index};s=Machine.Start`;
  const before = reached('Start').length;
  const result = await methods.call({ method }, commandOf(true, -1), AbortSignal.timeout(5000));
  assert.equal(result.state, 'failed');
  assert.equal(reached('Start').length, before);
});
