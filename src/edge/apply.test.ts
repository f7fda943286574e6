import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import { type Site, startSite } from '#edge/site.ts';
import { openReader } from '#journal/reader.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Deps, SourceDef } from '#plugin/api.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** Nobody listens there: nothing but what the test hands in arrives. */
const PLC = 'sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }';
const tag = (name: string, holding: number, more = '') =>
  `  p/${name}: { source: plc, address: { holding: ${holding} }${more} }\n`;
const BY = { by: 'test' };

async function blueprintOf(text: string): Promise<Blueprint> {
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  return blueprint;
}

async function siteOf(t: TestContext, text: string): Promise<{ site: Site; dataDir: string }> {
  const dataDir = journalConfig(t).dir;
  const blueprint = await blueprintOf(text);
  return { dataDir, site: await startSite({ blueprint, dataDir, log: quiet, version: '1' }) };
}

const infoAt = (path: string): TagInfo => ({ path, type: 'number', access: 'read' });

/** A row of a tag, as its source hands it over. */
function arrives(site: Site, path: string, value: number): void {
  const { clock, path: decisions, table } = site.core;
  const batch = allocBatch(1, { receivedUs: clock.nowUs() });
  batch.tag[0] = table.number(path);
  batch.timeUs[0] = batch.receivedUs;
  batch.value[0] = value;
  decisions.accept('plc', { batch });
}

const presentOf = (site: Site, path: string) => site.core.values.get(site.core.table.number(path)).value;
const paths = (site: Site) => [...site.tags()].map((one) => one.path);
const events = (site: Site, name: string) =>
  site.core.recent.last(100).flatMap(({ event }) => (event.name === name ? [event] : []));
const alarmAt = (limit: number) =>
  `alarms: { high: { when: 'tag("p/a") > ${limit}', priority: low, consequence: c, response: r } }\n`;

test('the journal tells exactly which rows the file before decided, and which this one', async (t) => {
  const file = (limit: number) => `site: north\n${PLC}\ntags:\n${tag('a', 0)}${alarmAt(limit)}`;
  const { site, dataDir } = await siteOf(t, file(10));
  {
    await using _site = site;
    arrives(site, 'p/a', 5);
    site.apply(await blueprintOf(file(4)), BY);
    arrives(site, 'p/a', 5);
  }
  using reader = openReader(journalDir(dataDir));
  const order = [...reader.items(0)].flatMap((item) => {
    if (item.kind === 'batch') return item.batch.value[0] === 5 ? ['row'] : [];
    if (item.kind !== 'event') return [];
    return /^(config|alarm)\./.test(item.event.name) ? [item.event.name] : [];
  });
  assert.deepEqual(order, ['config.changed', 'row', 'config.changed', 'row', 'alarm.unacknowledged']);
});

test('a tag that is gone leaves everything but the journal, and comes back with its number and without a value', async (t) => {
  const both = `site: north\n${PLC}\ntags:\n${tag('a', 0)}${tag('b', 1)}`;
  const { site } = await siteOf(t, both);
  await using _site = site;
  arrives(site, 'p/b', 7);
  const number = site.core.table.number('p/b');
  site.apply(await blueprintOf(`site: north\n${PLC}\ntags:\n${tag('a', 0)}`), BY);
  assert.deepEqual(paths(site), ['p/a']);
  assert.equal(site.status().tags, 1);
  arrives(site, 'p/b', 8); // still in an inbox
  site.apply(await blueprintOf(both), BY);
  assert.deepEqual(paths(site), ['p/a', 'p/b']);
  assert.equal(site.core.table.number('p/b'), number);
  assert.ok(Number.isNaN(presentOf(site, 'p/b')));
  arrives(site, 'p/b', 9);
  assert.equal(presentOf(site, 'p/b'), 9);
});

