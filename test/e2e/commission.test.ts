import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startMosquitto } from '../interop/mosquitto.ts';
import { freePort } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { device, tryOut } from './commission-rig.ts';
import { Api, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

/* From a device to tags that work, as whoever commissions a site goes about it. */

const NEW_UNIT = /unit_1\/holding_(\d+): \{ source: plc, address: \{ unit: 1, holding: \1 \} \} # 10\1/;

test('a device is browsed without a site, and what is found becomes tags of the site file', async () => {
  await using plc = await device();
  await using box = new Sandbox();
  const { file } = smallSite(box, { modbus: plc.port, mqtt: await freePort() });
  const args = ['browse', 'plc', '--site', file, '--data', box.path('none'), '--from', '1/holding/0-3'];
  const { stdout, stderr, status } = await box.run(...args);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /session of its own/);
  assert.match(stderr, /4 found, 2 read by tags already/);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3, stdout);
  assert.equal(lines[0], 'tags:');
  assert.match(lines[1] ?? '', NEW_UNIT);
  const all = (await box.run(...args, '--all', '--path', '*_0')).stdout;
  assert.equal(all, '', 'nothing is called so');
  assert.match(
    (await box.run(...args, '--all')).stdout,
    / {2}# line\/press\/pressure: .* # configured, 100\n/,
  );

  const before = readFileSync(file, 'utf8');
  const coils = [
    'browse',
    'plc',
    '--data',
    box.path('none'),
    '--from',
    '1/coil/0-2',
    '--under',
    'line/press',
    '--write',
    file,
  ];
  const written = await box.run(...coils);
  assert.equal(written.status, 0, written.stderr);
  assert.match(written.stdout, /^\+ tag line\/press\/unit_1\/coil_0$/m);
  const after = readFileSync(file, 'utf8');
  const added = after.split('\n').filter((line) => !before.includes(line));
  assert.deepEqual(added, [
    '  line/press/unit_1/coil_0: { type: boolean, source: plc, address: { unit: 1, coil: 0 } } # false',
    '  line/press/unit_1/coil_1: { type: boolean, source: plc, address: { unit: 1, coil: 1 } } # true',
    '  line/press/unit_1/coil_2: { type: boolean, source: plc, address: { unit: 1, coil: 2 } } # false',
  ]);
  assert.equal((await box.run('check', file)).status, 0);
  assert.match((await box.run(...coils)).stderr, /3 found, 3 read by tags already\n0 tags added/);
  assert.equal(readFileSync(file, 'utf8'), after);

  const strange = await box.run(
    'browse',
    'plc',
    '--site',
    file,
    '--data',
    box.path('none'),
    '--from',
    'everything',
  );
  assert.equal(strange.status, 1);
  assert.match(strange.stderr, /neither a unit nor a range/);
});

test('a running site is browsed through the session that it has, and tested by what it sees', async () => {
  await using plc = await device();
  await using box = new Sandbox();
  const { file, data } = smallSite(box, { modbus: plc.port, mqtt: await freePort() });
  await box.startEdge(file, data);
  const api = new Api(data);
  await until('the device is read', async () => (await api.tag('line/press/target')).quality === 'good');
  const { stdout, stderr, status } = await box.run(
    'browse',
    'plc',
    '--data',
    data,
    '--from',
    '1/holding/0-3',
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /session of the running site small/);
  assert.match(stdout, NEW_UNIT);
  assert.equal(stdout.trimEnd().split('\n').length, 3);

  const { steps } = await tryOut(box, 'plc', file, '--data', data);
  assert.match(steps[0]?.said ?? '', /bears one session, and the running site small has it/);
  assert.ok(
    steps.some(
      ({ step, state, said }) => step === 'value' && state === 'ok' && /pressure: 100 bar/.test(said),
    ),
  );
  assert.equal((await api.status()).sources.plc?.opened, 1);
  assert.equal(plc.connections, 1);

  const reply = await api.fetch('/api/sources/nobody/browse');
  assert.equal(reply.status, 404);
  const down = await box.run('browse', 'broker', '--data', data);
  assert.equal(down.status, 1);
  assert.match(down.stderr, /source broker is (waiting|opening)/);

  const gone = new AbortController();
  const slow = await api.fetch('/api/sources/plc/browse?from=1/holding/0-9999', { signal: gone.signal });
  const reader = slow.body?.getReader();
  assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /"holding":0/);
  gone.abort();
  const asked = async () => (await api.status()).sources.plc?.load.requests ?? 0;
  await until('hanging up ends the search: the polls alone are left', async () => {
    const before = await asked();
    await new Promise((done) => setTimeout(done, 500));
    return (await asked()) - before < 15;
  });
});

