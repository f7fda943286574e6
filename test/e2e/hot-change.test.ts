import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ConfigStatus } from '#contract/api.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { until } from '../until.ts';
import { ChangingSite, memoryDevice, type Parts, siteText } from './changing-site.ts';

const plc = (port: number, more = '') =>
  `plc: { kind: modbus, host: 127.0.0.1, port: ${port}, everyMs: 50, requestsPerS: 200${more} }`;
const tag = (name: string, holding: number, more = '') =>
  `line/press/${name}: { source: plc, address: { holding: ${holding} }${more} }`;
const alarm = (id: string, when: string, more = '') =>
  `${id}: { when: '${when}', priority: low, consequence: c, response: r${more} }`;
const PRESSURE = 'line/press/pressure';
const HIGH = alarm('high', 'tag("line/press/pressure") > 6');
/** Of tag, on the device, in a site with one Modbus source. */
const parts = (port: number, more: Partial<Parts> = {}): Parts => ({
  sources: [plc(port)],
  tags: [tag('pressure', 0)],
  alarms: [HIGH],
  ...more,
});

test('a new tag takes effect in the session that is open, and nothing else notices', async () => {
  await using device = await memoryDevice();
  device.registers.set([7, 5, 3]);
  await using site = await new ChangingSite().start(parts(device.port));
  const { api } = site;
  await until('the alarm', async () => (await site.alarm('high'))?.state === 'unacknowledged');
  await api.post('/api/alarms', JSON.stringify({ id: 'high', act: 'acknowledge' }));

  const event = await site.change(
    parts(device.port, { tags: [tag('pressure', 0), tag('flow', 1), tag('level', 50)] }),
  );
  await until(
    'the new tags',
    async () => (await site.goodValue('line/press/flow', 5)) && (await site.goodValue('line/press/level', 0)),
  );
  assert.equal(event.by, 'file');
  assert.equal(event.detail?.summary, '2 tags added');
  assert.equal(event.detail?.text, undefined, 'watchers get no text');
  assert.equal(await site.opened('plc'), 1);
  assert.equal(device.connections, 1);
  assert.equal((await site.alarm('high'))?.state, 'acknowledged');

  await site.change(parts(device.port), 'truncate');
  assert.deepEqual(await site.paths(), [PRESSURE]);
  const status = await api.status();
  assert.deepEqual([status.sources.plc?.opened, device.connections, status.journal.gaps], [1, 1, 0]);
  assert.equal((await site.alarm('high'))?.state, 'acknowledged');
  assert.equal((await site.edge.stop()).status, 0);
  // The last answer may have come when nobody read any more.
  const [read, kept] = [device.reads[0] ?? 0, site.rows(PRESSURE)];
  assert.ok(kept >= read - 1, `${read} answers, ${kept} rows`);
});

test('a delay that is running goes on over a change, and what decided stays decided', async () => {
  await using device = await memoryDevice();
  device.registers[0] = 7;
  const slow = alarm('slow', 'tag("line/press/pressure") > 6', ', onDelayMs: 3000');
  await using site = await new ChangingSite().start(parts(device.port, { alarms: [slow] }));
  await until('rows', () => site.goodValue(PRESSURE, 7));
  for (const holding of [10, 11, 12]) {
    await site.change(
      parts(device.port, { tags: [tag('pressure', 0), tag('other', holding)], alarms: [slow] }),
    );
  }
  await until('the alarm', async () => (await site.alarm('slow'))?.state === 'unacknowledged');
  const events = await site.api.events();
  const raised = events.find(({ name }) => name === 'alarm.unacknowledged');
  const lastChange = (await site.changes()).at(-1);
  assert.ok(raised && lastChange);
  assert.ok(
    raised.timeUs - lastChange.timeUs < 2.9e6,
    'a delay that began anew would end 3 s after the change',
  );
});

