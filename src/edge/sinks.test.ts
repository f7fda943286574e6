import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import { HISTORIAN_CURSOR } from '#edge/history.ts';
import { type Site, startSite } from '#edge/site.ts';
import { openReader } from '#journal/reader.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** Nobody listens there: a site starts with every peer down. */
const SINK = 'sinks: { it: { kind: mqtt, url: "mqtt://127.0.0.1:1" } }';

async function start(dataDir: string, sinks: string): Promise<Site> {
  const { blueprint, problems } = await checkSite(`site: north\n${sinks}\n`);
  assert.deepEqual(problems, []);
  assert.ok(blueprint);
  return await startSite({ blueprint, dataDir, log: quiet, version: '1' });
}

const eventsOf = (site: Site) => site.core.recent.after(0, 100).map(({ event }) => event);
const folder = (t: TestContext) => journalConfig(t).dir;

test('a sink whose far side is down is shown with its fault, and the site runs', async (t) => {
  await using site = await start(folder(t), SINK);
  await until('the fault', () => site.status().sinks.it?.fault?.code === 'mqtt.unreachable');
  const { state, delivers, delivered, opened } = site.status().sinks.it ?? {};
  assert.deepEqual([state, delivers, delivered, opened], ['waiting', 'at-least-once', 0, 0]);
});

test('a sink holds its place from the start, and gives it up, on record, once the site file names it no more', async (t) => {
  const dataDir = folder(t);
  const cursorsAfter = async (sinks: string) => {
    await using site = await start(dataDir, sinks);
    const removed = eventsOf(site).filter(({ name }) => name === 'config.sink-removed');
    return [
      ...[...site.core.journal.opened.cursors.keys()].filter((name) => name !== HISTORIAN_CURSOR),
      ...removed.map(({ subject }) => `${subject} removed`),
    ];
  };
  assert.deepEqual(await cursorsAfter(SINK), []);
  assert.deepEqual(await cursorsAfter(SINK), ['it']);
  assert.deepEqual(await cursorsAfter(''), ['it', 'it removed']);
  assert.deepEqual(await cursorsAfter(''), []);
  using reader = openReader(journalDir(dataDir));
  assert.equal(reader.events(0, 1000).filter(({ event }) => event.name === 'config.sink-removed').length, 1);
});

test('mistakes in a sink are told with their place', async () => {
  const says = async (text: string) => {
    const { problems } = await checkSite(`site: north\nsinks:\n  it: ${text}\n`);
    return problems.map(({ line, message }) => `${line} ${message}`).join('; ');
  };
  assert.match(await says('{ kind: mqtd, url: "mqtt://h" }'), /^3 there is no sink of kind mqtd/);
  assert.match(await says('{ kind: mqtt, url: "mqtt://h", topic: values }'), /^3 .*without \{path\}/);
  assert.match(await says('{ kind: mqtt }'), /^3 .*url/);
});
