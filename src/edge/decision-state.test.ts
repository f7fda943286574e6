import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { composeCore } from '#edge/core.ts';
import { Peers } from '#edge/peers.ts';
import type { Journal } from '#journal/api.ts';
import { openJournal } from '#journal/journal.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';

let starts = 0;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const alarm = (id: string, signal: string) =>
  `  ${id}: { when: 'tag("p/${signal}") > 5', priority: low, consequence: c, response: r }\n`;

async function blueprintOf(alarms: string) {
  const { blueprint, problems } = await checkSite(
    'site: north\nsources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }\n' +
      'tags:\n  p/a: { source: plc, address: { holding: 0 } }\n  p/b: { source: plc, address: { holding: 1 } }\n' +
      (alarms && `alarms:\n${alarms}`),
  );
  assert.ok(blueprint, JSON.stringify(problems));
  return blueprint;
}

/** The inside of a site over a journal of its own that tells which states are written. */
async function coreOf(t: TestContext, alarms: string, dir = journalConfig(t)) {
  const journal = await openJournal(dir);
  const written: string[] = [];
  const state: Journal['state'] = (key, value) => {
    if (/^(alarm|rule)\//.test(key)) written.push(value === undefined ? `${key} goes` : key);
    journal.state(key, value);
  };
  const told = new Proxy(journal, {
    get(of, name) {
      if (name === 'state') return state;
      const it = Reflect.get(of, name, of) as unknown;
      return typeof it === 'function' ? it.bind(of) : it;
    },
  });
  const nowUs = 1.7e15 + starts++ * 1e6;
  const clock = { nowUs: () => nowUs, steadyUs: () => nowUs, sleep: () => new Promise<void>(() => {}) };
  const core = composeCore(
    await blueprintOf(alarms),
    told,
    clock,
    new Peers({ log: quiet, stepped: () => {} }),
    undefined,
  );
  const arrives = (values: { readonly [path: string]: number }) => {
    const batch = new BatchBuilder();
    for (const [path, value] of Object.entries(values))
      batch.addValue(core.table.number(path), clock.nowUs(), value);
    core.path.accept('plc', { batch: batch.take({ receivedUs: clock.nowUs() }) });
  };
  return { core, arrives, dir, journal, taken: () => written.splice(0) };
}

const states = (core: Awaited<ReturnType<typeof coreOf>>['core']) =>
  core.decisions.alarms().map(({ id, state }) => `${id} ${state}`);

test('a transition writes the state of its own alarm only, within the decision', async (t) => {
  const { arrives, journal, taken } = await coreOf(t, alarm('high-a', 'a') + alarm('high-b', 'b'));
  await using _journal = journal;
  arrives({ 'p/a': 1, 'p/b': 9 });
  taken();
  arrives({ 'p/a': 9 });
  assert.deepEqual(taken(), ['alarm/high-a']);
});

test('a restart finds every alarm as it was, and the state of one that is gone is forgotten for good', async (t) => {
  const both = alarm('high-a', 'a') + alarm('high-b', 'b');
  const first = await coreOf(t, both);
  first.arrives({ 'p/a': 9, 'p/b': 9 });
  first.core.path.operate('high-a', { act: 'acknowledge' }, 'ada');
  await first.journal[Symbol.asyncDispose]();
  const second = await coreOf(t, both, first.dir);
  assert.deepEqual(states(second.core), ['high-a acknowledged', 'high-b unacknowledged']);
  assert.deepEqual(second.taken(), []);
  await second.journal[Symbol.asyncDispose]();
  const without = await coreOf(t, alarm('high-b', 'b'), first.dir);
  assert.deepEqual(without.taken(), ['alarm/high-a goes']);
  await without.journal[Symbol.asyncDispose]();
  const again = await coreOf(t, both, first.dir);
  await using _journal = again.journal;
  assert.deepEqual(states(again.core), ['high-a normal', 'high-b unacknowledged']);
});

test('an alarm that a changed file takes out leaves nothing behind', async (t) => {
  const { arrives, core, dir, journal, taken } = await coreOf(t, alarm('high-a', 'a') + alarm('high-b', 'b'));
  arrives({ 'p/a': 9, 'p/b': 9 });
  taken();
  const change = { section: 'alarms', id: 'high-a', what: 'removed' } as const;
  await core.plan(await blueprintOf(alarm('high-b', 'b'))).apply([change as never], new Set());
  assert.deepEqual(taken(), ['alarm/high-b', 'alarm/high-a goes']);
  await journal[Symbol.asyncDispose]();
  await using reopened = await openJournal(dir);
  assert.deepEqual(
    [...reopened.opened.state.keys()].filter((key) => key.startsWith('alarm/')),
    ['alarm/high-b'],
  );
});
