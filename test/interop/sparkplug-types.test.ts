import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TagType } from '#kernel/tag-table.ts';
import { startMosquitto } from './mosquitto.ts';
import { startNode } from './sparkplug-peer.ts';
import { brief, hostDeps, metric, openHost, readRows, readUntil } from './sparkplug-site.ts';

/** A 64-bit integer as protobufjs takes it. */
const long = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: value >= 0n,
});

/** Every type that sparkplug-payload can write: as what tag it is read, what is sent, and what the row must hold. */
const CASES: readonly (readonly [type: string, tag: TagType, sent: unknown, read: unknown])[] = [
  ['Int8', 'number', -128, -128],
  ['Int16', 'number', -32_768, -32_768],
  ['Int32', 'number', -2_147_483_648, -2_147_483_648],
  ['Int64', 'int64', long(-9223372036854775808n), -(2n ** 63n)],
  ['Int64', 'int64', long(9007199254740993n), 9_007_199_254_740_993n],
  ['Int64', 'number', long(-5n), -5],
  ['UInt8', 'number', 255, 255],
  ['UInt16', 'number', 65_535, 65_535],
  ['UInt32', 'number', 4_294_967_295, 4_294_967_295],
  ['UInt32', 'int64', 4_294_967_295, 4_294_967_295n],
  ['UInt64', 'int64', long(18446744073709551615n), 2n ** 64n - 1n],
  ['Float', 'number', 1.25, 1.25],
  ['Double', 'number', 0.1, 0.1],
  ['Boolean', 'boolean', true, 1],
  ['String', 'text', 'Grüße, 世界 🌍', 'Grüße, 世界 🌍'],
  ['Text', 'text', '', ''],
  ['UUID', 'text', '0192f0c1-2c6e-7f1e-8a55-3c1d7d8b1f00', '0192f0c1-2c6e-7f1e-8a55-3c1d7d8b1f00'],
  ['DateTime', 'number', long(1_700_000_000_123n), 1_700_000_000_123],
  ['Bytes', 'structure', Uint8Array.of(0, 255, 128), Uint8Array.of(0, 255, 128)],
  ['File', 'structure', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  [
    'DataSet',
    'structure',
    {
      numOfColumns: 3,
      columns: ['id', 'name', 'ok'],
      types: ['Int8', 'String', 'Boolean'],
      rows: [
        [1, 'a', true],
        [2, 'b', false],
      ],
    },
    [
      { id: 1, name: 'a', ok: true },
      { id: 2, name: 'b', ok: false },
    ],
  ],
  [
    'Template',
    'structure',
    {
      templateRef: 'Motor',
      isDefinition: false,
      metrics: [
        { name: 'rpm', type: 'Int32', value: -1500 },
        {
          name: 'bearing',
          type: 'Template',
          value: { templateRef: 'Bearing', metrics: [{ name: 'temp', type: 'Double', value: 41.5 }] },
        },
      ],
      parameters: [{ name: 'poles', type: 'Int32', value: 4 }],
    },
    { poles: 4, rpm: -1500, bearing: { temp: 41.5 } },
  ],
];

test('every type that sparkplug-payload writes is read without a difference, in births and in data', async () => {
  await using broker = await startMosquitto();
  const named = CASES.map(([type, tag, value], i) => ({ name: `${i} ${type}`, type, value, tag }));
  const deps = hostDeps(named.map(({ name, tag }, i) => metric(`a/m${i}`, name, { type: tag })));
  await using host = await openHost(broker.url, deps);
  await using node = await startNode(broker.url);
  const metrics = named.map(({ name, type, value }) => ({ name, type, value }) as never);
  const wanted = CASES.map(([, , , read], i) => [`a/m${i}`, read]);
  await node.birth(metrics);
  assert.deepEqual(brief(await readRows(host, deps, CASES.length)), wanted);
  await node.data(metrics);
  assert.deepEqual(brief(await readRows(host, deps, CASES.length)), wanted);
});

test('a counter beyond 2^53 is bad in a tag of numbers, told once, and found as an int64', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/total', 'Total')]);
  await using host = await openHost(broker.url, deps, { reorderMs: 10, discover: [{ metric: 'Other' }] });
  await using node = await startNode(broker.url);
  const counter = (name: string, value: bigint) => ({ name, type: 'UInt64', value: long(value) }) as never;
  await node.birth([counter('Total', 2n ** 53n - 1n), counter('Other', 2n ** 53n + 1n)]);
  for (const more of [1n, 2n]) await node.data([counter('Total', 2n ** 53n + more)]);
  assert.deepEqual(brief(await readRows(host, deps, 4)), [
    ['a/total', 2 ** 53 - 1],
    ['plant/cell/other', 2n ** 53n + 1n],
    ['a/total', 'badOutOfRange'],
    ['a/total', 'badOutOfRange'],
  ]);
  const told = deps.events.filter(({ name }) => name === 'sparkplug.not-exact');
  assert.deepEqual(
    told.map(({ subject, detail }) => [subject, (detail as { readonly metric: string }).metric]),
    [['plant/cell', 'Total']],
  );
  const found = await Array.fromAsync(host.browse?.(undefined, AbortSignal.timeout(8000)) ?? []);
  assert.deepEqual(
    found.map(({ name, type }) => [name, type]),
    [
      ['Total', 'int64'],
      ['Other', 'int64'],
    ],
  );
});

