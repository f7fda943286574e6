import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mqttActuator } from '#actuators/mqtt/mqtt.ts';
import type { Json } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Action, Actuator } from '#plugin/api.ts';
import { startMosquitto } from './mosquitto.ts';
import { testDeps } from './mqtt-site.ts';

const soon = () => AbortSignal.timeout(8000);
const deps = testDeps([]);
const action = (config: Json, leftMs = 5000): Action => ({
  id: 1,
  config,
  by: 'rule',
  deadlineUs: deps.clock.steadyUs() + leftMs * 1000,
});
const open = (url: string): Promise<Actuator> =>
  mqttActuator.open(mqttActuator.config.parse({ url }) as never, deps, soon());

test('mosquitto_sub receives messages as text or JSON, for as long as they are of use', async () => {
  await using broker = await startMosquitto();
  const as = ['-V', '5', '-i', 'board', '-c', '-x', '600', '-q', '1', '-t', '#'];
  const board = (...args: string[]) => broker.sub(...as, ...args);
  await board('-E');
  await using actuator = await open(broker.url);
  for (const [topic, payload, qos] of [
    ['a', 'plain text', 1],
    ['b', { speed: 12.5, why: 'ü' }, 1],
    ['c', 7, 1],
  ] as const) {
    const result = await actuator.act(action({ topic, payload, qos }), soon());
    assert.deepEqual(result, { state: 'done' });
  }
  const [plain, json, number] = (await board('-C', '3', '-F', '%t %p %E')).trim().split('\n');
  assert.match(plain ?? '', /^a plain text [1-4]$/);
  assert.match(json ?? '', /^b \{"speed":12.5,"why":"ü"\} [1-4]$/);
  assert.match(number ?? '', /^c 7 [1-4]$/);
});

test('an action is not done while the broker is away, and done once it is back', async () => {
  await using broker = await startMosquitto();
  await using actuator = await open(broker.url);
  const config = { topic: 'a', payload: 'x' };
  await actuator.act(action(config), soon());
  await broker.kill();
  const away = await outcome(actuator, action(config));
  assert.match(away, /unknown|actuator\.not-sent/);
  assert.equal(await outcome(actuator, action(config)), 'actuator.not-sent');
  await broker.restart();
  assert.equal(await outcome(actuator, action(config)), 'done');
});

async function outcome(actuator: Actuator, what: Action): Promise<string> {
  try {
    return (await actuator.act(what, soon())).state;
  } catch (error) {
    return (error as Fault).code;
  }
}

test('an action that comes too late or is no message has failed, with the reason', async () => {
  await using broker = await startMosquitto();
  await using actuator = await open(broker.url);
  assert.deepEqual(await actuator.act(action({ topic: 'a' }, -1), soon()), {
    state: 'failed',
    reason: 'too late',
  });
  const wild = await actuator.act(action({ topic: 'a/+' }), soon());
  assert.equal(wild.state, 'failed');
  assert.match(wild.reason ?? '', /wildcards/);
  for (const more of [{}, { retain: true }, { qos: 2 }, { expiry: 5 }, {}]) {
    const { state } = await actuator.act(action({ topic: 'a', ...more }), soon());
    assert.equal(state, Object.keys(more).length === 0 ? 'done' : 'failed', JSON.stringify(more));
  }
});

test('a message that the broker would keep for good is refused, with the reason', () => {
  const found = mqttActuator.action.safeParse({ topic: 'a', retain: true });
  assert.match(found.error?.issues[0]?.message ?? '', /never retained/);
});