test('a broker is browsed by listening to what is said', async () => {
  await using broker = await startMosquitto();
  await using box = new Sandbox();
  const { file } = smallSite(box, { modbus: await freePort(), mqtt: broker.port });
  await broker.pub('-r', '-t', 'oven/temperature', '-m', '180.5');
  await broker.pub(
    '-r',
    '-t',
    'plant/Line 1/Füllstand',
    '-m',
    '{"value":12.5,"ok":true,"state":{"name":"run"}}',
  );
  const args = ['browse', 'broker', '--site', file, '--data', box.path('none'), '--for', '1s'];
  const { stdout, stderr, status } = await box.run(...args);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /4 found, 1 read by tags already/);
  assert.match(stdout, /^ {2}plant\/line_1\/fuellstand\/ok: # true\n {4}type: boolean\n/m);
  assert.match(stdout, /path: state\.name/);
  const one = await box.run(...args, '--type', 'number', '--from', 'plant/#', '--write', file);
  assert.equal(one.status, 0, one.stderr);
  assert.match(one.stdout, /^\+ tag plant\/line_1\/fuellstand\/value$/m);
  const { status: tried, steps } = await tryOut(box, 'broker', file, '--within', '5s');
  assert.equal(tried, 0, JSON.stringify(steps));
  assert.ok(
    steps.some(({ said }) => said.startsWith('plant/line_1/fuellstand/value: 12.5, uncertainLastUsable')),
    JSON.stringify(steps),
  );
});

test('tags go to a spreadsheet and come back; what is wrong there is told by line and cell', async () => {
  await using box = new Sandbox();
  const { file } = smallSite(box, { modbus: 502, mqtt: 1883 });
  const table = box.path('tags.csv');
  const before = readFileSync(file, 'utf8');
  for (const more of [[], ['--semicolon']]) {
    assert.equal((await box.run('tags', 'export', '--site', file, '-o', table, ...more)).status, 0);
    const same = await box.run('tags', 'import', table, '--site', file, '--remove-missing');
    assert.match(same.stderr, /0 added, 0 changed, 3 as they were\n/);
    assert.equal(same.stdout, '');
    assert.equal(readFileSync(file, 'utf8'), before);
  }
  const heads = 'path;unit;range.low;range.high;source;address.unit;address.holding\r\n';
  writeFileSync(
    table,
    `${heads}line/press/pressure;barr;0;5;plc;1;0\r\nline/a;bar;5;1;plc;1;2\r\nline/b;bar;x;9;plc;1;\r\nline/c;bar;0,5;9;nobody;1;4\r\n`,
  );
  const wrong = await box.run('tags', 'import', table, '--site', file);
  assert.equal(wrong.status, 2);
  const places = [...wrong.stderr.matchAll(/tags\.csv:(\d+:\d+) error: (.*)/g)].map(
    (match) => `${match[1]} ${match[2]}`,
  );
  assert.equal(places.length, 4, wrong.stderr);
  assert.match(places[0] ?? '', /^2:2 .*barr/);
  assert.match(places[1] ?? '', /^3:3 .*lower end comes first/);
  assert.match(places[2] ?? '', /^4:3 range\.low: x is no number/);
  assert.match(places[3] ?? '', /^5:5 there is no source nobody/);
  assert.match(wrong.stderr, /nothing was written/);
  assert.equal(readFileSync(file, 'utf8'), before);

  writeFileSync(table, `${heads}line/press/pressure;bar;0;5,5;plc;1;0\r\nline/a;bar;;;plc;1;2\r\n`);
  const dry = await box.run('tags', 'import', table, '--site', file, '--dry-run');
  assert.match(dry.stdout, /^\+ tag line\/a$/m);
  assert.match(dry.stdout, /^~ tag line\/press\/pressure: range none → \[0,5\.5\]$/m);
  assert.equal(readFileSync(file, 'utf8'), before);
  const done = await box.run('tags', 'import', table, '--site', file, '--remove-missing');
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^- tag line\/oven\/temperature$/m);
  assert.match(done.stderr, /1 added, 1 changed, 0 as they were, 2 removed/);
  const after = readFileSync(file, 'utf8');
  assert.ok(after.includes('line/a: { unit: bar, source: plc, address: { unit: 1, holding: 2 } }'));
  assert.ok(after.startsWith(before.slice(0, before.indexOf('tags:'))));
  assert.ok(after.endsWith(before.slice(before.indexOf('alarms:'))));
});

