import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tag, TagTable } from '#kernel/tag-table.ts';

const info = (path: string, unit = 'bar') => ({ path, unit, type: 'number', access: 'read' }) as const;

test('a path keeps its number over restarts, and no number is given twice', () => {
  const first = new TagTable();
  first.declare(info('a'));
  first.declare(info('b'));
  const second = new TagTable([...first].reverse());
  second.declare(info('c'));
  assert.deepEqual(
    ['a', 'b', 'c'].map((path) => second.number(path)),
    [0, 1, 2],
  );
});

test('a tag that the site no longer names keeps its number', () => {
  const gone: Tag = { ...info('gone'), number: 5 };
  const table = new TagTable([gone]);
  assert.equal(table.declare(info('new')).number, 6);
  assert.equal(table.declare(info('gone')).number, 5);
});

test('whoever keeps the table is told of new and changed tags only', () => {
  const told: string[] = [];
  const table = new TagTable([], (tag) => told.push(`${tag.number} ${tag.path} ${tag.unit}`));
  table.declare(info('a'));
  table.declare(info('a'));
  table.declare(info('a', 'Cel'));
  assert.deepEqual(told, ['0 a bar', '0 a Cel']);
});

test('a change deep inside a tag counts as a change', () => {
  let told = 0;
  const table = new TagTable([], () => told++);
  table.declare({ path: 'a', type: 'enum', access: 'read', states: { 0: 'off' } });
  table.declare({ path: 'a', type: 'enum', access: 'read', states: { 0: 'stopped' } });
  assert.equal(told, 2);
});

test('asking for an unknown tag names it', () => {
  assert.throws(() => new TagTable().number('x/y'), /there is no tag x\/y/);
  assert.throws(() => new TagTable().get(3), /number 3/);
});
