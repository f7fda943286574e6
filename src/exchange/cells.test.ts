import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCell } from '#contract/tag-cells.ts';
import { cellReader, Refused } from '#exchange/cells.ts';
import { TagTable } from '#kernel/tag-table.ts';

const door = new TagTable().declare({ path: 'door', type: 'boolean', access: 'read' });
const read = cellReader(door, '.');

test('a table of the past and one of tags take the same words for true and false', () => {
  for (const [words, value] of [
    ['true on yes wahr ja 1 ON', true],
    ['false off no falsch nein 0 FALSCH', false],
  ] as const)
    for (const word of words.split(' ')) {
      assert.equal(read(` ${word} `), value, word);
      assert.deepEqual(readCell(` ${word} `, 'safety', '.'), { value }, word);
    }
  assert.ok(read('maybe') instanceof Refused);
  assert.equal(readCell('maybe', 'safety', '.'), 'maybe is neither true nor false');
});
