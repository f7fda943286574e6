import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Batch, wideAt } from '#kernel/batch.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { type CsvOptions, openCsv } from './csv-table.ts';
import { type ImportOptions, importTable } from './import.ts';
import type { ImportReport } from './report.ts';

const NOW_US = Date.UTC(2026, 10, 28) * 1000;
const tag = (path: string, more: Partial<TagInfo> = {}): TagInfo => ({
  path,
  type: 'number',
  access: 'read',
  ...more,
});
const TAGS = [
  tag('line/flow'),
  tag('line/level', { range: [0, 10] }),
  tag('line/on', { type: 'boolean' }),
  tag('line/state', { type: 'enum', states: { 0: 'off', 1: 'running' } }),
  tag('line/count', { type: 'int64' }),
  tag('line/note', { type: 'text' }),
  tag('line/pump/volume_flow'),
];

interface Imported {
  readonly report: Omit<ImportReport, 'bytes' | 'digest'>;
  /** `path time value quality`, times of ISO; a good quality is left out. */
  readonly kept: readonly string[];
}

async function imported(
  file: string | Uint8Array,
  options: ImportOptions & CsvOptions = {},
  piece = Number.POSITIVE_INFINITY,
): Promise<Imported> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const pieces = async function* () {
    for (let from = 0; from < bytes.length; from += piece) yield bytes.subarray(from, from + piece);
  };
  const kept: string[] = [];
  const report = await importTable(
    await openCsv(pieces(), options),
    { zone: 'UTC', ...options },
    {
      find: (path) => TAGS.find((one) => one.path === path),
      keep: async ({ tags, batch }) => {
        kept.push(...linesOf(tags, batch));
        return batch.rows;
      },
      nowUs: NOW_US,
    },
  );
  return { report, kept };
}

const linesOf = (tags: readonly TagInfo[], batch: Batch): string[] =>
  Array.from(batch.timeUs, (us, i) => {
    const time = new Date(us / 1000).toISOString().replace('.000Z', 'Z');
    const value = wideAt(batch, i) ?? batch.value[i];
    const quality = qualityName(batch.quality[i] ?? 0);
    const told = quality === 'goodEntryInserted' ? '' : ` ${quality}`;
    return `${tags[batch.tag[i] ?? 0]?.path} ${time} ${value}${told}`;
  });

const T = '2026-03-01T10:00:00Z';

