// Runs alone: it counts the messages of any second, and a busy machine hears some together that left one after the other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { type Heard, Meddler, PUBLISH } from '#test/opcua/meddler.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { openOpcua, type Setup, type TagAt, TestTrust } from '#test/opcua/rig.ts';
import { budgetAt } from '#wire/opcua/budget.ts';
import { askOffers } from './offers.ts';

const trust = new TestTrust();
const trusting: Setup['trust'] = {
  judge: () => 'trusted',
  identity: (request) => trust.store.identity(request),
};
const COUNTERS = 15;
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({
    secured: true,
    variables: COUNTERS,
    everyMs: 100,
    limits: { maxNodesPerRead: 20, maxNodesPerBrowse: 10, maxMonitoredItemsPerCall: 20 },
  });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

/** Ids of services (OPC UA Part 6, A.3). */
const WRITE = 673;
const BROWSE = 527;
const counters: Record<string, TagAt> = Object.fromEntries(
  Array.from({ length: COUNTERS }, (_, i) => [`c${i}`, { at: { path: `Plant/Line1/Counter${i}` } }]),
);

const open = (meddler: Meddler, config: Record<string, unknown>, tags: Record<string, TagAt> = {}) =>
  openOpcua({ trust: trusting, config: { url: meddler.url, ...config }, tags });

/** Most messages that came within any second. */
function mostASecond(heard: readonly Heard[]): number {
  const within = heard.map(({ atMs }) => heard.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1000));
  return Math.max(...within.map(({ length }) => length));
}

test('what a server gets from opening to closing keeps to both caps, publishing included', async () => {
  await using meddler = await Meddler.before(server.port);
  const cap = 40;
  const config = { requestsPerS: cap, outstanding: 2, publishMs: 200 };
  await using device = await open(meddler, config, { ...counters, w: { at: { node: 'ns=1;s=WDouble' } } });
  const browsing = Array.fromAsync(device.source.browse?.('Plant', AbortSignal.timeout(60_000)) ?? []).then(
    ({ length }) => length,
  );
  await device.until(() => device.last('c14') && device.last('w'), 30_000);
  const writes = await Promise.all([1, 2, 3, 4].map((value) => device.write('w', value)));
  assert.deepEqual(
    writes.map(({ state }) => state),
    ['sent', 'sent', 'sent', 'sent'],
  );
  assert.ok((await browsing) >= COUNTERS);
  await device[Symbol.asyncDispose]();

  const { heard, mostWaiting } = meddler;
  assert.ok(heard.length > 2 * cap, `only ${heard.length} messages: nothing to spread`);
  assert.ok(heard.some(({ service }) => service === PUBLISH));
  // One more where both ends of a second count; the end of session and channel leaves at once.
  assert.ok(mostASecond(heard) <= cap + 3, `${mostASecond(heard)} messages in one second`);
  assert.ok(mostWaiting >= 1 && mostWaiting <= 2, `${mostWaiting} requests were open at a time`);
  // All are told, and so shown beside the cap.
  assert.equal(device.requests.length, heard.length);
});

test('no more are open at a time than allowed, requests to publish apart', async () => {
  await using meddler = await Meddler.before(server.port);
  await using device = await open(meddler, { outstanding: 3 }, { w: { at: { node: 'ns=1;s=WDouble' } } });
  await device.until(() => device.last('w'));
  const writes = await Promise.all(Array.from({ length: 40 }, (_, i) => device.write('w', i)));
  assert.ok(writes.every(({ state }) => state === 'sent'));
  assert.equal(meddler.mostWaiting, 3);
});

test('a secured session takes its turns as well, with the connection before it that asks for the certificate', async () => {
  await using meddler = await Meddler.before(server.port);
  const config = { requestsPerS: 10, security: { mode: 'signAndEncrypt' }, publishMs: 5000 };
  const began = performance.now();
  await using device = await open(meddler, config, { c0: { at: { path: 'Plant/Line1/Counter0' } } });
  await device.until(() => device.last('c0'));
  assert.ok(performance.now() - began > 900);
  const { heard } = meddler;
  assert.deepEqual(
    heard.slice(0, 7).map(({ kind }) => kind),
    ['HELF', 'OPNF', 'MSGF', 'MSGF', 'CLOF', 'HELF', 'OPNF'],
  );
  assert.ok(mostASecond(heard) <= 10 + 2, `${mostASecond(heard)} messages in one second`);
});

