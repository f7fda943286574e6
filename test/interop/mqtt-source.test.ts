import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Value } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Inbox } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { until } from '#test/until.ts';
import { startMosquitto } from './mosquitto.ts';
import { startLine } from './mqtt-line.ts';
import { brief, command, openSource, rowsOf, take, testDeps } from './mqtt-site.ts';

const soon = () => AbortSignal.timeout(8000);

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

  test(`messages that were not settled come again after our connection died, MQTT ${version}`, async () => {
    // One at a time: that the second message comes says that the broker knows the first as confirmed.
    await using broker = await startMosquitto(['max_inflight_messages 1']);
    const config = { url: broker.url, version, clientId: 'edge' };
    const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
    // A TCP proxy that can cut the line, so that the broker sees no goodbye.
    await using line = await startLine(broker.port);
    const first = await openSource({ ...config, url: `mqtt://127.0.0.1:${line.port}` }, deps);
    await broker.pub('-q', '1', '-t', 'x', '-m', '1');
    await take(first, deps, 1);
    await broker.pub('-q', '1', '-t', 'x', '-m', '2');
    await take(first, deps, 1, false);
    line.cut();
    await assert.rejects(first.read(soon()), { code: 'mqtt.lost' });
    await broker.pub('-q', '1', '-t', 'x', '-m', '3'); // while nobody is there
    await first[Symbol.asyncDispose]();

    await using second = await openSource(config, deps);
    assert.equal(second.resumed, true);
    const { rows } = await take(second, deps, 2);
    assert.deepEqual(brief(rows), [
      ['a/x', 2],
      ['a/x', 3],
    ]);
  });
}

test('nothing is confirmed before it is settled, and then in the order of arrival', async () => {
  await using broker = await startMosquitto(['max_inflight_messages 3']);
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  await using source = await openSource({ url: broker.url, version: 4 }, deps);
  for (let i = 1; i <= 5; i++) await broker.pub('-q', '1', '-t', 'x', '-m', String(i));
  const first = await take(source, deps, 3, false);
  // The broker holds back the fourth as long as three are unconfirmed: settle the later ones first.
  const settle = first.deliveries.map((delivery) => delivery.settled);
  for (const done of settle.slice(1)) done?.('durable');
  const fourth = take(source, deps, 2);
  settle[0]?.('durable');
  assert.deepEqual(brief((await fourth).rows), [
    ['a/x', 4],
    ['a/x', 5],
  ]);
});

test('while rows do not get to the disk nothing is confirmed, yet values flow; then all unconfirmed come again', async () => {
  // Two unconfirmed messages stop this broker: decisions would wait for the disk.
  await using broker = await startMosquitto(['max_inflight_messages 2']);
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  const config = { url: broker.url, clientId: 'edge' };
  {
    await using source = await openSource(config, deps);
    let result: 'durable' | Fault = new Fault('journal.full', 'the disk is full');
    const values: (number | Value)[] = [];
    const reading = (async () => {
      for (;;) {
        const { batch, settled } = await source.read(soon());
        values.push(...rowsOf(batch, deps.table).map(({ value }) => value));
        settled?.(result);
      }
    })();
    for (const value of ['1', '2', '3']) await broker.pub('-q', '1', '-t', 'x', '-m', value);
    await until('live values flow', async () => {
      await broker.pub('-t', 'x', '-m', '4');
      return values.filter((value) => value === 4).length >= 3;
    });
    assert.deepEqual(values.slice(0, 2), [1, 2]);
    const ends = assert.rejects(reading, { code: 'mqtt.durable-again', retry: 'now' });
    result = 'durable';
    await broker.pub('-t', 'x', '-m', '5');
    await ends;
  }
  await using source = await openSource(config, deps);
  // What was not confirmed comes at least once.
  const again = new Set<number | Value>();
  while (!again.has(2)) for (const { value } of (await take(source, deps, 1)).rows) again.add(value);
  assert.deepEqual([...again].slice(0, 2), [1, 2]);
});

test('what the broker kept may be more than the inbox holds', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([{ path: 'a/x', type: 'text', address: { topic: 'x' } }]);
  const config = { url: broker.url, clientId: 'edge', inboxBytes: 1024 };
  await (await openSource(config, deps))[Symbol.asyncDispose]();
  for (let i = 0; i < 20; i++) await broker.pub('-q', '1', '-t', 'x', '-m', `${i}`.padStart(4000, '.'));
  await using source = await openSource(config, deps);
  const { rows } = await take(source, deps, 20);
  assert.deepEqual(
    rows.map(({ value }) => Number(String(value).replaceAll('.', ''))),
    Array.from({ length: 20 }, (_, i) => i),
  );
  assert.equal(source.resumed, true);
});