test('a file with errors changes nothing, and log, events and status say why until it is right again', async () => {
  await using device = await memoryDevice();
  await using site = await new ChangingSite().start(parts(device.port));
  const config = () => site.api.get<ConfigStatus>('/api/config');
  const { digest } = await config();
  const bad = siteText(parts(device.port, { alarms: [alarm('high', 'tag("line/press/presure") > 6')] }));
  site.save(bad);
  await until('it is refused', async () => (await config()).refused !== undefined);
  assert.equal((await config()).digest, digest);
  const refused = (await site.api.events()).filter(({ name }) => name === 'config.refused');
  assert.equal(refused.length, 1);
  assert.match(JSON.stringify(refused[0]?.detail), /presure/);
  const text = (await site.box.run('status', '--data', site.data)).stdout;
  assert.match(text, new RegExp(`the site file has errors since .*; running: digest ${digest.slice(0, 12)}`));
  assert.match(site.edge.stdout(), /presure/);

  const applied = await site.box.run('config', 'apply', '--data', site.data);
  assert.equal(applied.status, 2);
  assert.match(applied.stderr, /site\.yaml:\d+:\d+ error: .*presure/);
  const again = (await site.api.events()).filter(({ name }) => name === 'config.refused');
  assert.equal(again.length, 1, 'the same text is told once');

  site.save(siteText(parts(device.port, { settings: '{ api: { port: 1 }, remoteWrites: true }' })));
  await until(
    'a restart is asked for',
    async () => (await config()).refused?.problems[0]?.message.includes('settings.api.port') ?? false,
  );
  assert.equal((await config()).digest, digest);

  site.save(siteText(parts(device.port)));
  await until('the errors are gone', async () => (await config()).refused === undefined);
  assert.equal((await site.changes()).length, 1, 'only that of the start: the same text is no change');
});

test('sources come, change and go, with what is read from them', async () => {
  await using device = await memoryDevice();
  await using other = await memoryDevice();
  device.registers.set([1, 2]);
  other.registers.set([10, 20]);
  await using broker = await startMosquitto();
  const mqtt = `broker: { kind: mqtt, url: 'mqtt://127.0.0.1:${broker.port}' }`;
  const oven = 'line/oven/temperature: { source: broker, address: { topic: oven/temperature } }';
  await using site = await new ChangingSite().start(parts(device.port));
  await until('rows', () => site.goodValue(PRESSURE, 1));

  await site.change(
    parts(device.port, { sources: [plc(device.port), mqtt], tags: [tag('pressure', 0), oven] }),
  );
  await until('the broker', async () => (await site.api.status()).sources.broker?.state === 'running');
  await broker.pub('-t', 'oven/temperature', '-m', '180');
  await until('MQTT', () => site.goodValue('line/oven/temperature', 180));
  assert.equal(device.connections, 1);

  await site.change(
    parts(other.port, { sources: [plc(other.port), mqtt], tags: [tag('pressure', 0), oven] }),
  );
  await until('the other device', () => site.goodValue(PRESSURE, 10));
  await until('the first one is left', () => device.open === 0);
  assert.equal(await site.opened('broker'), 1, 'the broker is not touched');

  // The tag moves to the broker, whose topic the wildcard did not name.
  const moved = `${PRESSURE}: { source: broker, address: { topic: press/pressure } }`;
  await site.change({ sources: [mqtt], tags: [moved, oven], alarms: [HIGH] });
  await until('the source is gone', async () => (await site.api.status()).sources.plc === undefined);
  await until('its session is closed', () => other.open === 0);
  await until('the subscription', async () => {
    await broker.pub('-t', 'press/pressure', '-m', '8');
    return site.goodValue(PRESSURE, 8);
  });
  assert.equal(await site.opened('broker'), 1, 'a topic more needs no other session');
  await until('the alarm', async () => (await site.alarm('high'))?.state === 'unacknowledged');

  // Another kind under the same name.
  await site.change({
    sources: [plc(device.port).replace('plc:', 'broker:')],
    tags: [moved.replace('{ topic: press/pressure }', '{ holding: 1 }')],
    alarms: [HIGH],
  });
  await until('Modbus under this name', () => site.goodValue(PRESSURE, 2));
  assert.equal((await site.api.status()).sources.broker?.kind, 'modbus');
  const events = await site.api.events();
  assert.equal(
    events.find(({ name }) => name === 'config.refused'),
    undefined,
  );
  assert.equal((await site.edge.stop()).status, 0);
});

