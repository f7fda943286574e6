import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { entryText } from './entry-text.ts';
import { entryOf } from './found.ts';
import { readYaml } from './yaml.ts';

test('an entry that fits stands in one line, a longer one a line a field', () => {
  const entry = { unit: 'bar', source: 'plc', address: { unit: 1 } };
  assert.equal(
    entryText({ path: 'a/b', entry, comment: '5' }),
    '  a/b: { unit: bar, source: plc, address: { unit: 1 } } # 5\n',
  );
  const long = { description: 'of the oil '.repeat(10), ...entry };
  assert.match(
    entryText({ path: 'a/b', entry: long, comment: '5' }),
    /^ {2}a\/b: # 5\n {4}description: .*\n {4}unit: bar\n/,
  );
});

test('YAML reads an entry as it was, whatever is in it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 150 });
  const entry = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,6}$/),
    fc.oneof(text, fc.double({ noNaN: true }), fc.boolean()),
    {
      noNullPrototype: true,
      minKeys: 1,
    },
  );
  const path = fc.constantFrom('a/b', 'null', 'true', 'y');
  fc.assert(
    fc.property(path, entry, fc.option(text, { nil: undefined }), (name, fields, comment) => {
      const read = parse(`tags:\n${entryText({ path: name, entry: fields, comment })}`, { version: '1.2' });
      assert.deepEqual(JSON.stringify(read), JSON.stringify({ tags: { [name]: fields } }));
    }),
  );
});

test('white space at the ends of a text stays, whatever kind it is', () => {
  const fields = { a: '\u2000', b: ' x\u00a0', c: '\u3000y' };
  assert.deepEqual(parse(entryText({ path: 'p', entry: fields })), { p: fields });
  const long = { ...fields, description: 'of the oil '.repeat(12) };
  assert.deepEqual(parse(entryText({ path: 'p', entry: long })), { p: long });
});

test('a number beyond the exact ones is written so that the site file takes it', () => {
  const text = entryText({ path: 'a/b', entry: { range: [0, 2 ** 64] } });
  const { root, problems } = readYaml(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(root, { 'a/b': { range: [0, 2 ** 64] } });
});

test('an entry says nothing that is a default, and nothing that the site file would refuse', () => {
  const found = {
    name: 'x',
    address: { a: 1 },
    type: 'number',
    access: 'read',
    unit: 'barg',
    range: [5, 5],
  } as const;
  assert.deepEqual(entryOf(found, 'plc'), { source: 'plc', address: { a: 1 } });
  const text = {
    name: 'x',
    address: 1,
    type: 'text',
    unit: 'bar',
    range: [0, 5],
    states: { 0: 'off' },
    access: 'readWrite',
  } as const;
  assert.deepEqual(entryOf(text, 'plc'), { type: 'text', source: 'plc', address: 1 });
});

test('what a device lets us write is only read, unless that is asked for; methods are called', () => {
  const found = { name: 'x', address: 1, access: 'readWrite' } as const;
  assert.deepEqual(entryOf(found, 'plc'), { source: 'plc', address: 1 });
  assert.deepEqual(entryOf(found, 'plc', true), { access: 'readWrite', source: 'plc', address: 1 });
  const method = { ...found, access: 'write' } as const;
  assert.deepEqual(entryOf(method, 'plc'), { access: 'write', source: 'plc', address: 1 });
});