test('null, quality, history and source times arrive as they were meant', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([
    metric('a/temp', 'Temp'),
    metric('a/name', 'Name', { type: 'text' }),
    metric('a/mode', 'Mode', { type: 'enum', states: { 0: 'off', 2: 'auto' } }),
  ]);
  await using host = await openHost(broker.url, deps);
  await using node = await startNode(broker.url);
  const quality = (value: number) => ({ properties: { Quality: { type: 'Int32' as const, value } } });
  const temp = (value: number | null, more: object = {}) =>
    ({ name: 'Temp', type: 'Double', value, ...more }) as never;
  await node.birth([
    temp(null, { isNull: true }),
    { name: 'Name', type: 'String', value: 'x' },
    { name: 'Mode', type: 'String', value: 'auto' },
  ]);
  await node.data([temp(1, quality(500)), temp(2, quality(0)), temp(3, quality(192)), temp(Number.NaN)]);
  await node.data([
    { name: 'Name', type: 'Int32', value: 5 },
    { name: 'Mode', type: 'String', value: 'gone' },
  ]);
  await node.data([
    temp(4, { timestamp: 1_700_000_000_001 }),
    temp(5, { isHistorical: true, timestamp: 1000 }),
  ]);
  const { rows, late } = await readUntil(host, deps, (read) => read.rows.length >= 10);
  assert.deepEqual(brief(rows), [
    ['a/temp', 'bad'],
    ['a/name', 'x'],
    ['a/mode', 2],
    ['a/temp', 'uncertainLastUsable'],
    ['a/temp', 'bad'],
    ['a/temp', 3],
    ['a/temp', 'badOutOfRange'],
    ['a/name', 'badTypeMismatch'],
    ['a/mode', 'badTypeMismatch'],
    ['a/temp', 4],
  ]);
  assert.equal(rows[3]?.value, 1);
  assert.equal(rows[9]?.timeUs, 1_700_000_000_001_000);
  assert.deepEqual(
    late.map(({ value, timeUs }) => [value, timeUs]),
    [[5, 1_000_000]],
  );
});

test('a template of which only a part is sent stays whole', async () => {
  await using broker = await startMosquitto();
  const deps = hostDeps([metric('a/motor', 'Motor', { type: 'structure' })]);
  await using host = await openHost(broker.url, deps);
  await using node = await startNode(broker.url);
  const motor = (...metrics: object[]) => [
    { name: 'Motor', type: 'Template', value: { templateRef: 'M', isDefinition: false, metrics } } as never,
  ];
  const bearing = (...metrics: object[]) => ({
    name: 'bearing',
    type: 'Template',
    value: { templateRef: 'B', isDefinition: false, metrics },
  });
  const real = (name: string, value: number) => ({ name, type: 'Double', value });
  await node.birth(motor(real('rpm', 1500), bearing(real('temp', 40), real('wear', 0.1))));
  await node.data(motor(bearing(real('temp', 41))));
  await node.birth(motor(real('rpm', 1490)));
  assert.deepEqual(brief(await readRows(host, deps, 3)), [
    ['a/motor', { rpm: 1500, bearing: { temp: 40, wear: 0.1 } }],
    ['a/motor', { rpm: 1500, bearing: { temp: 41, wear: 0.1 } }],
    ['a/motor', { rpm: 1490 }],
  ]);
});
