import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Deps, TestStep } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { freePort } from '#test/interop/mosquitto.ts';
import { join } from '#test/opcua/rich-client.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { TestTrust } from '#test/opcua/rig.ts';
import { fingerprintOf } from '#wire/opcua/session.ts';
import { Config } from './config.ts';
import { opcua } from './opcua.ts';

const trust = new TestTrust();
let server: RichServer;
before(async () => {
  server = await startRich({ secured: true, limits: { operationLimits: { maxNodesPerRead: 77 } } });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const deps: Deps = {
  id: 'utilities',
  clock: systemClock(),
  log: { debug() {}, info() {}, warn() {}, error() {} },
  points: [],
  tags: {} as Deps['tags'],
  mode: 'live',
  trust: trust.store,
  inbox: createInbox,
  load: { request() {}, caps() {} },
  event() {},
};

async function explained(config: object = {}): Promise<TestStep[]> {
  const parsed = Config.parse({ url: server.url, ...config });
  assert.ok(opcua.explain);
  return Array.fromAsync(opcua.explain(parsed, deps, AbortSignal.timeout(20_000)));
}

const states = (steps: readonly TestStep[]) => steps.map(({ step, state }) => `${step} ${state}`);
const find = (steps: readonly TestStep[], name: string) => steps.find(({ step }) => step === name);

test('an unknown certificate ends it, with the command that trusts it; then it goes to the limits', async () => {
  const first = await explained();
  assert.deepEqual(states(first), ['hello ok', 'clock ok', 'endpoint ok', 'certificate failed']);
  assert.match(
    find(first, 'endpoint')?.said ?? '',
    /none, signAndEncrypt with Basic256Sha256; users: .*anonymous/,
  );
  const fingerprint = fingerprintOf(server.keys.der);
  assert.ok(find(first, 'certificate')?.said.includes(fingerprint));
  assert.ok(
    find(first, 'certificate')?.hint?.includes(`holdfast certificates trust ${fingerprint.slice(0, 16)}`),
  );
  await trust.store.trust(fingerprint, 'test');
  const second = await explained();
  assert.deepEqual(states(second), [
    'hello ok',
    'clock ok',
    'endpoint ok',
    'certificate ok',
    'server ok',
    'limits ok',
  ]);
  assert.match(find(second, 'server')?.said ?? '', /is running$/);
  assert.match(find(second, 'limits')?.said ?? '', /77 reads/);
  assert.equal(server.server.currentSessionCount, 0);
});

test('without security it says what that means', async () => {
  const steps = await explained({ security: { mode: 'none' } });
  assert.equal(find(steps, 'endpoint')?.state, 'warning');
  assert.equal(find(steps, 'server')?.state, 'ok');
});

test('what the server does not offer is said with what it does', async () => {
  const steps = await explained({ security: { mode: 'sign', policy: 'aes256Sha256RsaPss' } });
  assert.deepEqual(states(steps), ['hello ok', 'clock ok', 'endpoint failed']);
  assert.match(find(steps, 'endpoint')?.hint ?? '', /It offers: none, signAndEncrypt with Basic256Sha256/);
});

test('a clock that is off is a warning', async () => {
  server.clockOffsetMs = 3_600_000;
  const steps = await explained({ security: { mode: 'none' } });
  server.clockOffsetMs = 0;
  assert.equal(find(steps, 'clock')?.state, 'warning');
  assert.match(find(steps, 'clock')?.said ?? '', /3(?:599|600)\.\d s ahead of ours/);
});

test('every address is tried, and one where nobody listens says so', async () => {
  const steps = await explained({
    url: `opc.tcp://127.0.0.1:${await freePort()}`,
    alternatives: [server.url],
    security: { mode: 'none' },
  });
  assert.deepEqual(states(steps).slice(0, 2), ['hello failed', 'hello ok']);
  assert.match(steps[0]?.hint ?? '', /is this its port/);
});

test('of several addresses the one that opens no session says so', async () => {
  await using full = await startRich({ limits: { maxSessions: 1 } });
  await using _ = await join(full);
  const steps = await explained({
    url: server.url,
    alternatives: [full.url],
    security: { mode: 'none' },
  });
  const last = steps.at(-1);
  assert.deepEqual([last?.step, last?.state], ['server', 'failed']);
  assert.ok(last?.said.startsWith(full.url), last?.said ?? '');
  assert.match(last?.hint ?? '', /no session left/);
});