test('sources of one server share its budget, and the more careful one counts', async () => {
  await using meddler = await Meddler.before(server.port);
  await using slow = await open(meddler, { requestsPerS: 10, outstanding: 3, publishMs: 2000 });
  await using fast = await open(meddler, { requestsPerS: 1000, publishMs: 2000 });
  const { length } = meddler.heard;
  const both = [slow, fast].map((device) => device.source.browse?.('Plant', AbortSignal.timeout(2500)) ?? []);
  await Promise.allSettled(both.map((found) => Array.fromAsync(found)));
  const asked = meddler.heard.slice(length);
  assert.ok(asked.length >= 15, `only ${asked.length} messages`);
  assert.ok(mostASecond(asked) <= 12, `${mostASecond(asked)} messages in one second`);
  // Once it has gone, the other may do as it is allowed to.
  await slow[Symbol.asyncDispose]();
  const before = meddler.heard.length;
  const began = performance.now();
  await Array.fromAsync(fast.source.browse?.('Plant/Line1', AbortSignal.timeout(60_000)) ?? []);
  const aSecond = (1000 * (meddler.heard.length - before)) / (performance.now() - began);
  assert.ok(aSecond > 15, `${aSecond} messages a second`);
});

test('a write leaves before all that waits, and not at all once its time is over', async () => {
  await using meddler = await Meddler.before(server.port);
  const config = { requestsPerS: 5, outstanding: 1, publishMs: 5000 };
  await using device = await open(meddler, config, {
    w: { at: { node: 'ns=1;s=WDouble' }, access: 'write' },
  });
  // The first one asks for the type of the node.
  assert.equal((await device.write('w', 1, 10_000)).state, 'sent');
  const stop = new AbortController();
  const browsing = [1, 2, 3, 4, 5].map(() =>
    Array.fromAsync(device.source.browse?.('Plant', stop.signal) ?? []),
  );
  while (meddler.heard.at(-1)?.service !== BROWSE) await new Promise((resolve) => setTimeout(resolve, 5));
  const { length } = meddler.heard;
  const { state } = await device.write('w', 2);
  const services = meddler.heard.slice(length).map(({ service }) => service);
  assert.equal(state, 'sent');
  assert.ok(services.indexOf(WRITE) <= 1, `before the write: ${services}`);

  const before = meddler.heard.length;
  const late = await device.write('w', 3, 60);
  assert.equal(late.state, 'failed');
  stop.abort(new Error('enough'));
  await Promise.allSettled(browsing);
  assert.equal(meddler.heard.slice(before).filter(({ service }) => service === WRITE).length, 0);
  assert.equal((await server.ask()).values.WDouble, 2);
});

test('asking for offers without a session takes turns, and its clock is that of the moment it leaves', async () => {
  await using meddler = await Meddler.before(server.port);
  const clock = systemClock();
  using share = budgetAt(clock, meddler.url).join({ requestsPerS: 4, outstanding: 1 });
  const offers = await askOffers({ url: meddler.url, share, clock }, 2000, AbortSignal.timeout(10_000));
  assert.deepEqual(
    meddler.heard.map(({ kind }) => kind),
    ['HELF', 'OPNF', 'MSGF', 'MSGF', 'MSGF', 'CLOF'],
  );
  const times = meddler.heard.slice(0, 5).map(({ atMs }) => atMs);
  // Four turns of a quarter of a second; the first message may be heard late, on a machine that has much to do.
  const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  assert.ok(tookMs > 500, `five messages within ${tookMs} ms`);
  assert.ok(Math.abs((offers.serverMs ?? 0) - offers.oursMs) < 150);
});
