import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '#plugin/api.ts';
import { configuredAt, foundView } from './found.ts';

const point = (path: string, address: unknown): Point => ({
  tag: { path, number: 0, type: 'number', access: 'read' },
  address,
});

test('an address is taken when a tag says the same in every field that it was found with', () => {
  const at = configuredAt([
    point('a', { unit: 1, holding: 3, as: 'float32', everyMs: 500 }),
    point('b', { topic: 't', path: 'x', qos: 1 }),
  ]);
  assert.equal(at({ holding: 3, unit: 1 }), 'a');
  assert.equal(at({ unit: 2, holding: 3 }), undefined);
  assert.equal(at({ unit: 1, input: 3 }), undefined);
  assert.equal(at({ topic: 't', path: 'x' }), 'b');
  assert.equal(at({ topic: 't', path: 'y' }), undefined);
});

test('values are shown as people write them, and as JSON can carry them', () => {
  const none = () => undefined;
  const view = (found: Parameters<typeof foundView>[0]) => foundView(found, none).value;
  assert.equal(view({ name: 'x', address: 1, type: 'boolean', value: 1 }), true);
  assert.equal(view({ name: 'x', address: 1, value: 12n ** 20n }), String(12n ** 20n));
  assert.equal(view({ name: 'x', address: 1, value: Number.NaN }), null);
  assert.equal('value' in foundView({ name: 'x', address: 1 }, none), false);
});

test('a source that knows which tag reads it is believed before the address is', () => {
  const at = configuredAt([point('a', { path: 'Plant/Flow' })]);
  assert.equal(foundView({ name: 'x', address: { node: 'i=1' }, tag: 'a' }, at).tag, 'a');
  assert.equal('tag' in foundView({ name: 'x', address: { node: 'i=1' } }, at), false);
});