test('programs get tables as JSON: what a site has, what would change, and what is wrong', async () => {
  await using box = new Sandbox();
  const { file } = smallSite(box, { modbus: 502, mqtt: 1883 });
  const table = box.path('tags.csv');
  const tags = await box.json<readonly { path: string; source?: string }[]>('tags', 'export', '--site', file);
  const pressure = tags.find(({ path }) => path === 'line/press/pressure');
  assert.partialDeepStrictEqual(pressure, { source: 'plc', unit: 'bar', address: { unit: 1, holding: 0 } });

  const before = readFileSync(file, 'utf8');
  writeFileSync(table, 'path,range.low,range.high\nline/press/pressure,0,5\n');
  const given = ['tags', 'import', table, '--site', file];
  const change = {
    section: 'tags',
    id: 'line/press/pressure',
    what: 'changed',
    fields: [{ path: 'range', after: [0, 5] }],
  };
  const dry = await box.json(...given, '--dry-run');
  assert.deepEqual(dry, { ok: true, written: false, notes: [], changes: [change] });
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.partialDeepStrictEqual(await box.json(...given), { ok: true, written: true });
  assert.notEqual(readFileSync(file, 'utf8'), before);

  writeFileSync(table, 'path,range.low,range.high\nline/press/pressure,x,5\n');
  const wrong = await box.run(...given, '--json');
  assert.deepEqual([wrong.status, wrong.stderr], [2, '']);
  assert.partialDeepStrictEqual(JSON.parse(wrong.stdout), {
    ok: false,
    problems: [{ file: table, line: 2, column: 2, message: 'range.low: x is no number' }],
  });
  writeFileSync(file, 'site: ?\n');
  const bad = await box.run('tags', 'export', '--site', file, '--json');
  assert.deepEqual([bad.status, bad.stderr], [2, '']);
  assert.partialDeepStrictEqual(JSON.parse(bad.stdout), { ok: false, problems: [{ file }] });
});

test('a table that cannot be read or written is told as such', async () => {
  await using box = new Sandbox();
  const { file } = smallSite(box, { modbus: 502, mqtt: 1883 });
  const nowhere = box.path('none', 'tags.csv');
  const unwritten = await box.run('tags', 'export', '--site', file, '-o', nowhere);
  assert.equal(unwritten.status, 1);
  assert.match(unwritten.stderr, /^error: cannot write .*\(cli\.not-written\)\n {2}make room/);
  const unread = await box.run('tags', 'import', nowhere, '--site', file);
  assert.equal(unread.status, 2);
  assert.match(unread.stderr, /^error: cannot read .*\(tags\.unreadable\)\n/);
});
