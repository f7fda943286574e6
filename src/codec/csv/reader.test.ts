import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CsvReader, type CsvRecord, csvCell, MOST_RECORD } from './reader.ts';

function read(text: string, delimiter = ',', piece = Number.POSITIVE_INFINITY): CsvRecord[] {
  const reader = new CsvReader(delimiter);
  const records: CsvRecord[] = [];
  for (let from = 0; from < text.length; from += piece)
    records.push(...reader.feed(text.slice(from, from + piece)));
  return [...records, ...reader.end()];
}

const cellsOf = (...given: Parameters<typeof read>) => read(...given).map(({ cells }) => cells);

for (const [what, text, want] of [
  ['nothing', '', []],
  ['empty lines', '\n\r\n\n', []],
  [
    'no line end at the end',
    'a,b\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'CR LF',
    'a,b\r\n1,2\r\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'empty cells',
    ',\n,,',
    [
      ['', ''],
      ['', '', ''],
    ],
  ],
  ['rows of several widths', 'a,b\n1\n1,2,3\n', [['a', 'b'], ['1'], ['1', '2', '3']]],
  [
    'quoted delimiters and line ends',
    '"a,b","c\nd"\r\n1,2',
    [
      ['a,b', 'c\nd'],
      ['1', '2'],
    ],
  ],
  ['doubled quotes', '"say ""hi""",x', [['say "hi"', 'x']]],
  ['an empty quoted cell', '"",""\n', [['', '']]],
  [
    'a quote within a plain cell',
    '5" pipe,2\n3,4',
    [
      ['5" pipe', '2'],
      ['3', '4'],
    ],
  ],
] as const) {
  test(`reads ${what}`, () => assert.deepEqual(cellsOf(text), want));
}

test('reads other delimiters', () => {
  assert.deepEqual(cellsOf('a;1,5;"x;y"', ';'), [['a', '1,5', 'x;y']]);
  assert.deepEqual(cellsOf('a\t1,5', '\t'), [['a', '1,5']]);
});

test('a record that makes no sense costs its own line', () => {
  const bad = read('a,b\n"x"y,2\n3,4\n"open,5\n6,7\n8,9\n');
  assert.deepEqual(
    bad.map(({ line, cells, problem }) => [line, problem ?? cells]),
    [
      [1, ['a', 'b']],
      [2, 'there is text behind a closing quote'],
      [3, ['3', '4']],
      [4, 'a quote is opened and not closed'],
      [5, ['6', '7']],
      [6, ['8', '9']],
    ],
  );
});

test('tells the line in which a record begins, also behind cells of several lines', () => {
  assert.deepEqual(
    read('a,b\n"1\n2\n3",x\n\ny,z').map(({ line }) => line),
    [1, 2, 6],
  );
});

test('a line or a quote without end is given up, within bounded memory', () => {
  const reader = new CsvReader(',');
  const piece = 'x'.repeat(2 ** 18);
  const found = [...reader.feed('a,b\n')];
  for (let i = 0; i < 40; i++) found.push(...reader.feed(piece));
  found.push(...reader.feed('\n1,2\n'));
  assert.deepEqual(
    found.map(({ line, cells, problem }) => [line, problem?.slice(0, 18) ?? cells]),
    [
      [1, ['a', 'b']],
      [2, 'the line is longer'],
      [3, ['1', '2']],
    ],
  );
  const open = read(`"${`${'y'.repeat(99)}\n`.repeat(MOST_RECORD / 50)}1,2\n`, ',', 2 ** 18);
  assert.match(open[0]?.problem ?? '', /not closed/);
  assert.deepEqual(open.at(-1)?.cells, ['1', '2']);
});

const cell = fc.string({ unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r', ' ', 'ß'), maxLength: 6 });
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 });

test('what was written comes back, wherever it is cut', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 7 }), fc.constantFrom('\n', '\r\n'), (rows, piece, end) => {
      const text = rows.map((cells) => `${cells.map(csvCell).join(',')}${end}`).join('');
      assert.deepEqual(cellsOf(text, ',', piece), rows);
    }),
  );
});

test('any text is read to its end, wherever it is cut', () => {
  const wild = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'x'), maxLength: 40 });
  fc.assert(
    fc.property(wild, fc.integer({ min: 1, max: 5 }), (text, piece) => {
      assert.deepEqual(read(text, ',', piece), read(text));
    }),
  );
});
