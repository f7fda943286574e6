import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GapView, TagValue } from '#contract/api.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { type PeerNode, startNode } from '../interop/sparkplug-peer.ts';
import { until } from '../until.ts';
import { ChangingSite, type Parts } from './changing-site.ts';
import { Api } from './sandbox.ts';

const AHEAD_MS = 3_600_000;
const TEMP = 'line/cell/temp';
const at = (metric: string): string =>
  `source: cells, address: { group: plant, node: cell, metric: ${metric} }`;

const parts = (url: string, ...more: readonly string[]): Parts => ({
  sources: [`cells: { kind: sparkplug, url: '${url}', hostId: site, reorderMs: 200, rebirthEveryMs: 300 }`],
  tags: [
    `${TEMP}: { ${at('Temp')} }`,
    `line/cell/speed: { ${at('Speed')} }`,
    `line/cell/target: { ${at('Target')}, access: write, write: { range: [0, 50], ttlMs: 2000, feedback: { tag: speed, withinMs: 1500 } } }`,
    ...more,
  ],
});

const TEMP_ALIAS = 1;
const double = (name: string, alias: number, value: number) => ({
  name,
  alias,
  type: 'Double' as const,
  value,
});
const metrics = (temp: number, speed = 1) => [
  double('Temp', TEMP_ALIAS, temp),
  double('Speed', 2, speed),
  double('Target', 3, 0),
  double('Level', 4, 80),
];
/** As data does, by its alias alone. */
const byAlias = (alias: number, value: number, more: object = {}) =>
  ({ alias, type: 'Double', value, ...more }) as never;

/** Values that a node was told to set. */
const told = ({ commands }: PeerNode): unknown[] =>
  commands.flatMap(({ metrics: sent }) =>
    sent.filter(({ alias }) => Number(alias) === 3).map(({ value }) => value),
  );
const rebirths = ({ commands }: PeerNode): number =>
  commands.filter(({ metrics: sent }) => sent[0]?.name === 'Node Control/Rebirth').length;

async function bornAgain(node: PeerNode, site: ChangingSite, temp: number): Promise<void> {
  await node.birth(metrics(temp));
  await until(`${temp} after a birth`, () => site.goodValue(TEMP, temp));
}

test('Sparkplug: data before births, wrong numbers, unknown aliases, 10 MB, wrong clocks and writes, in one session', async () => {
  await using broker = await startMosquitto();
  await using site = await new ChangingSite().start(parts(broker.url));
  const { api } = site;
  const gaps = async (reason: string) =>
    (await api.get<readonly GapView[]>('/api/gaps?limit=100')).filter((gap) => gap.reason === reason);
  await until('the broker', async () => (await api.status()).sources.cells?.state === 'running', 20_000);
  await using node = await startNode(broker.url);

  node.seq = 7;
  await node.data([byAlias(TEMP_ALIAS, 1)]);
  await node.rebirthAsked(1);
  assert.notEqual((await api.tag(TEMP)).quality, 'good', 'nobody knows what the alias means');
  await bornAgain(node, site, 20);
  await until('what came before the birth is counted', async () =>
    (await gaps('undecodable')).some(({ count }) => count === 1),
  );

  // A number is missing: what follows is read, and the loss is told.
  let asked = rebirths(node);
  await node.data([byAlias(TEMP_ALIAS, 22)], { seq: (node.seq + 5) % 256 });
  await node.rebirthAsked(asked + 1);
  await until('what follows is read', () => site.goodValue(TEMP, 22));
  await until('the loss is kept', async () => (await gaps('device-overflow')).length === 1);
  await bornAgain(node, site, 23);

  asked = rebirths(node);
  await node.data([byAlias(77, 1)]);
  await node.rebirthAsked(asked + 1);
  await bornAgain(node, site, 24);

  asked = rebirths(node);
  await node.data([{ name: 'Blob', type: 'Bytes', value: new Uint8Array(10_000_000) }]);
  await node.rebirthAsked(asked + 1);
  await bornAgain(node, site, 25);
  await until('nobody knows what it held', async () =>
    (await gaps('undecodable')).some(({ count }) => count === undefined),
  );

  const timestamp = Date.now() + AHEAD_MS;
  await node.data([byAlias(TEMP_ALIAS, 26, { timestamp })], { timestamp });
  let skewed: TagValue | undefined;
  await until('the time is replaced', async () => {
    skewed = await api.tag(TEMP);
    return skewed.quality === 'uncertain';
  });
  assert.equal(skewed?.value, 26);
  assert.ok(Math.abs((skewed?.timeUs ?? 0) / 1000 - Date.now()) < 60_000);
  await node.data([byAlias(TEMP_ALIAS, 27, { timestamp }), byAlias(2, 2, { timestamp })], { timestamp });
  await node.data([byAlias(TEMP_ALIAS, 28)]);
  await until('the clock is right again', () => site.goodValue(TEMP, 28));
  const skews = (await api.events()).filter(({ name }) => name === 'security.clock-skew');
  assert.deepEqual(
    skews.map(({ subject }) => subject),
    ['line/cell'],
  );

  const write = async (value: number, by = api) =>
    (await (
      await by.post('/api/writes', JSON.stringify({ tag: 'line/cell/target', value, why: 'test' }))
    ).json()) as { readonly state: string; readonly refusal?: string };
  assert.equal((await write(51)).refusal, 'range');
  assert.deepEqual(told(node), [], 'what the guard refuses never leaves');
  const writing = write(40);
  await until('the command', () => told(node).length === 1);
  await node.data([byAlias(2, 40)]);
  assert.equal((await writing).state, 'confirmed');
  // Nothing confirms it, nobody repeats it.
  assert.equal((await write(41)).state, 'unknown');
  assert.deepEqual(told(node), [40, 41]);

  asked = rebirths(node);
  await site.change(parts(broker.url, `line/cell/level: { ${at('Level')} }`));
  await node.rebirthAsked(asked + 1);
  await bornAgain(node, site, 29);
  await until('the new tag', () => site.goodValue('line/cell/level', 80));
  assert.equal(await site.opened('cells'), 1, 'all of it in one session');

  const file = site.box.path('shadow.yaml');
  copyFileSync(site.file, file);
  await site.box.startEdge(file, site.box.path('shadow'), { more: ['--shadow'] });
  const shadow = new Api(site.box.path('shadow'));
  await until('the shadow', async () => (await shadow.status()).sources.cells?.state === 'running', 20_000);
  asked = rebirths(node);
  await node.data([byAlias(TEMP_ALIAS, 30)]);
  await until('the live one reads on', () => site.goodValue(TEMP, 30));
  await node.birth(metrics(31));
  await until('the shadow reads', async () => (await shadow.tag(TEMP)).value === 31);
  assert.equal((await write(9, shadow)).refusal, 'shadow');
  assert.deepEqual(told(node), [40, 41]);
  assert.equal(rebirths(node), asked, 'a shadow asks for nothing');
  const state = await broker.sub('-t', 'spBv1.0/STATE/site', '-C', '1');
  assert.equal(JSON.parse(state).online, true);
  assert.equal(await site.opened('cells'), 1);

  node.cut();
  await until('dead', async () => (await api.tag(TEMP)).quality === 'badNoCommunication');
  assert.equal((await site.edge.stop()).status, 0);
  assert.equal(JSON.parse(await broker.sub('-t', 'spBv1.0/STATE/site', '-C', '1')).online, false);
});
