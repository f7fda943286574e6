// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how site files write parameters
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { loadSite } from '#contract/load.ts';
import type { Plugins } from '#contract/plugins.ts';
import { readSheet, type SheetRow, sheetText } from '#contract/sheet.ts';
import { planImport, rowsOf, type SheetSite } from '#contract/sheet-import.ts';
import { TagEntry } from '#contract/site.ts';
import { type Entry, tagsAsWritten } from '#contract/site-edit.ts';
import { COLUMNS, kindOf } from '#contract/tag-columns.ts';

const plugins: Plugins = {
  sources: {
    any: { config: z.looseObject({}), address: z.looseObject({}) },
    strict: {
      config: z.looseObject({}),
      address: z.strictObject({ unit: z.int(), topic: z.string().optional(), ratio: z.number().optional() }),
    },
  },
  actuators: {},
  sinks: {},
};

function siteOf(text: string): SheetSite {
  const { model, problems } = loadSite(text, plugins);
  assert.ok(model, JSON.stringify(problems));
  return { text, model, plugins };
}

const HEAD = 'site: a\nsources:\n  plc: { kind: strict }\n  any: { kind: any }\n';
const EMPTY = siteOf(HEAD);
const bytes = (text: string) => Buffer.from(text);
const read = (text: string) => readSheet(bytes(text));
const put = (text: string, site = EMPTY) => {
  const sheet = read(text);
  const plan = planImport(sheet, site, false);
  assert.deepEqual([...sheet.problems, ...plan.problems], []);
  return Object.fromEntries(plan.edits.put);
};

test('a table has a column for everything that a tag entry has', () => {
  const leaves = (schema: z.core.JSONSchema.BaseSchema, at: string): string[] => {
    if (at === 'states' || at === 'address') return [at];
    if (at.endsWith('range')) return [`${at}.low`, `${at}.high`];
    return schema.properties
      ? Object.entries(schema.properties).flatMap(([key, inner]) =>
          leaves(inner as typeof schema, at === '' ? key : `${at}.${key}`),
        )
      : [at];
  };
  const all = leaves(z.toJSONSchema(TagEntry, { io: 'input', unrepresentable: 'any' }), '');
  assert.deepEqual(
    all.filter((column) => kindOf(column) === undefined),
    [],
  );
  assert.deepEqual(
    COLUMNS.filter((column) => !all.includes(column)),
    [],
  );
});

test('a table is UTF-8 with a mark, and its lines end as Windows ends them', () => {
  const text = sheetText(
    [{ path: 'a/b', entry: { unit: 'bar', source: 'plc', deadband: 0.5, address: { unit: 1 } } }],
    false,
  );
  assert.equal(
    text,
    '\ufeffpath,description,type,unit,range.low,range.high,access,deadband,source,address.unit\r\na/b,,,bar,,,,0.5,plc,1\r\n',
  );
  const german = sheetText(
    [{ path: 'a/b', entry: { deadband: 0.5, source: 'plc', address: { unit: 1 } } }],
    true,
  );
  assert.ok(german.includes('a/b;;;;;;;0,5;plc;1\r\n'));
});

