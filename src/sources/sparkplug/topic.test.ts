import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config, check } from './config.ts';
import { tagPath } from './tag-book.ts';
import { filters, routeOf } from './topic.ts';
import { Unit } from './unit.ts';

test('topics are taken apart by the specification, and nothing else is one', () => {
  assert.deepEqual(routeOf('spBv1.0/g/DDATA/n/d'), { type: 'DDATA', group: 'g', node: 'n', device: 'd' });
  assert.deepEqual(routeOf('spBv1.0/g/NBIRTH/n'), {
    type: 'NBIRTH',
    group: 'g',
    node: 'n',
    device: undefined,
  });
  for (const topic of [
    'spBv1.0/g/NDATA/n/d',
    'spBv1.0/g/DDATA/n',
    'spBv1.0/g/NCMD/n',
    'a/b',
    'spBv1.0/STATE/x',
  ]) {
    assert.equal(routeOf(topic), undefined, topic);
  }
  assert.equal(filters([], []).length, 6);
  assert.deepEqual(
    filters(['g'], ['n']).map(({ topic, qos }) => `${qos} ${topic}`)[1],
    '1 spBv1.0/g/NDEATH/n',
  );
});

test('paths keep to the namespace, with and without a device', () => {
  const template = '{group}/{node}/{device}/{metric}';
  assert.equal(
    tagPath(template, new Unit('Plant 1', 'Cell', 'Pump#1'), 'Out/Temp °C'),
    'plant_1/cell/pump_1/out/temp__c',
  );
  assert.equal(tagPath(template, new Unit('1', 'n', undefined), 'x'), 't1/n/x');
  assert.equal(tagPath('{node}/{device}', new Unit('g', 'n', undefined), 'x'), 'n');
});

test('a configuration that contradicts itself is told, with the tag', () => {
  const config = Config.parse({ url: 'mqtt://h', hostId: 'h', groups: ['a'], discover: [{ tag: '{x}' }] });
  const tag = { number: 0, type: 'number', access: 'read' } as const;
  const found = check(config, [
    { tag: { ...tag, path: 'p/one' }, address: { group: 'b', node: 'n', metric: 'm' } },
    { tag: { ...tag, path: 'p/two' }, address: { group: 'b', node: 'n', metric: 'm' } },
  ]);
  assert.deepEqual(
    found.map(({ tag: path, message }) => [path, message]),
    [
      ['p/one', 'group b is not listened to'],
      ['p/two', 'p/one is read from the same metric'],
      ['p/two', 'group b is not listened to'],
      [undefined, "discover 1: {x} in tag '{x}' stands for nothing"],
    ],
  );
  assert.equal(Config.safeParse({ url: 'mqtt://h', hostId: 'a/b' }).success, false);
});
