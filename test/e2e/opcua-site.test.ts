import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GapView, TagValue } from '#contract/api.ts';
import { freePort, ServerProcess } from '../opcua/peer.ts';
import { until } from '../until.ts';
import { ChangingSite, type Parts } from './changing-site.ts';
import { Api } from './sandbox.ts';

const AHEAD_MS = 3_600_000;
const COUNT = 'line/boiler/count';
const counter = (name: string, n: number): string =>
  `line/boiler/${name}: { source: boiler, address: { path: Plant/Line1/Counter${n} } }`;

/** The first address is one where nobody listens. */
const parts = (url: string, closed: number, ...more: readonly string[]): Parts => ({
  sources: [
    `boiler: { kind: opcua, url: 'opc.tcp://127.0.0.1:${closed}', alternatives: ['${url}'], security: { mode: none }, publishMs: 100, sampleMs: 0 }`,
  ],
  tags: [
    counter('count', 0),
    "line/boiler/actual: { source: boiler, address: { node: 'ns=1;s=WDouble' } }",
    "line/boiler/target: { source: boiler, access: write, address: { node: 'ns=1;s=WDouble' }, write: { range: [0, 50], feedback: { tag: actual } } }",
    ...more,
  ],
});

const gapsOf = async (api: Api): Promise<readonly GapView[]> =>
  api.get<readonly GapView[]>('/api/gaps?limit=100');

test('OPC UA: another address, a changing file, a wrong clock, an overflow and writes, all in one session', async () => {
  await using server = await ServerProcess.start({ everyMs: 50, variables: 5 });
  const closed = await freePort();
  await using site = await new ChangingSite().start(parts(server.url, closed));
  const { api } = site;
  const good = async (path: string) => (await api.tag(path)).quality === 'good';
  await until('the second address answers', () => good(COUNT), 20_000);
  const sessions = (await server.ask()).sessionsEver;

  await site.change(parts(server.url, closed, counter('level', 1), counter('flow', 2)));
  await until(
    'the new tags',
    async () => (await good('line/boiler/level')) && (await good('line/boiler/flow')),
  );
  assert.equal((await server.ask()).items, 5 - 1, 'the tag that is only written is not watched');
  await site.change(parts(server.url, closed, counter('flow', 2)));
  await until('one is left alone', async () => (await server.ask()).items === 3);
  assert.equal(await site.opened('boiler'), 1);
  assert.equal((await server.ask()).sessionsEver, sessions, 'no other session for other tags');

  await server.ask({ clockOffsetMs: AHEAD_MS });
  let skewed: TagValue | undefined;
  await until('the time is replaced', async () => {
    skewed = await api.tag(COUNT);
    return skewed.quality === 'uncertain';
  });
  const before = await server.ask();
  assert.ok(skewed && Math.abs(skewed.timeUs / 1000 - Date.now()) < 60_000, `${skewed?.timeUs}`);
  assert.ok(Number(skewed.value) > 0 && Number(skewed.value) <= before.count);

  await server.ask({ step: 200 });
  await until('the overflow is told', async () =>
    (await gapsOf(api)).some(({ reason }) => reason === 'device-overflow'),
  );
  const overflow = (await gapsOf(api)).filter(({ reason }) => reason === 'device-overflow');
  for (const { count, fromUs, toUs } of overflow) {
    assert.equal(count ?? undefined, undefined, 'nobody knows how many');
    const nowUs = Date.now() * 1000;
    assert.ok(
      fromUs <= toUs && toUs <= nowUs + 60e6,
      `a gap from ${fromUs - nowUs} to ${toUs - nowUs} µs from now`,
    );
  }
  await server.ask({ clockOffsetMs: 0 });
  await until('the clock is right again', () => good(COUNT));
  const skews = (await api.events()).filter(({ name }) => name === 'security.clock-skew');
  assert.deepEqual(
    skews.map(({ subject, kind }) => [subject, kind]),
    [['line/boiler', 'security']],
    'one event, however many tags and rows',
  );

  const write = async (value: number) =>
    (await api.post('/api/writes', JSON.stringify({ tag: 'line/boiler/target', value, why: 'test' }))).json();
  const refused = (await write(51)) as { state: string; refusal?: string };
  assert.deepEqual([refused.state, refused.refusal], ['refused', 'range']);
  assert.equal((await server.ask()).values.WDouble, 1);
  const confirmed = (await write(42.5)) as { state: string };
  assert.equal(confirmed.state, 'confirmed', JSON.stringify(confirmed));
  assert.equal((await server.ask()).values.WDouble, 42.5);

  // A shadow of the same file, beside it.
  const file = site.box.path('shadow.yaml');
  copyFileSync(site.file, file);
  await site.box.startEdge(file, site.box.path('shadow'), { more: ['--shadow'] });
  const shadow = new Api(site.box.path('shadow'));
  await until('the shadow reads', async () => (await shadow.tag(COUNT)).quality === 'good', 20_000);
  assert.equal((await server.ask()).sessions, 2, 'a session of its own');
  const body = JSON.stringify({ tag: 'line/boiler/target', value: 7, why: 'test' });
  const shadowed = (await (await shadow.post('/api/writes', body)).json()) as { refusal?: string };
  assert.equal(shadowed.refusal, 'shadow');
  assert.equal((await server.ask()).values.WDouble, 42.5);
  assert.equal(await site.opened('boiler'), 1, 'the live one does not notice');

  assert.equal((await site.edge.stop()).status, 0);
  await until('the live session is closed', async () => (await server.ask()).sessions === 1);
});