test('a broker that is killed ends read with a fault, and the source opens again after its restart', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  const source = await openSource({ url: broker.url }, deps);
  const reading = assert.rejects(source.read(soon()), { code: 'mqtt.lost' });
  await broker.kill();
  await reading;
  await source[Symbol.asyncDispose]();
  await assert.rejects(openSource({ url: broker.url }, deps), { code: 'mqtt.unreachable' });
  await broker.restart();
  await using again = await openSource({ url: broker.url }, deps);
  assert.equal(again.resumed, false);
  await broker.pub('-q', '1', '-t', 'x', '-m', '7');
  assert.deepEqual(brief((await take(again, deps, 1)).rows), [['a/x', 7]]);
});

test('a retained value is the last known one, also where it says of when it is', async () => {
  await using broker = await startMosquitto();
  await broker.pub('-r', '-t', 'old', '-m', '5');
  await broker.pub('-r', '-t', 'dated', '-m', '{"v":6,"at":"2024-05-01T10:00:00.250Z"}');
  const deps = testDeps([
    { path: 'a/old', address: { topic: 'old' } },
    { path: 'a/dated', address: { topic: 'dated', path: 'v', timePath: 'at', timeUnit: 'iso' } },
  ]);
  await using source = await openSource({ url: broker.url }, deps);
  const rows = (await take(source, deps, 2)).rows.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  assert.deepEqual(
    rows.map((row) => [row.value, row.quality]),
    [
      [6, 'uncertainLastUsable'],
      [5, 'uncertainLastUsable'],
    ],
  );
  assert.equal(rows[0]?.timeUs, Date.parse('2024-05-01T10:00:00.250Z') * 1000);
});

test('wildcard topics become tags, at most so many, and each new talker is a security event', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([
    { path: 'env/hall/known', address: { topic: 'plant/hall/env/Known', path: 'value' } },
  ]);
  const discover = [{ topic: 'plant/+/env/+', tag: 'env/$1/$2', path: 'value', unit: 'Cel', limit: 2 }];
  await using source = await openSource({ url: broker.url, discover }, deps);
  for (const topic of [
    'hall/env/Known',
    'Hall 1/env/Temp',
    'hall_1/env/temp',
    '2/env/x',
    '3/env/x',
    '2/env/x',
  ]) {
    await broker.pub('-q', '1', '-t', `plant/${topic}`, '-m', '{"value":21}');
  }
  const { rows } = await take(source, deps, 4);
  assert.deepEqual(
    rows.map((row) => row.tag),
    ['env/hall/known', 'env/hall_1/temp', 'env/2/x', 'env/2/x'],
  );
  assert.equal(deps.table.find('env/2/x')?.unit, 'Cel');
  const told = deps.events.map((event) => [event.kind, event.name, event.subject]);
  assert.deepEqual(told, [
    ['security', 'security.new-talker', 'plant/Hall 1/env/Temp'],
    ['system', 'mqtt.topic-ignored', 'plant/hall_1/env/temp'],
    ['security', 'security.new-talker', 'plant/2/env/x'],
    ['system', 'mqtt.topic-ignored', 'plant/3/env/x'],
  ]);
});

test('a wildcard does not take over the tag of somebody else', async () => {
  await using broker = await startMosquitto();
  const real = testDeps([]);
  const owners = new TagOwners(['line/pump/speed']);
  const declare = (info: TagInfo) => {
    owners.claim(info.path, 'broker');
    return real.table.declare(info);
  };
  const deps = { ...real, tags: { declare } };
  {
    const discover = [{ topic: 'plant/+/speed', tag: 'line/$1/speed' }];
    await using source = await openSource({ url: broker.url, discover }, deps);
    for (const topic of ['pump', 'pump', 'fan', 'pump']) {
      await broker.pub('-q', '1', '-t', `plant/${topic}/speed`, '-m', '9000');
    }
    assert.deepEqual(brief((await take(source, deps, 1)).rows), [['line/fan/speed', 9000]]);
    assert.deepEqual(
      deps.events.map(({ kind, name, subject }) => [kind, name, subject]),
      [
        ['security', 'security.tag-conflict', 'plant/pump/speed'],
        ['security', 'security.new-talker', 'plant/fan/speed'],
      ],
    );
    await broker.pub('-q', '1', '-t', 'plant/fan/speed', '-m', '9001');
    await take(source, deps, 1);
  }
  assert.deepEqual(deps.events.at(-1)?.detail, { messages: 3 });
});

