import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Entry, editTags, tagsAsWritten } from './site-edit.ts';
import { readYaml } from './yaml.ts';

const SITE = `# The press.
site: north   # of the river
tags:
  # pressures
  line/press/pressure:   { unit: bar, source: plc, address: { unit: 1, holding: 0 } }   # of the oil

  # targets
  line/press/target:
    unit: bar  # by the manual
    source: plc
    address: # counted from 0
      unit: 1
      holding: 0x10   # last
    # never written

  # texts
  line/press/note:
    description: >
      Folded over
      two lines.
    type: text
    source: plc
    address: { unit: 1, holding: 9, as: text, length: 4 }
  # the end of the tags

rules:
  x:   { when: "1 > 2" }
`;

const edit = (text: string, put: { readonly [path: string]: Entry }, remove: readonly string[] = []) =>
  editTags(text, { put: new Map(Object.entries(put)), remove: new Set(remove) });

/** Lines of b that are not in a, in their order. */
const newLines = (a: string, b: string) => {
  const old = new Set(a.split('\n'));
  return b.split('\n').filter((line) => !old.has(line));
};

test('nothing to change leaves the text to the byte', () => {
  assert.equal(edit(SITE, tagsAsWritten(SITE)), SITE);
});

test('a new tag stands behind the last one and nothing else moves', () => {
  const after = edit(SITE, {
    'line/press/speed': { unit: '/min', source: 'plc', address: { unit: 1, holding: 3 } },
  });
  assert.deepEqual(newLines(SITE, after), [
    '  line/press/speed: { unit: /min, source: plc, address: { unit: 1, holding: 3 } }',
  ]);
  assert.equal(after.replace(/ {2}line\/press\/speed.*\n/, ''), SITE);
});

test('a changed field rewrites its own entry only, and keeps the comments in it', () => {
  const present = tagsAsWritten(SITE);
  const target = { ...present['line/press/target'], unit: 'kPa', range: [0, 10] };
  const after = edit(SITE, { 'line/press/target': target });
  assert.deepEqual(
    newLines(SITE, after).map((line) => line.trim()),
    ['unit: kPa # by the manual', 'address:', '# counted from 0', 'holding: 0x10 # last', 'range: [ 0, 10 ]'],
  );
  assert.ok(after.includes('    # never written\n\n  # texts\n'));
  assert.deepEqual(tagsAsWritten(after)['line/press/target'], target);
});

test('an entry in one line stays in one line', () => {
  const present = tagsAsWritten(SITE);
  const after = edit(SITE, { 'line/press/pressure': { ...present['line/press/pressure'], deadband: 0.1 } });
  assert.deepEqual(newLines(SITE, after), [
    '  line/press/pressure: { unit: bar, source: plc, address: { unit: 1, holding: 0 }, deadband: 0.1 }   # of the oil',
  ]);
});

test('a removed entry takes the comment right above it along', () => {
  const after = edit(SITE, {}, ['line/press/target']);
  assert.ok(!after.includes('# targets'));
  assert.ok(after.includes('# pressures') && after.includes('# texts'));
});

test('the last tag can go, and the first one can come', () => {
  const one = { source: 'plc', address: { unit: 1, holding: 0 } };
  const none = edit(SITE, {}, Object.keys(tagsAsWritten(SITE)));
  assert.deepEqual(tagsAsWritten(none), {});
  for (const text of [
    none,
    'site: a\n',
    'site: a',
    'site: a\ntags: {}\nrules: {}\n',
    'site: a\ntags: { b: { source: x } }',
  ]) {
    const after = edit(text, { 'line/a': one });
    assert.deepEqual(tagsAsWritten(after)['line/a'], one);
    assert.deepEqual(readYaml(after).problems, []);
  }
});

test('lines of Windows stay lines of Windows', () => {
  const text = SITE.replaceAll('\n', '\r\n');
  const after = edit(text, { 'line/a': { source: 'plc', description: 'one '.repeat(40) } });
  assert.equal(after.match(/(?<!\r)\n/), null);
  assert.equal(edit(text, tagsAsWritten(text)), text);
});

test('entries that share their text by an anchor are not changed behind the back of the others', () => {
  const text = 'site: a\ntags:\n  line/a: &x { unit: bar, source: plc }\n  line/b: *x\n';
  assert.throws(() => edit(text, { 'line/a': { unit: 'kPa', source: 'plc' } }), /anchors/);
  const after = edit(text, { 'line/b': { unit: 'kPa', source: 'plc' } });
  assert.deepEqual(tagsAsWritten(after)['line/b'], { unit: 'kPa', source: 'plc' });
});

const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    'yes',
    'null',
    '1e3',
    '0x1f',
    '# no',
    'a: b',
    '- a',
    '*x',
    '&x',
    '{',
    'two\nlines',
    ' lead',
    "'q'",
    '=1+1',
    '\t',
  ),
);
const leaf = fc.oneof(
  word,
  fc.integer(),
  fc.boolean(),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((n) => n + 0)
    .filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n)),
);
const entry = fc.record(
  {
    description: word,
    unit: word,
    range: fc.tuple(fc.integer(), fc.integer()),
    states: fc.dictionary(fc.nat(9).map(String), word, { noNullPrototype: true }),
    address: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,4}$/),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const path = fc.constantFrom(
  'line/press/pressure',
  'line/press/target',
  'line/press/note',
  'line/a',
  'line/b',
);

test('whatever is put is there afterwards, and all else is as before', () => {
  fc.assert(
    fc.property(
      fc.dictionary(path, entry, { noNullPrototype: true }),
      fc.uniqueArray(path, { maxLength: 2 }),
      (put, gone) => {
        const kept = Object.fromEntries(
          Object.entries(put).filter(([name]) => !gone.some((one) => one === name)),
        );
        const after = edit(SITE, kept, gone);
        const wanted: { [path: string]: Entry } = { ...tagsAsWritten(SITE), ...kept };
        for (const name of gone) delete wanted[name];
        assert.deepEqual({ ...tagsAsWritten(after) }, wanted);
        assert.ok(after.startsWith('# The press.\nsite: north   # of the river\n'));
        assert.ok(after.includes('rules:\n  x:   { when: "1 > 2" }\n'));
      },
    ),
    { numRuns: 300 },
  );
});
