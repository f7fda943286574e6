import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePath } from '#codec/json/path.ts';
import { foundIn } from './browse.ts';

const found = (topic: string, payload: string | Uint8Array) => [
  ...foundIn(topic, typeof payload === 'string' ? Buffer.from(payload) : payload),
];

test('a plain payload is one value, named by the last level of its topic', () => {
  assert.deepEqual(found('plant/oven/temperature', '42.5'), [
    {
      name: 'temperature',
      place: ['plant', 'oven'],
      address: { topic: 'plant/oven/temperature' },
      type: 'number',
      value: 42.5,
    },
  ]);
  assert.deepEqual(
    found('door', 'true').map(({ type, value }) => [type, value]),
    [['boolean', 1]],
  );
  assert.deepEqual(
    found('note', '"quoted"').map(({ type, value }) => [type, value]),
    [['text', '"quoted"']],
  );
  assert.deepEqual(
    found('empty', '').map(({ value }) => value),
    [''],
  );
});

test('a JSON payload is a value for each leaf', () => {
  const all = found('a', '{"temp":{"value":1.5,"ok":true},"odd key":"x","list":[3,null]}');
  assert.deepEqual(
    all.map(({ address, type, name, place }) => [address, type, [...(place ?? []), name].join('/')]),
    [
      [{ topic: 'a', path: 'temp.value' }, 'number', 'a/temp/value'],
      [{ topic: 'a', path: 'temp.ok' }, 'boolean', 'a/temp/ok'],
      [{ topic: 'a', path: '["odd key"]' }, 'text', 'a/odd key'],
      [{ topic: 'a', path: 'list[0]' }, 'number', 'a/list/list 0'],
    ],
  );
});

test('bytes that are no text are no value', () => {
  assert.deepEqual(found('spBv1.0/g/NBIRTH/n', new Uint8Array([8, 1, 255])), []);
  assert.deepEqual(found('a', new Uint8Array([0, 1, 2])), []);
});

test('every path leads to the value that it was found with', () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean()] }), (tree) => {
      for (const { address, value } of found('t', JSON.stringify(tree))) {
        const steps = parsePath((address as { readonly path: string }).path);
        const there = steps.reduce<unknown>(
          (at, step) => (at as { [key: string]: unknown })[step],
          JSON.parse(JSON.stringify(tree)),
        );
        assert.equal(typeof there === 'boolean' ? Number(there) : there, value);
      }
    }),
  );
});