test('a message above the limit is a counted gap; the connection and its neighbours live', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([{ path: 'a/x', address: { topic: 'x' } }]);
  await using source = await openSource({ url: broker.url, maxPacketBytes: 1000 }, deps);
  for (const size of [0, 300_000, 0])
    await broker.pub('-q', '1', '-t', 'x', '-m', `1${' '.repeat(size / 3)}`);
  const { deliveries } = await take(source, deps, 2);
  const gaps = deliveries.flatMap((delivery) => delivery.gaps ?? []);
  assert.deepEqual(
    gaps.map(({ tags, count, reason, source: from }) => ({ tags, count, reason, from })),
    [{ tags: [0], count: 1, reason: 'undecodable', from: 'broker' }],
  );
});

test('payloads that are no value of the tag are bad rows', async () => {
  await using broker = await startMosquitto();
  const deps = testDeps([
    { path: 'a/x', address: { topic: 'x' } },
    { path: 'a/v', address: { topic: 'json', path: 'v' } },
    { path: 'a/w', address: { topic: 'json', path: 'w' } },
  ]);
  await using source = await openSource({ url: broker.url }, deps);
  for (const [topic, payload] of [
    ['x', 'tepid'],
    ['json', '{"v":"7","w":1}'],
    ['json', '{"v":7,'],
    ['json', '{"v":1e999}'],
  ]) {
    await broker.pub('-q', '1', '-t', topic as string, '-m', payload as string);
  }
  const { rows } = await take(source, deps, 6);
  assert.deepEqual(
    rows.map((row) => [row.tag, row.value, row.quality]),
    [
      ['a/x', Number.NaN, 'badDecoding'],
      ['a/v', Number.NaN, 'badTypeMismatch'],
      ['a/w', 1, 'good'],
      ['a/v', Number.NaN, 'badDecoding'],
      ['a/w', Number.NaN, 'badDecoding'],
      ['a/v', Number.NaN, 'badOutOfRange'],
    ],
  );
});

test('a full inbox holds the broker back, and nothing is lost', async () => {
  await using broker = await startMosquitto(['max_inflight_messages 0', 'max_queued_messages 0']);
  let pushedWhileFull = 0;
  const inbox = (limitBytes: number): Inbox => {
    const real = createInbox(limitBytes);
    const push = real.push.bind(real);
    real.push = (delivery, bytes) => {
      if (real.full) pushedWhileFull++;
      return push(delivery, bytes);
    };
    return real;
  };
  const deps = { ...testDeps([{ path: 'a/x', address: { topic: 'x' } }]), inbox };
  await using source = await openSource({ url: broker.url, inboxBytes: 2048 }, deps);
  const payloads = Array.from({ length: 3000 }, (_, i) => i);
  await using sender = await openSource(
    { url: broker.url, clientId: 'sender' },
    testDeps([{ path: 'a/x', access: 'write', address: { write: { topic: 'x' } } }]),
  );
  const write = sender.write?.bind(sender);
  for (let i = 0; i < payloads.length; i += 500) {
    const some = payloads.slice(i, i + 500);
    const results = await Promise.all(some.map((value) => write?.(command(value), soon())));
    assert.ok(results.every((result) => result?.state === 'sent'));
  }
  const { rows, deliveries } = await take(source, deps, payloads.length);
  assert.deepEqual(
    rows.map((row) => row.value),
    payloads,
  );
  assert.ok(deliveries.length > 1);
  assert.equal(pushedWhileFull, 0);
});

test('a topic that the site file no longer names is told once and left', async () => {
  await using broker = await startMosquitto();
  const config = { url: broker.url, clientId: 'edge' };
  const x = { path: 'a/x', address: { topic: 'x' } };
  {
    await using _before = await openSource(config, testDeps([x, { path: 'a/y', address: { topic: 'y' } }]));
  }
  for (const expected of [['y'], []]) {
    const deps = testDeps([x]);
    await using source = await openSource(config, deps);
    await broker.pub('-q', '1', '-t', 'y', '-m', '1');
    await broker.pub('-q', '1', '-t', 'x', '-m', '2');
    assert.deepEqual(brief((await take(source, deps, 1)).rows), [['a/x', 2]]);
    assert.deepEqual(
      deps.events.map((event) => event.subject),
      expected,
    );
  }
});
