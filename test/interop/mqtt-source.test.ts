import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMosquitto } from './mosquitto.ts';
import { brief, openSource, take, testDeps } from './mqtt-site.ts';

for (const version of [4, 5]) {
  test(`rows are what mosquitto_pub sent, MQTT ${version}`, async () => {
    await using broker = await startMosquitto();
    const deps = testDeps([
      { path: 'a/plain', address: { topic: 'plain' } },
      { path: 'a/temp', address: { topic: 'json', path: 'v.temp', timePath: 'ts' } },
      { path: 'a/on', type: 'boolean', address: { topic: 'json', path: 'v.on' } },
      { path: 'a/total', type: 'int64', address: { topic: 'json', path: 'total' } },
      { path: 'a/name', type: 'text', address: { topic: 'json', path: 'names[1]' } },
      { path: 'a/all', type: 'structure', address: { topic: 'json', path: 'v' } },
    ]);
    await using source = await openSource({ url: broker.url, version }, deps);
    await broker.pub('-q', '1', '-t', 'plain', '-m', '12.5');
    const json =
      '{"v":{"temp":-3.25,"on":true},"ts":1700000000123,"total":9007199254740993,"names":["x","ü\\n"]}';
    await broker.pub('-q', '1', '-t', 'json', '-m', json);
    const { rows } = await take(source, deps, 6);
    assert.deepEqual(brief(rows), [
      ['a/plain', 12.5],
      ['a/temp', -3.25],
      ['a/on', 1],
      ['a/total', 9007199254740993n],
      ['a/name', 'ü\n'],
      ['a/all', { temp: -3.25, on: true }],
    ]);
    assert.equal(rows[1]?.timeUs, 1_700_000_000_123_000);
    assert.deepEqual([...new Set(rows.map((row) => row.quality))], ['good']);
  });
}