test('what was changed is listed, compared and taken back, and SIGHUP applies at once', async () => {
  await using device = await memoryDevice();
  await using site = await new ChangingSite().start(parts(device.port), '--no-watch');
  const { box, data, edge } = site;
  const first = site.text();
  const changed = siteText(parts(device.port, { tags: [tag('pressure', 0), tag('flow', 1)] }));
  writeFileSync(site.file, changed, { mode: 0o600 });
  const mode = statSync(site.file).mode;
  edge.child.kill('SIGHUP');
  await until('it takes effect', async () => (await site.changes()).length === 2);
  assert.deepEqual(await site.paths(), ['line/press/flow', PRESSURE]);

  const comparison = await box.run('config', 'diff', (await site.history())[0]?.digest ?? '', '--data', data);
  assert.match(comparison.stdout, /^\+ {2}line\/press\/flow:/m);
  assert.match(comparison.stdout, /^\+ tag line\/press\/flow$/m);

  const undone = await box.run('config', 'undo', '--data', data, '--why', 'not yet');
  assert.equal(undone.status, 0, undone.stderr);
  assert.match(undone.stdout, /took effect: tag line\/press\/flow removed/);
  assert.equal(site.text(), first);
  assert.equal(statSync(site.file).mode, mode);
  assert.deepEqual(await site.paths(), [PRESSURE]);

  const entries = await box.json<readonly { by: string; summary: string; why?: string; undoes?: string }[]>(
    'config',
    'history',
    '--data',
    data,
  );
  assert.deepEqual(
    entries.map(({ summary, why, undoes }) => [summary, why, undoes !== undefined]),
    [
      ['the first one', undefined, false],
      ['tag line/press/flow added', undefined, false],
      ['tag line/press/flow removed', 'not yet', true],
    ],
  );
  assert.match(entries[2]?.by ?? '', /^api:/);
  const nothing = await box.run('config', 'undo', '--data', data);
  assert.match(nothing.stderr, /remembers no site file before this one/);
  const back = await box.run(
    'config',
    'undo',
    '--to',
    (await site.history())[1]?.digest.slice(0, 10) ?? '',
    '--data',
    data,
  );
  assert.equal(back.status, 0, back.stderr);
  assert.equal(site.text(), changed);

  await edge.stop();
  const kept = await box.run('config', 'history', '--data', data);
  assert.equal(kept.status, 0);
  assert.equal(kept.stdout.trim().split('\n').length, 5, kept.stdout);
  const shown = await box.run('config', 'show', '--data', data);
  assert.equal(shown.stdout, changed);
});

test('a shadow reads what bears a second session, decides, and acts on nothing', async () => {
  await using device = await memoryDevice();
  await using broker = await startMosquitto();
  const sources = [plc(device.port), `broker: { kind: mqtt, url: 'mqtt://127.0.0.1:${broker.port}' }`];
  const shadowed: Parts = {
    sources,
    actuators: [`out: { kind: mqtt, url: 'mqtt://127.0.0.1:${broker.port}' }`],
    sinks: [`it: { kind: mqtt, url: 'mqtt://127.0.0.1:${broker.port}' }`],
    tags: [
      tag('pressure', 0),
      tag('beat', 5, ', access: write, heartbeatMs: 200'),
      'line/oven/temperature: { source: broker, address: { topic: oven/temperature } }',
      'line/oven/target: { source: broker, access: write, address: { write: { topic: oven/target } } }',
    ],
    rules: [
      'hot: { when: \'tag("line/oven/temperature") > 100\', firstIsEdge: true, do: [{ write: { tag: line/oven/target, value: 90 } }, { send: { to: out, topic: too/hot, payload: hot } }] }',
    ],
  };
  await using site = await new ChangingSite().start(shadowed, '--shadow');
  await until('the broker', async () => (await site.api.status()).sources.broker?.state === 'running');
  const { mode, sources: seen } = await site.api.status();
  assert.equal(mode, 'shadow');
  assert.equal(seen.plc?.state, 'shadowed');
  assert.match(seen.plc?.fault?.message ?? '', /bears one session/);
  await broker.pub('-t', 'oven/temperature', '-m', '180');
  await until('the decision', async () =>
    (await site.api.events()).some(({ name }) => name === 'action.shadowed'),
  );
  const events = await site.api.events();
  const refused = events.find(({ name }) => name === 'write.refused');
  assert.equal(refused?.detail?.refusal, 'shadow');
  assert.equal(events.find(({ name }) => name === 'system.started')?.detail?.mode, 'shadow');
  assert.equal(device.connections, 0);
  assert.deepEqual(Object.keys((await site.api.status()).sinks), []);
  await site.edge.stop();
  const live = await site.box.run('edge', '--site', site.file, '--data', site.data);
  assert.match(live.stderr, /holds what a shadow site did/);
  rmSync(site.data, { recursive: true });
});
