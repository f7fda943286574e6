import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Discovered } from '#plugin/api.ts';
import { Config } from '#sources/mqtt/config.ts';
import { mqttDiscovery } from '#sources/mqtt/discover.ts';
import { until } from '../until.ts';
import { startMosquitto } from './mosquitto.ts';

interface Run {
  readonly found: Discovered[];
  readonly progress: string[];
}

/** @param meanwhile once it listens; then it is told to end, which keeps what was heard */
async function listen(range: object, meanwhile: (run: Run) => Promise<void>): Promise<Run> {
  const run: Run = { found: [], progress: [] };
  const stop = new AbortController();
  const log = {
    debug() {},
    info: (_: object, text: string) => void run.progress.push(text),
    warn() {},
    error() {},
  };
  const parsed = mqttDiscovery.range.parse({ seconds: 60, ...range });
  let over = false;
  const running = (async () => {
    const tools = { clock: systemClock(), log };
    for await (const one of mqttDiscovery.run(parsed, tools, stop.signal)) run.found.push(one);
  })().finally(() => {
    over = true;
  });
  running.catch(() => {}); // awaited below, but it may fail before
  await until('it listens', () => over || run.progress.some((text) => text.startsWith('listening')));
  await meanwhile(run);
  stop.abort();
  await running;
  return run;
}

const heard = (run: Run, count: number) =>
  until(`${count} topics`, () => run.progress.some((text) => text.startsWith(`${count} topics`)));

test('says which topics speak, how often, and what they carry', async () => {
  await using broker = await startMosquitto();
  await broker.pub('-t', 'plant/kept', '-r', '-m', '17');
  const { found } = await listen({ url: broker.url }, async (run) => {
    for (let i = 0; i < 3; i++) await broker.pub('-t', 'plant/pump/speed', '-m', String(1480 + i));
    await broker.pub('-t', 'plant/oven', '-m', '{"t":{"in":180.5,"on":true},"who":"mia"}');
    await broker.pub('-t', 'plant/text', '-m', 'all \u001b[2J well');
    await broker.pub('-t', 'plant/zero', '-n');
    await heard(run, 5);
  });
  const said = Object.fromEntries(found.map((one) => [one.at, one.said]));
  assert.deepEqual(Object.keys(said), [
    'plant/kept',
    'plant/oven',
    'plant/pump/speed',
    'plant/text',
    'plant/zero',
  ]);
  assert.equal(said['plant/kept'], 'kept by the broker; number 17');
  assert.match(said['plant/pump/speed'] ?? '', /^3 times, every [\d.]+ m?s; number 1482$/);
  assert.equal(said['plant/oven'], 'once; JSON with t.in 180.5, t.on 1, who "mia"');
  assert.equal(said['plant/zero'], 'once; empty');
  assert.ok(!said['plant/text']?.includes('\u001b'));
  const { kind, ...config } = (found[0]?.source?.config ?? {}) as { kind?: string };
  assert.equal(kind, 'mqtt');
  assert.equal(Config.parse(config).url, broker.url);
});

test('listens to the filters that were named only, with a session that the broker forgets, and publishes nothing', async () => {
  await using broker = await startMosquitto(['log_type all', 'log_dest file DIR/log']);
  const { found } = await listen({ url: broker.url, topics: ['a/+', 'b/#'] }, async (run) => {
    for (const topic of ['a/1', 'a/1/2', 'b/1/2', 'c']) await broker.pub('-t', topic, '-m', '1');
    await heard(run, 2);
  });
  assert.deepEqual(
    found.map(({ at }) => at),
    ['a/1', 'b/1/2'],
  );
  const log = await readFile(`${broker.dir}/log`, 'utf8');
  const ours = log.split('\n').filter((line) => line.includes('holdfast-discover-'));
  assert.ok(ours.some((line) => /as holdfast-discover-\w+ \(p5, c1/.test(line)));
  assert.ok(!ours.some((line) => line.includes('Received PUBLISH')));
});

test('a silent broker, a refused one and a broker that goes away are told', async () => {
  await using broker = await startMosquitto();
  const silent = await listen({ url: broker.url, topics: ['x'] }, async () => {});
  assert.deepEqual(
    silent.found.map(({ said }) => said),
    ['nothing was said below x'],
  );
  const { found } = await listen({ url: broker.url }, async (run) => {
    await broker.pub('-t', 'a', '-m', '1');
    await heard(run, 1);
    await broker.kill();
    await until('the end', () => run.found.length > 0);
  });
  assert.match(found[1]?.said ?? '', /the session ended early/);
  await assert.rejects(
    listen({ url: broker.url }, async () => {}),
    { code: 'mqtt.unreachable' },
  );
});

test('a filter that is none is refused before anything leaves', () => {
  const range = mqttDiscovery.range.parse({ url: 'mqtt://127.0.0.1:1', topics: ['a/#/b'] });
  assert.throws(() => mqttDiscovery.plan(range), { code: 'discover.range' });
});
