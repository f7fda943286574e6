import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Deps } from '#plugin/api.ts';
import { type Joined, join } from '#test/opcua/rich-client.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { until } from '#test/until.ts';
import { loadLibrary } from '#wire/opcua/library.ts';
import { ConditionMemory } from './condition-memory.ts';
import { type ConditionPorts, Conditions } from './conditions.ts';

type Event = Parameters<Deps['event']>[0];

let server: RichServer;
let joined: Joined;
let memory: ConditionMemory;
let events: Event[];
before(async () => {
  server = await startRich();
  joined = await join(server);
});
after(async () => {
  await joined[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  memory = new ConditionMemory();
  events = [];
  server.plant.setLevel(50);
  await acknowledge();
});

/** As an operator at another client does. */
async function acknowledge(): Promise<void> {
  const { node } = server.plant.alarm;
  const eventId = server.plant.alarm.eventId();
  if (eventId)
    await joined.session.acknowledgeCondition((await loadLibrary()).coerceNodeId(node), eventId, 'seen');
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** @param session how its subscriptions are made, where the test has a say in it */
async function watch(session: ConditionPorts['session'] = joined.session, hurry = 1): Promise<Conditions> {
  const clock = systemClock();
  const deps = {
    id: 'utilities',
    clock: { ...clock, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms / hurry, signal) },
    log: quiet,
    event: (event: Event) => events.push(event),
  };
  const library = await loadLibrary();
  return Conditions.watch({ session, library, deps, memory, publishMs: 50 });
}

const names = () => events.map(({ name }) => name);
const told = (count: number) => until(`${count} events`, () => events.length >= count);

test('an alarm of the server is told as it becomes active, is acknowledged and goes', async () => {
  await using _ = await watch();
  server.plant.setLevel(85);
  await told(1);
  const [event] = events;
  assert.equal(event?.kind, 'alarm');
  assert.equal(event?.name, 'device-alarm.active');
  assert.match(event?.subject ?? '', /^utilities\/.*Boiler\/LevelAlarm$/);
  const { severity = 0, active, acknowledged, retain, eventId } = event?.detail ?? {};
  assert.deepEqual([active, acknowledged, retain], [true, false, true]);
  assert.ok(Number(severity) > 0);
  assert.match(String(eventId), /^[0-9a-f]+$/);
  assert.equal(event?.detail?.refreshed, undefined);
  await acknowledge();
  await told(2);
  server.plant.setLevel(50);
  await told(3);
  assert.deepEqual(names(), ['device-alarm.active', 'device-alarm.acknowledged', 'device-alarm.inactive']);
});

test('what was active before we came is told as found, not as new', async () => {
  server.plant.setLevel(85);
  await using _ = await watch();
  await told(1);
  assert.deepEqual([events[0]?.name, events[0]?.detail?.refreshed], ['device-alarm.active', true]);
});

test('coming back tells what has changed meanwhile and raises nothing anew', async () => {
  {
    await using _ = await watch();
    server.plant.setLevel(85);
    await told(1);
  }
  {
    await using _ = await watch();
    await acknowledge();
    await told(2);
  }
  assert.deepEqual(names(), ['device-alarm.active', 'device-alarm.acknowledged']);
  server.plant.setLevel(50);
  await using _ = await watch();
  await told(3);
  assert.deepEqual([events[2]?.name, events[2]?.detail?.refreshed], ['device-alarm.inactive', true]);
});

test('a subscription that the server ends is made anew, and nothing is missed', async () => {
  await using _ = await watch();
  assert.equal(server.endSubscriptions(), 1);
  await until('it has ended', () => server.server.currentSubscriptionCount === 0);
  server.plant.setLevel(85);
  await told(1);
  assert.deepEqual([events[0]?.name, events[0]?.detail?.refreshed], ['device-alarm.active', true]);
});

test('one that cannot be made anew at once is tried again, for as long as the session lives', async () => {
  let refusals = 0;
  const { session } = joined;
  const busy: ConditionPorts['session'] = {
    createSubscription2: (async (options: object) => {
      if (refusals-- > 0) throw new Error('BadTooManySubscriptions');
      return session.createSubscription2(options as never);
    }) as ConditionPorts['session']['createSubscription2'],
    call: session.call.bind(session) as ConditionPorts['session']['call'],
  };
  await using _ = await watch(busy, 10);
  for (const level of [85, 50]) {
    refusals = 3;
    const before = events.length;
    server.endSubscriptions();
    await until('it was refused, and asked for again', () => refusals < 0);
    server.plant.setLevel(level);
    await told(before + 1);
  }
  await until('one watch is left', () => server.server.currentSubscriptionCount === 1);
  const changes = names().filter((name) => name.endsWith('active'));
  assert.deepEqual(changes, ['device-alarm.active', 'device-alarm.inactive']);
});
