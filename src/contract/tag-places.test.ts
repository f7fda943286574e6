import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tagPlaces } from './tag-places.ts';

test('a place in the file leads to the tag and the field that stand there', () => {
  const text =
    'site: a\ntags:\n  a/b: { unit: bar, range: [5, 1], address: { unit: 1 } }\n  a/c:\n    source: plc\n';
  const at = tagPlaces(text);
  const of = (needle: string) => {
    const offset = text.indexOf(needle);
    const line = text.slice(0, offset).split('\n').length;
    return at(line, offset - text.lastIndexOf('\n', offset - 1));
  };
  assert.deepEqual(of('bar'), { path: 'a/b', field: 'unit' });
  assert.deepEqual(of('[5'), { path: 'a/b', field: 'range' });
  assert.deepEqual(of('1 }'), { path: 'a/b', field: 'address.unit' });
  assert.deepEqual(of('a/c'), { path: 'a/c', field: '' });
  assert.deepEqual(of('plc'), { path: 'a/c', field: 'source' });
  assert.equal(of('site'), undefined);
});