for (const [what, file, options, want] of [
  ['commas', `time,line/flow,line/on\n${T},1.5,true\n`, {}, [`line/flow ${T} 1.5`, `line/on ${T} 1`]],
  [
    'semicolons and decimal commas',
    'Zeit;line/flow;line/level\n01.03.2026 10:00;1,5;-0,25\n',
    {},
    [`line/flow ${T} 1.5`, `line/level ${T} -0.25 uncertainRangeExceeded`],
  ],
  ['tabs', `time\tline/flow\n${T}\t1e3\n`, {}, [`line/flow ${T} 1000`]],
  ['a sep= line', `sep=;\r\ntime;line/flow\r\n${T};2\r\n`, {}, [`line/flow ${T} 2`]],
  [
    'quoted cells with line ends',
    `"time","line/note"\n"${T}","a ""b""\nc, d"\n`,
    {},
    [`line/note ${T} a "b"\nc, d`],
  ],
  ['a mark of UTF-8', `\ufefftime,line/flow\n${T},1\n`, {}, [`line/flow ${T} 1`]],
  ['seconds', 'time,line/flow\n1772359200,1\n', {}, [`line/flow ${T} 1`]],
  ['milliseconds', 'time,line/flow\n1772359200000,1\n', {}, [`line/flow ${T} 1`]],
  ['microseconds', 'time,line/flow\n1772359200000000,1\n', {}, [`line/flow ${T} 1`]],
  ['nanoseconds', 'time,line/flow\n1772359200000000999,1\n', {}, [`line/flow ${T} 1`]],
  [
    'zones within the times',
    'time,line/flow\n2026-03-01 12:00:00.0+02:00,1\n',
    { zone: undefined },
    [`line/flow ${T} 1`],
  ],
  ['halves of a day', 'time,line/flow\n3/13/2026 12:05 AM,1\n', {}, ['line/flow 2026-03-13T00:05:00Z 1']],
  [
    'states by name and by code',
    `time,line/state\n${T},Running\n${T},0\n`,
    {},
    [`line/state ${T} 1`, `line/state ${T} 0`],
  ],
  ['64-bit integers', `time,line/count\n${T},9007199254740993\n`, {}, [`line/count ${T} 9007199254740993`]],
  [
    'a long table with qualities',
    `tag,time,value,quality\nline/flow,${T},1,good\nline/on,${T},false,uncertain\nline/flow,${T},,badSensorFailure\nline/note,${T},x,192\n`,
    {},
    [
      `line/flow ${T} 1`,
      `line/on ${T} 0 uncertain`,
      `line/flow ${T} NaN badSensorFailure`,
      `line/note ${T} x`,
    ],
  ],
  [
    'qualities beside their columns',
    `time,line/flow,line/flow#quality\n${T},1,uncertain\n${T},2,\n`,
    {},
    [`line/flow ${T} 1 uncertain`, `line/flow ${T} 2`],
  ],
  [
    'names below a place',
    `time,Volume Flow\n${T},1\n`,
    { under: 'line/pump' },
    [`line/pump/volume_flow ${T} 1`],
  ],
  [
    'mapped names',
    `when,FIC 1\n${T},1\n`,
    { time: 'when', map: new Map([['FIC 1', 'line/flow']]) },
    [`line/flow ${T} 1`],
  ],
  [
    'what no tag stands for, by request',
    `time,line/flow,New One\n${T},1,yes\n`,
    { undeclared: true },
    [`line/flow ${T} 1`, `new_one ${T} yes`],
  ],
  ['a table without rows', 'time,line/flow\n', {}, []],
] as const) {
  test(`imports ${what}`, async () => {
    for (const piece of [Number.POSITIVE_INFINITY, 7]) {
      const { kept, report } = await imported(file, options as ImportOptions, piece);
      assert.deepEqual(kept, want);
      assert.deepEqual(report.refusals, []);
    }
  });
}

test('imports UTF-16 and Windows-1252', async () => {
  const text = `time;line/note\n${T};für\n`;
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  for (const bytes of [utf16, Buffer.from(text, 'latin1')])
    assert.deepEqual((await imported(bytes)).kept, [`line/note ${T} für`]);
});

test('rows that cannot be read are counted and told, and hold up nothing', async () => {
  const { kept, report } = await imported(
    [
      'time,line/flow,line/on',
      `${T},1,1`,
      `${T},abc,0`,
      'yesterday,2,0',
      `${T},3`,
      `"${T}"x,4,0`,
      '2026-02-30T10:00:00Z,5,0',
      '2027-03-01T10:00:00Z,6,0',
      `${T},,maybe`,
      `${T},7,0`,
    ].join('\n'),
  );
  assert.deepEqual(report.refusals, [
    { line: 3, name: 'line/flow', why: 'abc is no number' },
    { line: 4, why: 'yesterday is no time' },
    { line: 5, why: '2 cells, where the first line names 3 columns' },
    { line: 6, why: 'there is text behind a closing quote' },
    { line: 7, why: 'there is no time 2026-02-30T10:00:00Z' },
    { line: 8, why: 'the time lies in the future' },
    { line: 9, name: 'line/on', why: 'maybe is neither true nor false' },
  ]);
  assert.equal(report.refused, 7);
  assert.equal(report.empty, 1);
  assert.equal(kept.length, 5);
});