test('what a spreadsheet would run as a formula is text to it, and comes back as it was', () => {
  for (const description of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', "'=1", "'quoted'", '\t=1']) {
    const text = sheetText(
      [{ path: 'a/b', entry: { description, source: 'any', address: { k: description } } }],
      false,
    );
    for (const cell of text.split(/[,\r\n]/)) assert.doesNotMatch(cell, /^"?[=+\-@\t]/);
    assert.deepEqual(put(text)['a/b'], { description, source: 'any', address: { k: description } });
  }
});

test('delimiters, a sep line, decimal commas and heads of other spellings are understood', () => {
  const wanted = { 'a/b': { range: [0.5, 10], staleAfterMs: 500, source: 'any', address: { ratio: 1.5 } } };
  assert.deepEqual(
    put('Path;Range low;range_high;STALE_AFTER_MS;source;address.ratio\na/b;0,5;10;500;any;1,5\n'),
    wanted,
  );
  assert.deepEqual(
    put('sep=;\r\npath;range.low;range.high;staleAfterMs;source;address.ratio\r\na/b;0.5;10;500;any;1,5\r\n'),
    wanted,
  );
  assert.deepEqual(
    put('path\trange.low\trange.high\tstaleAfterMs\tsource\taddress.ratio\na/b\t0,5\t10\t500\tany\t1,5'),
    wanted,
  );
  const utf16 = Buffer.concat([
    Buffer.from([0xff, 0xfe]),
    Buffer.from('path\tunit\tsource\na/b\tbar\tany\n', 'utf16le'),
  ]);
  assert.equal(readSheet(utf16).lines[0]?.path, 'a/b');
});

test('a table in Windows-1252 is read, and people are told', () => {
  const sheet = readSheet(Buffer.from('path;description\na/b;F\xfcllstand\n', 'latin1'));
  assert.equal(sheet.lines[0]?.cells.get('description')?.value, 'Füllstand');
  assert.match(sheet.notes[0] ?? '', /Windows-1252/);
});

test('states are written as people write them', () => {
  assert.deepEqual(put('path,type,states,source\na/b,enum,"0=off; 1 = on the way",any\n')['a/b']?.states, {
    0: 'off',
    1: 'on the way',
  });
  assert.deepEqual(put('path,states,source\na/b,"{""0"":""a;b""}",any\n')['a/b']?.states, { 0: 'a;b' });
});

test('a cell that may be a number or a text is what the address of the source takes', () => {
  assert.deepEqual(put('path,source,address.unit,address.topic\na/b,plc,3,42\na/c,plc,4,x\n'), {
    'a/b': { source: 'plc', address: { unit: 3, topic: '42' } },
    'a/c': { source: 'plc', address: { unit: 4, topic: 'x' } },
  });
});

test('only written cells change; an empty one is the default, a column left out is not touched', () => {
  const site = siteOf(
    `${HEAD}tags:\n  a/b: { unit: bar, deadband: 1, source: plc, address: { unit: 1, topic: t }, write: {}, access: readWrite }\n`,
  );
  assert.deepEqual(put('path,unit\na/b,kPa\n', site)['a/b'], {
    unit: 'kPa',
    deadband: 1,
    source: 'plc',
    address: { unit: 1, topic: 't' },
    write: {},
    access: 'readWrite',
  });
  assert.equal(put('path,deadband\na/b,\n', site)['a/b']?.deadband, undefined);
});

test('everything wrong in a table comes at once, each with its line and cell', () => {
  const { problems } = read(
    'path,unti,deadband,description,deadband\nA/b,bar,x,"two\nlines",1\n,bar,,,\na/b,,,,,9\na/b,,1;5,,\n',
  );
  assert.deepEqual(
    problems.map(({ line, column, message }) => `${line}:${column} ${message}`),
    [
      '1:2 no tag has a field unti',
      '1:5 the column deadband is there twice',
      '2:3 deadband: x is no number',
      '2:1 A/b is no path',
      '4:1 the row has no path',
      '5:6 a cell without a head: 9',
      '6:3 deadband: 1;5 is no number',
      '6:1 the path a/b is there twice, first in line 5',
    ],
  );
  assert.equal(problems[0]?.hint, 'did you mean unit?');
  assert.match(read('a,b\n1,2\n').problems.at(-1)?.message ?? '', /no column path/);
  assert.match(read('path,unit\na/b,"x\n').problems[0]?.message ?? '', /no table/);
});

const TYPED = `${HEAD}types:
  pump:
    params: [n]
    tags:
      speed: { unit: /min, range: [0, 100], source: plc, address: { unit: "\${n}" } }
assets:
  line/p1: { type: pump, with: { n: 1 } }
tags:
  a/b: { source: plc, address: { unit: 9 } }
`;

test('tags of types are marked; unchanged they pass, changed they are refused', () => {
  const site = siteOf(TYPED);
  const text = sheetText(rowsOf(site), true);
  assert.ok(text.includes('line/p1/speed;pump;'));
  const same = planImport(read(text), site, true);
  assert.deepEqual(same.problems, []);
  assert.deepEqual(Object.fromEntries(same.edits.put), tagsAsWritten(TYPED));
  assert.equal(same.edits.remove?.size, 0);
  const changed = planImport(read(text.replace('/min', '/s')), site, true);
  assert.match(changed.problems[0]?.message ?? '', /made by type pump: a table cannot change its unit/);
  const elsewhere = planImport(read(text), EMPTY, false);
  assert.match(elsewhere.problems[0]?.message ?? '', /this site makes no such tag/);
});

test('tags that the table does not have go only when that is asked for', () => {
  const site = siteOf(TYPED);
  const sheet = read('path,unit\n');
  assert.deepEqual([...(planImport(sheet, site, false).edits.remove ?? [])], []);
  assert.deepEqual([...(planImport(sheet, site, true).edits.remove ?? [])], ['a/b']);
});

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '=1',
    "'",
    "'=",
    '"',
    '"a"',
    ' x ',
    '0,5',
    '1.5',
    'true',
    'null',
    '[1]',
    '{',
    'a,b;c\td',
    'two\nlines',
    '\r',
    '\ufeff',
    '1;2',
    'sep=;',
  ),
);
const plain = { noNullPrototype: true };
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const leaf = fc.oneof(
  word,
  finite,
  fc.integer(),
  fc.boolean(),
  fc.array(fc.oneof(word, fc.integer()), { maxLength: 2 }),
);
const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,5}$/).filter((name) => name !== '__proto__');
const address = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { ...plain, maxKeys: 2 })), plain);
const range = fc.tuple(finite, finite);
const fields = {
  description: word,
  type: word,
  unit: word,
  range,
  scale: fc.record({ factor: finite, offset: finite }, { ...plain, requiredKeys: [] }),
  deadband: finite,
  states: fc.dictionary(fc.nat(99).map(String), word, plain),
  safety: fc.boolean(),
  source: fc.constantFrom('any', 'plc', '=x'),
  address,
  derive: word,
  write: fc.record(
    {
      range,
      interlock: word,
      lease: fc.record({ safe: fc.oneof(fc.boolean(), finite) }, { ...plain, requiredKeys: [] }),
      remote: fc.boolean(),
    },
    { ...plain, requiredKeys: [] },
  ),
  heartbeatMs: fc.integer(),
};
const entry = fc.record(fields, { ...plain, requiredKeys: [] });

test('what is exported is imported as it was, into the same site and into an empty one', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), fc.boolean(), (entries, semicolon) => {
      const tags: { readonly [path: string]: Entry } = Object.fromEntries(
        entries.map((one, i) => [`a/t${i}`, one]),
      );
      const rows: SheetRow[] = Object.entries(tags).map(([path, one]) => ({ path, entry: one }));
      const sheet = readSheet(bytes(sheetText(rows, semicolon)));
      assert.deepEqual(sheet.problems, []);
      const plan = planImport(sheet, EMPTY, true);
      assert.deepEqual(Object.fromEntries(plan.edits.put), tags);
    }),
    { numRuns: 400 },
  );
});
