import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GapView } from '#contract/api.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { exception, freePort, libraryServer } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

const PRESSURE = 'line/press/pressure';
const TEMPERATURE = 'line/oven/temperature';

const device = (pressure: number, port: number) =>
  libraryServer({ getHoldingRegister: (address: number) => (address === 0 ? pressure : 0) }, port);

test('a site starts with every peer down and takes each one as it comes, goes and comes again', async () => {
  await using broker = await startMosquitto();
  await broker.kill();
  await using box = new Sandbox();
  const modbus = await freePort();
  const { file, data } = smallSite(box, { modbus, mqtt: broker.port });
  const edge = await box.startEdge(file, data);
  const api = new Api(data);
  const isGood = async (path: string, value: number) => {
    const tag = await api.tag(path);
    return tag.quality === 'good' && tag.value === value;
  };

  await until('both sources wait', async () =>
    Object.values((await api.status()).sources).every(({ state, fault }) => state === 'waiting' && fault),
  );
  for (const { fault } of Object.values((await api.status()).sources)) {
    assert.match(fault?.message ?? '', /127\.0\.0\.1:\d+/);
    assert.ok(fault?.hint, 'it says what to do');
  }
  const text = (await box.run('status', '--data', data)).stdout;
  assert.match(text, new RegExp(`^plc +modbus +waiting .*:${modbus} `, 'm'));
  assert.match(text, new RegExp(`^broker +mqtt +waiting .*:${broker.port} `, 'm'));
  for (const path of [PRESSURE, TEMPERATURE]) {
    const { quality, value } = await api.tag(path);
    assert.deepEqual([quality, value], ['badNotConnected', null], path);
  }

  await broker.restart();
  await until('the broker is found', async () => (await api.status()).sources.broker?.state === 'running');
  await broker.pub('-t', 'oven/temperature', '-m', '180');
  await until('a value by MQTT', () => isGood(TEMPERATURE, 180));
  assert.equal((await api.tag(PRESSURE)).quality, 'badNotConnected', 'the other one is still away');

  {
    await using _plc = await device(4, modbus);
    await until('a value by Modbus', () => isGood(PRESSURE, 4), 20_000);
  }
  await broker.kill();
  for (const path of [PRESSURE, TEMPERATURE]) {
    await until(`${path} is bad`, async () => (await api.tag(path)).quality.startsWith('bad'));
  }

  await using _plc = await device(5, modbus);
  await broker.restart();
  await until('Modbus again', () => isGood(PRESSURE, 5), 20_000);
  const subscribed = async () => (await api.status()).sources.broker?.state === 'running';
  await until('the broker again', subscribed, 20_000);
  await broker.pub('-t', 'oven/temperature', '-m', '190');
  await until('MQTT again', () => isGood(TEMPERATURE, 190));
  assert.equal((await api.status()).pid, edge.pid, 'without a restart');
  await until('what was missed is said', async () => {
    const gaps = await api.get<readonly GapView[]>('/api/gaps');
    return ['plc', 'broker'].every((id) =>
      gaps.some(({ source, reason }) => source === id && reason === 'device-silent'),
    );
  });

  const ofBroker = (await api.get<readonly GapView[]>('/api/gaps')).filter(
    ({ source }) => source === 'broker',
  );
  for (const { tags } of ofBroker) assert.deepEqual(tags, [TEMPERATURE]);
  const listed = (await box.run('gaps', '--data', data)).stdout;
  assert.match(listed, new RegExp(`plc .* device-silent +${PRESSURE}, line/press/target\n`));
  assert.match(listed, new RegExp(`broker .* device-silent +${TEMPERATURE}\n`));

  const { status, stderr } = await edge.stop('SIGTERM');
  // To the person who starts it, and nothing else.
  assert.match(stderr, /^There is no administrator yet\. .*\n$/);
  assert.equal(status, 0);
});

test('a site whose peers are there already reads them at once', async () => {
  await using broker = await startMosquitto();
  await broker.pub('-t', 'oven/temperature', '-m', '170', '-r');
  const modbus = await freePort();
  await using _plc = await device(3, modbus);
  await using box = new Sandbox();
  const { file, data } = smallSite(box, { modbus, mqtt: broker.port });
  const edge = await box.startEdge(file, data);
  const api = new Api(data);
  await until('both values', async () => {
    const tags = await Promise.all([PRESSURE, TEMPERATURE].map((path) => api.tag(path)));
    return tags.every(({ value }) => value !== null);
  });
  const seen = await Promise.all([PRESSURE, TEMPERATURE].map((path) => api.tag(path)));
  assert.deepEqual(
    seen.map(({ value, quality }) => [value, quality]),
    [
      [3, 'good'],
      [170, 'uncertainLastUsable'],
    ],
    'what the broker kept is no fresh value',
  );
  assert.equal((await edge.stop('SIGINT')).status, 0);
});

test('a device that answers for some of its tags only is running, and says how many have a value', async () => {
  await using box = new Sandbox();
  await using plc = await libraryServer({
    getHoldingRegister: (address: number) => {
      if (address > 3) throw exception(2);
      return address;
    },
  });
  const file = box.path('site.yaml');
  const data = box.path('data');
  const tags = [0, 1, 2, 3, 4].map(
    (at) => `  line/press/v${at}: { source: plc, address: { holding: ${at} } }\n`,
  );
  writeFileSync(
    file,
    `site: small
settings: { api: { port: 0 } }
sources: { plc: { kind: modbus, host: 127.0.0.1, port: ${plc.port}, everyMs: 50 } }
tags:
${tags.join('')}`,
  );
  await box.startEdge(file, data);
  const api = new Api(data);
  await until('four have a value', async () => (await api.status()).sources.plc?.badTags === 1, 20_000);
  const { state, tags: read } = (await api.status()).sources.plc ?? {};
  assert.deepEqual([state, read], ['running', 5]);
  assert.match((await box.run('sources', '--data', data)).stdout, /^plc +modbus +running +\d.* 4 of 5 /m);
  assert.match(
    await (await api.fetch('/metrics')).text(),
    /^holdfast_source_bad_tags\{.*source="plc".*\} 1$/m,
  );
});