test('local times follow summer time, and those that there never were are told', async () => {
  const file = 'time,line/flow\n2026-03-29 01:59,0\n2026-03-29 02:30,1\n2026-03-29 03:00,2\n';
  const { kept, report } = await imported(file, { zone: 'Europe/Berlin' });
  assert.deepEqual(kept, ['line/flow 2026-03-29T00:59:00Z 0', 'line/flow 2026-03-29T01:00:00Z 2']);
  assert.deepEqual(report.refusals, [
    { line: 3, why: 'there was no 2026-03-29 02:30 in Europe/Berlin: clocks went forward' },
  ]);
});

test('an hour that there was twice goes on in time', async () => {
  const file = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00']
    .map((t, i) => `2025-10-26 ${t},${i}\n`)
    .join('');
  const { kept } = await imported(`time,line/flow\n${file}`, { zone: 'Europe/Berlin' });
  assert.deepEqual(
    kept.map((line) => line.slice(10, 26)),
    [
      '2025-10-25T23:30',
      '2025-10-26T00:00',
      '2025-10-26T00:30',
      '2025-10-26T01:00',
      '2025-10-26T01:30',
      '2025-10-26T02:00',
    ],
  );
});

test('what an export marks as holes is no sample', async () => {
  const { kept, report } = await imported(
    `tag,time,value,quality\nline/flow,${T},,gap:site-down\nline/flow,${T},,gap-end\n`,
  );
  assert.deepEqual([kept, report.empty, report.refused], [[], 2, 0]);
});

test('a dry run keeps nothing, and says what there is', async () => {
  const { kept, report } = await imported(`time;line/flow;Temp\n2026-03-01 10:00;1,5;20\n`, {
    dryRun: true,
    zone: undefined,
  });
  assert.deepEqual(kept, []);
  assert.deepEqual(report.about, { separator: 'semicolon', decimal: ',', encoding: 'UTF-8' });
  assert.deepEqual(report.time, { column: 'time', format: 'iso' });
  assert.deepEqual(report.unknown, [{ name: 'Temp', path: 'temp', type: 'number', rows: 1 }]);
  assert.deepEqual(report.preview, [{ timeUs: Date.parse(T) * 1000, path: 'line/flow', value: 1.5 }]);
  assert.equal(report.added, undefined);
});

for (const [what, file, options, code] of [
  ['an empty file', '', {}, 'exchange.no-table'],
  ['a file without names', `${T},1\n`, {}, 'exchange.no-table'],
  ['names that are there twice', `time,a,a\n${T},1,2\n`, {}, 'exchange.no-table'],
  ['one column', 'time\n2026\n', {}, 'exchange.no-table'],
  ['no time', 'a,line/flow\nx,1\n', {}, 'exchange.no-time'],
  ['local times of no zone', 'time,line/flow\n2026-03-01 10:00,1\n', { zone: undefined }, 'exchange.no-zone'],
  [
    'a zone that is not there',
    'time,line/flow\n2026-03-01 10:00,1\n',
    { zone: 'Mars/Base' },
    'exchange.usage',
  ],
  ['days that may be months', 'time,line/flow\n03/04/2026 10:00,1\n', {}, 'exchange.ambiguous-time'],
  ['columns that no tag stands for', `time,line/flow,Temp\n${T},1,2\n`, {}, 'exchange.unknown-tags'],
  [
    'two columns of one tag',
    `time,line/flow,b\n${T},1,2\n`,
    { map: new Map([['b', 'line/flow']]) },
    'exchange.usage',
  ],
] as const) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(imported(file, options as ImportOptions), { code });
  });
}

test('any bytes end in a report or in a fault that says why', async () => {
  const wild = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .string({ unit: fc.constantFrom('"', ',', ';', '\n', '1', '.', 'time', T, 'line/flow'), maxLength: 40 })
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(wild, fc.integer({ min: 1, max: 50 }), async (bytes, piece) => {
      await imported(bytes, {}, piece).catch((error) =>
        assert.match(error.code ?? String(error), /^exchange\./),
      );
    }),
    { numRuns: 300 },
  );
});
