import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { type Site, startSite } from '#edge/site.ts';
import { qualityName } from '#kernel/quality.ts';
import { journalConfig } from '../crash/journal-fixture.ts';
import { until } from '../until.ts';
import { startMosquitto } from './mosquitto.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function qualityOf(site: Site, path: string): string {
  const tag = site.core.table.find(path);
  return tag ? qualityName(site.core.values.get(tag.number).quality) : 'unknown';
}

test('a sensor that dies behind a living broker makes its tags bad, those that wildcards found too', async (t) => {
  await using broker = await startMosquitto();
  const { blueprint, problems } = await checkSite(`
site: north
sources:
  sensors:
    kind: mqtt
    url: '${broker.url}'
    staleAfterMs: 1500
    discover:
      - { topic: env/+/temperature, tag: hall/$1/temperature }
      - { topic: door/+/open, tag: hall/$1/open, type: boolean, staleAfterMs: 0 }
tags:
  pump/speed: { source: sensors, address: { topic: speed } }
  pump/fault: { type: boolean, source: sensors, address: { topic: fault }, staleAfterMs: 0 }
`);
  assert.ok(blueprint, JSON.stringify(problems));
  const dataDir = journalConfig(t).dir;
  await using site = await startSite({ blueprint, dataDir, log: quiet, version: '1' });
  await until('the source runs', () => site.status().sources.sensors?.state === 'running');
  const topics = { speed: 1480, fault: 0, 'env/north/temperature': 21, 'door/main/open': 1 };
  for (const [topic, value] of Object.entries(topics)) await broker.pub('-t', topic, '-m', String(value));
  const dying = ['pump/speed', 'hall/north/temperature'];
  const asLong = ['pump/fault', 'hall/main/open'];
  await until('all are good', () => [...dying, ...asLong].every((path) => qualityOf(site, path) === 'good'));
  await until('the silent ones are bad', () =>
    dying.every((path) => qualityOf(site, path) === 'badNoCommunication'),
  );
  assert.deepEqual(
    asLong.map((path) => qualityOf(site, path)),
    ['good', 'good'],
  );
  await broker.pub('-t', 'env/north/temperature', '-m', '22');
  await until('it speaks again', () => qualityOf(site, 'hall/north/temperature') === 'good');
  assert.equal(site.status().sources.sensors?.opened, 1, 'the broker was there all the time');
});
