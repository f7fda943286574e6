import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import { startSite } from '#edge/site.ts';
import { openReader } from '#journal/reader.ts';
import { qualityName } from '#kernel/quality.ts';
import { until } from '#test/until.ts';
import { startMosquitto } from './mosquitto.ts';
import { startLine } from './mqtt-line.ts';
import { rowsOf } from './mqtt-site.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const siteFile = (url: string) => `
site: small
sources:
  broker:
    kind: mqtt
    url: ${url}
    clientId: site
    discover: [{ topic: plant/+/v, tag: a/$1 }]
actuators:
  out: { kind: mqtt, url: '${url}' }
tags:
  a/level: { source: broker, address: { topic: level } }
  a/dated: { source: broker, address: { topic: dated, path: v, timePath: t } }
rules:
  high:
    when: tag("a/level") > 50
    do: [{ send: { to: out, topic: alert, payload: high } }]
`;

async function start(text: string, dataDir: string) {
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  const site = await startSite({ blueprint, dataDir, log: quiet, version: 'test' });
  const { table, values } = site.core;
  return {
    site,
    names: () => site.core.recent.after(0, 1000).map(({ event }) => event.name),
    present: (path: string) => {
      const { value, quality } = values.get(table.number(path));
      return `${value} ${qualityName(quality)}`;
    },
    running: () => until('it is connected', () => site.status().sources.broker?.state === 'running'),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-backlog-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Rows of a tag in the journal, history marked. */
function kept(dir: string, path: string): string[] {
  using reader = openReader(journalDir(dir));
  const found: string[] = [];
  const tags = new Map(reader.tags().map((tag) => [tag.number, tag]));
  const table = { get: (number: number) => tags.get(number) as { path: string } };
  for (const item of reader.items(0)) {
    if (item.kind !== 'batch') continue;
    for (const row of rowsOf(item.batch, table as never)) {
      if (row.tag !== path || Number.isNaN(row.value)) continue;
      found.push(`${row.value}${item.batch.late ? ' late' : ''}`);
    }
  }
  return found;
}

test('what the broker kept while the site was away is stored, and neither an edge nor a message', async (t) => {
  await using broker = await startMosquitto();
  const dir = await folder(t);
  const text = siteFile(broker.url);
  const pub = (topic: string, payload: string) => broker.pub('-q', '1', '-t', topic, '-m', payload);
  {
    await using edge = await start(text, dir);
    await edge.running();
    await pub('level', '10');
    await until('the first value', () => edge.present('a/level') === '10 good');
    await until('it is confirmed', () => edge.site.core.journal.health.pendingRows === 0);
  }
  for (const value of ['90', '20', '95']) await pub('level', value);
  {
    await using edge = await start(text, dir);
    await until('the last known value', () => edge.present('a/level') === '95 uncertainLastUsable');
    await pub('level', '30');
    await until('a live value', () => edge.present('a/level') === '30 good');
    assert.ok(!edge.names().includes('action.intent'));
    await pub('level', '60');
    await until('a live edge acts', () => edge.names().includes('action.done'));
    await pub('plant/level/v', '1');
    await until('a talker is refused', () => edge.names().includes('security.tag-conflict'));
    assert.equal(edge.present('a/level'), '60 good');
  }
  assert.deepEqual(kept(dir, 'a/level'), ['10', '90 late', '20 late', '95 late', '95', '30', '60']);
});

test('what a run before had stored and could not confirm is stored once, where it says of when it is', async (t) => {
  await using broker = await startMosquitto();
  await using line = await startLine(broker.port);
  const dir = await folder(t);
  const text = siteFile(`mqtt://127.0.0.1:${line.port}`);
  const nowMs = Date.now();
  const pub = (v: number) => broker.pub('-q', '1', '-t', 'dated', '-m', JSON.stringify({ v, t: nowMs + v }));
  {
    await using edge = await start(text, dir);
    await edge.running();
    line.isMute = true;
    await pub(1);
    await until('the value', () => edge.present('a/dated') === '1 good');
  }
  line.isMute = false;
  await pub(2);
  {
    await using edge = await start(text, dir);
    await until('the last known value', () => edge.present('a/dated') === '2 uncertainLastUsable');
  }
  assert.deepEqual(kept(dir, 'a/dated'), ['1', '2 late', '2']);
});
