import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import type { Point, Tags } from '#plugin/api.ts';
import { mqtt } from '#sources/mqtt/mqtt.ts';
import { startMosquitto } from './mosquitto.ts';
import { brief, openSource, take, testDeps } from './mqtt-site.ts';

const LOGGED = ['log_type subscribe', 'log_type unsubscribe', 'log_dest file DIR/log'];

test('only the topics that differ are subscribed and left, in the same session', async () => {
  await using broker = await startMosquitto(LOGGED);
  const deps = testDeps([
    { path: 'a', address: { topic: 'x/a' } },
    { path: 'b', address: { topic: 'x/b' } },
  ]);
  await using source = await openSource({ url: broker.url }, deps);
  const pointOf = (path: string): Point => ({
    tag: deps.table.declare({ path, type: 'number', access: 'read' }),
    address: mqtt.address.parse({ topic: `x/${path}` }),
  });
  const config = mqtt.config.parse({ url: broker.url });
  assert.equal(await source.reconfigure?.(config, ['b', 'c'].map(pointOf)), true);
  for (const topic of ['x/a', 'x/b', 'x/c']) await broker.pub('-t', topic, '-m', '1', '-q', '1');
  const { rows } = await take(source, deps, 2);
  assert.deepEqual(brief(rows), [
    ['b', 1],
    ['c', 1],
  ]);
  const log = readFileSync(`${broker.dir}/log`, 'utf8');
  const said = (topic: string) => log.split('\n').filter((line) => line.includes(topic)).length;
  assert.equal(said('x/b'), 1, 'subscribed once, and not again');
  assert.equal(said('x/a'), 2, 'subscribed, then left');
});

test('what a wildcard found stays found, unless the site file gave its tag away', async () => {
  await using broker = await startMosquitto();
  const plain = testDeps([]);
  const owned = new Set<string>();
  const tags: Tags = {
    declare(info) {
      if (owned.has(info.path)) throw new Fault('tag.owned', `tag ${info.path} belongs to the site file`);
      return plain.table.declare(info);
    },
  };
  const deps = { ...plain, tags };
  const discover = [{ topic: 'env/+', tag: 'env/$1' }];
  await using source = await openSource({ url: broker.url, discover }, deps);
  const config = mqtt.config.parse({ url: broker.url, discover });
  const publish = async (topic: string, value: number) => broker.pub('-t', topic, '-m', String(value));
  await publish('env/one', 1);
  await publish('env/two', 2);
  assert.deepEqual(brief((await take(source, deps, 2)).rows), [
    ['env/one', 1],
    ['env/two', 2],
  ]);
  // The file names one of them now, with a topic of its own.
  const named: Point = {
    tag: deps.table.declare({ path: 'env/two', type: 'number', access: 'read' }),
    address: mqtt.address.parse({ topic: 'env/zwei' }),
  };
  owned.add('env/two');
  assert.equal(await source.reconfigure?.(config, [named]), true);
  const talkers = () => deps.events.filter(({ name }) => name === 'security.new-talker').length;
  const before = talkers();
  await publish('env/two', 20);
  await publish('env/one', 10);
  await publish('env/zwei', 200);
  assert.deepEqual(brief((await take(source, deps, 2)).rows), [
    ['env/one', 10],
    ['env/two', 200],
  ]);
  assert.equal(talkers(), before, 'nobody who was known is new');
  assert.ok(deps.events.some(({ name }) => name === 'security.tag-conflict'));
});
