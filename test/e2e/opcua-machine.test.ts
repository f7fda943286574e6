import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapView } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { at } from '#kernel/batch.ts';
import { Line } from '../opcua/line.ts';
import { type RichServer, startRich } from '../opcua/rich-server.ts';
import { until } from '../until.ts';
import { ChangingSite } from './changing-site.ts';

/** Values of a tag in the journal, by how they came. */
function kept(dataDir: string, path: string): { readonly live: number[]; readonly late: number[] } {
  using reader = openReader(journalDir(dataDir));
  const number = numberOf(dataDir, path);
  const found = { live: [] as number[], late: [] as number[] };
  for (const item of reader.items(0)) {
    if (item.kind !== 'batch') continue;
    const { batch } = item;
    for (let i = 0; i < batch.rows; i++) {
      if (at(batch.tag, i) !== number || at(batch.quality, i) !== 0) continue;
      found[batch.late ? 'late' : 'live'].push(at(batch.value, i));
    }
  }
  return found;
}

function numberOf(dataDir: string, path: string): number | undefined {
  using reader = openReader(journalDir(dataDir));
  return reader.tags().find((tag) => tag.path === path)?.number;
}

interface Outcome {
  readonly readBack?: unknown;
  readonly state: string;
  readonly reason?: string;
  readonly refusal?: string;
}

const method = (server: RichServer, name: string, more = '{}'): string =>
  `line/machine/${name.toLowerCase()}: { source: machine, access: write, address: { method: 'ns=${server.plant.index};s=Machine.${name}' }, write: ${more} }`;

test('OPC UA: history fills a hole, alarms are events, methods pass the guard and are called once', async () => {
  await using server = await startRich();
  const { history } = server.plant;
  const startMs = Date.now() - 60_000;
  const record = (from: number, to: number) => {
    for (let i = from; i <= to; i++) history.record('Flow', startMs + i * 1000, i);
  };
  record(0, 5);
  await using line = await Line.to(server.port);
  const node = (name: string) => `ns=${server.plant.index};s=${name}`;
  await using site = await new ChangingSite().start({
    sources: [
      `machine: { kind: opcua, url: 'opc.tcp://127.0.0.1:${line.port}', security: { mode: none }, publishMs: 50, sampleMs: 0, requestTimeoutMs: 500, history: fill, conditions: true }`,
    ],
    tags: [
      `line/machine/flow: { source: machine, address: { node: '${node('Kept.Flow')}' } }`,
      `line/machine/level: { source: machine, address: { node: '${node('Boiler.Level')}' } }`,
      `line/machine/setpoint: { source: machine, access: readWrite, scale: { factor: 0.5 }, address: { node: '${node('Pump1.Setpoint')}' }, write: { range: [0, 10] } }`,
      method(server, 'Start').replace('access: write', 'type: boolean, access: write'),
      method(server, 'SetLimit', '{ range: [0, 150] }'),
      method(server, 'Slow', '{ ttlMs: 4000 }'),
      method(server, 'Jammed', '{ ttlMs: 3000, idempotent: true }').replace(
        'access: write',
        'type: boolean, access: write',
      ),
    ],
  });
  const { api } = site;
  await until('the first value', () => site.goodValue('line/machine/flow', 5), 20_000);
  await until('the watch of conditions', () => server.server.currentSubscriptionCount === 2);

  server.plant.setLevel(99);
  const events = async (name: string) => (await api.events()).filter((event) => event.name === name);
  await until('the alarm of the server', async () => (await events('device-alarm.active')).length > 0);
  assert.equal((await events('device-alarm.active'))[0]?.subject.startsWith('machine'), true);

  const calls = (name: string) => server.plant.calls.filter(([called]) => called === name);
  const write = async (name: string, value: number | boolean): Promise<Outcome> =>
    (await (
      await api.post('/api/writes', JSON.stringify({ tag: `line/machine/${name}`, value, why: 'test' }))
    ).json()) as Outcome;
  const path = 'line/machine/setpoint';
  const printed = await site.box.run('write', path, '3', '--why', 'test', '--data', site.data);
  assert.match(printed.stdout, /setpoint = 3: sent, read back 3, /);
  await until('its record', async () => (await events('write.sent')).length > 0);
  assert.equal((await events('write.sent'))[0]?.detail?.readBack, 3, 'in the unit of the tag');
  assert.equal((await write('setpoint', 4)).readBack, 4);
  assert.equal((await write('start', true)).state, 'sent');
  assert.equal(calls('Start').length, 1);
  const refused = await write('setlimit', 151);
  assert.deepEqual([refused.state, refused.refusal], ['refused', 'range']);
  assert.equal(calls('SetLimit').length, 0, 'what the guard refuses never leaves');
  const said = await write('setlimit', 120);
  assert.notEqual(said.state, 'sent', JSON.stringify(said));
  assert.equal(calls('SetLimit').length, 1);
  const late = await write('slow', 2000);
  assert.equal(late.state, 'unknown', JSON.stringify(late));
  assert.equal(calls('Slow').length, 1, 'not declared idempotent: nobody knows, and nobody asks twice');
  assert.equal((await write('jammed', true)).state, 'failed');
  assert.ok(calls('Jammed').length > 1, 'declared idempotent: asked again within its time to live');

  // Between two bytes the line breaks; what happens until it stands again only the server knows.
  line.cut();
  record(6, 20);
  server.plant.setLevel(97);
  await until('the newest value', () => site.goodValue('line/machine/flow', 20), 20_000);
  const gaps = () => api.get<readonly GapView[]>('/api/gaps');
  await until('what cannot be filled is a gap', async () => (await gaps()).length > 0, 15_000);
  await until('the hole is filled', () => kept(site.data, 'line/machine/flow').late.length >= 14);
  assert.deepEqual(
    kept(site.data, 'line/machine/flow').late,
    Array.from({ length: 14 }, (_, i) => 6 + i),
  );
  assert.deepEqual(
    (await gaps()).map(({ tags, reason, count }) => [tags, reason, count]),
    [[['line/machine/level'], 'device-silent', undefined]],
  );
  assert.equal((await events('device-alarm.active')).length, 1, 'coming back raises nothing anew');
  assert.equal(await site.opened('machine'), 2);
});

test('OPC UA: the absence of a server whose clock is ahead is a gap, although history is to be filled', async () => {
  await using server = await startRich();
  const { history } = server.plant;
  const aheadMs = 60_000;
  history.record('Flow', Date.now() + aheadMs, 1);
  await using line = await Line.to(server.port);
  const node = `ns=${server.plant.index};s=Kept.Flow`;
  await using site = await new ChangingSite().start({
    sources: [
      `machine: { kind: opcua, url: 'opc.tcp://127.0.0.1:${line.port}', security: { mode: none }, publishMs: 50, sampleMs: 0, history: fill }`,
    ],
    tags: [`line/machine/flow: { source: machine, address: { node: '${node}' } }`],
  });
  // Uncertain, for the sake of their times.
  const value = async () => (await site.api.get<readonly { value: unknown }[]>('/api/tags'))[0]?.value;
  await until('the first value', async () => (await value()) === 1, 20_000);
  line.cut();
  history.record('Flow', Date.now() + aheadMs, 2);
  await until('the newest value', async () => (await value()) === 2, 20_000);
  const gaps = () => site.api.get<readonly GapView[]>('/api/gaps');
  await until('the gap', async () => (await gaps()).length > 0, 10_000);
  assert.deepEqual(
    (await gaps()).map(({ tags, reason }) => [tags, reason]),
    [[['line/machine/flow'], 'device-silent']],
  );
});