test('what a source finds while it is being closed is no tag of the site, and free for others', async (t) => {
  const closed = Promise.withResolvers<void>();
  const found = Promise.withResolvers<Deps>();
  const broker = await blueprintOf(
    "site: north\nsources: { it: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }\n",
  );
  const finder: SourceDef = {
    ...(broker.plugins.sources.mqtt as SourceDef),
    async open(_, deps) {
      found.resolve(deps);
      const never = (signal: AbortSignal) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { read: never, [Symbol.asyncDispose]: () => closed.promise };
    },
  };
  const sources = { ...broker.plugins.sources, mqtt: finder };
  const blueprint = { ...broker, plugins: { ...broker.plugins, sources } };
  const dataDir = journalConfig(t).dir;
  await using site = await startSite({ blueprint, dataDir, log: quiet, version: '1' });
  const deps = await found.promise;
  deps.tags.declare(infoAt('f/early'));
  assert.deepEqual(paths(site), ['f/early']);
  site.apply(await blueprintOf('site: north\n'), BY);
  assert.deepEqual(paths(site), []);
  deps.tags.declare(infoAt('f/late'));
  closed.resolve();
  await until('what was found late is released', () => paths(site).length === 0);
});

test('what cannot be applied, or not be saved, changes nothing', async (t) => {
  const { site } = await siteOf(t, `site: north\n${PLC}\ntags:\n${tag('a', 0)}${alarmAt(3)}`);
  await using _site = site;
  arrives(site, 'p/a', 5);
  const before = () => [
    site.digest,
    paths(site),
    site.core.table.size,
    site.core.decisions.alarms()[0]?.state,
  ];
  const was = before();
  const other = `${PLC.replace('port: 1', 'port: 2')}\ntags:\n${tag('b', 0)}`;
  const cold = await blueprintOf(`site: north\nsettings: { journal: { quotaMb: 100 } }\n${other}`);
  assert.throws(() => site.apply(cold, BY), {
    code: 'config.needs-restart',
    message: /settings\.journal\.quotaMb/,
  });
  const hot = await blueprintOf(`site: north\n${other}`);
  const fails = () => {
    throw new Fault('config.not-saved', 'the disk is full');
  };
  assert.throws(() => site.apply(hot, BY, fails), { code: 'config.not-saved' });
  assert.deepEqual(before(), was);
  assert.equal(events(site, 'config.changed').length, 1, 'that of the start');
});

test('another scale, range or limit holds from the next row on, and the source is not touched', async (t) => {
  const file = (more: string) => `site: north\n${PLC}\ntags:\n${tag('a', 0, more)}`;
  const { site } = await siteOf(t, file(', deadband: 5'));
  await using _site = site;
  await until('the first try', () => site.status().sources.plc?.fault !== undefined);
  arrives(site, 'p/a', 50);
  site.apply(await blueprintOf(file(', deadband: 5, scale: { factor: 0.1 }')), BY);
  assert.ok(Number.isNaN(presentOf(site, 'p/a')), 'what was read means something else now');
  arrives(site, 'p/a', 50);
  assert.equal(presentOf(site, 'p/a'), 5);
  assert.equal(site.status().sources.plc?.opened, 0);
  site.apply(await blueprintOf(file(', description: of the press, scale: { factor: 0.1 }')), BY);
  assert.equal(presentOf(site, 'p/a'), 5, 'a text changes no meaning');
});

test('sinks come with a place in the journal and leave without one; alarms that stood when they went are told', async (t) => {
  const base = `site: north\n${PLC}\ntags:\n${tag('a', 0)}`;
  const { site } = await siteOf(t, base + alarmAt(3));
  await using _site = site;
  arrives(site, 'p/a', 5);
  site.apply(await blueprintOf(`${base}sinks: { it: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }\n`), BY);
  assert.deepEqual(events(site, 'config.changed').at(-1)?.detail?.endedAlarms, ['high']);
  assert.deepEqual(site.core.decisions.alarms(), []);
  await until('the sink tries', () => site.status().sinks.it?.fault?.code === 'mqtt.unreachable');
  site.apply(await blueprintOf(base), BY);
  assert.deepEqual(Object.keys(site.status().sinks), []);
  assert.equal(events(site, 'config.sink-removed').length, 1);
});

test('counters never fall, whatever is swapped', async (t) => {
  const file = (limit: number) => `site: north\n${PLC}\ntags:\n${tag('a', 0)}${alarmAt(limit)}`;
  const { site } = await siteOf(t, file(1));
  await using _site = site;
  const counts: number[] = [];
  for (let i = 2; i < 10; i++) {
    arrives(site, 'p/a', i);
    site.apply(await blueprintOf(file(i)), BY);
    counts.push(site.status().decisions.count);
  }
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  );
  assert.ok((counts.at(-1) ?? 0) >= 8);
});
