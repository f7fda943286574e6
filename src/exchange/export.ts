import { csvCell } from '#codec/csv/reader.ts';
import type { HistoryGap, Span } from '#historian/api.ts';
import { gapsOf, tagsOf } from '#historian/reading/holes.ts';
import { type HistoryDirs, Past } from '#historian/reading/past.ts';
import { Fault } from '#kernel/fault.ts';
import { glob } from '#kernel/glob.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Form } from './layout.ts';
import { QUALITY_OF } from './layout.ts';
import { ParquetFile } from './parquet-file.ts';
import { type Sample, samplesOf } from './samples.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportQuery extends Span {
  /** Paths; `*` stands for any text. */
  readonly tags: readonly string[];
  readonly format: ExportFormat;
  readonly form: Form;
  /** Leaves out qualities and gaps; a bad value is then empty. Of wide tables alone. */
  readonly valuesOnly?: boolean;
}

/** Of a wide table: some samples of each of them are held at once. */
export const MOST_WIDE_TAGS = 200;
/** Cells that a row group of Parquet has, about. */
const CELLS_A_GROUP = 2 ** 19;
const TEXT_AT_ONCE = 2 ** 16;

/**
 * The history of some tags as the bytes of a file, made when they are asked for: whatever the span, a part of it is in
 * memory. A long table follows tag by tag, a wide one follows time; holes are in both.
 * @throws Fault `tag.unknown`, `exchange.too-wide`, `exchange.not-int64`; errors of SQLite
 */
export function* exportHistory(dirs: HistoryDirs, query: ExportQuery): Generator<Uint8Array> {
  const past = new Past(dirs);
  try {
    const tags = chosen(past, query.tags);
    if (query.form === 'wide' && tags.length > MOST_WIDE_TAGS)
      throw new Fault('exchange.too-wide', `${tags.length} tags are too many for a wide table`, {
        retry: 'never',
        hint: `at most ${MOST_WIDE_TAGS}; a long table holds as many as you like`,
      });
    const gaps = query.valuesOnly
      ? []
      : gapsOf(
          past,
          query,
          tags.map(({ path }) => path),
        );
    const table =
      query.form === 'long' ? longTable(past, tags, query, gaps) : wideTable(past, tags, query, gaps);
    if (query.format === 'parquet') yield* parquet(table);
    else yield* inBytes(query.format === 'csv' ? csvText(table) : jsonText(table));
  } finally {
    past.close();
  }
}

/** Columns, and rows in parts; a cell for each column. */
interface Rows {
  readonly columns: readonly Column[];
  readonly parts: Iterable<readonly (readonly Field[])[]>;
}

export interface Column {
  readonly name: string;
  readonly type: 'time' | 'number' | 'boolean' | 'int64' | 'text';
  /** Whether every row has it. */
  readonly isFull: boolean;
}

/** Times are µs since 1970. */
export type Field = Sample['value'];

function chosen(past: Past, asked: readonly string[]): readonly TagInfo[] {
  const known = new Map<string, TagInfo>();
  for (const { number: _, ...tag } of past.tail.reader?.tags() ?? []) known.set(tag.path, tag);
  for (const { tag } of tagsOf(past)) known.set(tag.path, tag);
  const found = asked.flatMap((pattern) => {
    if (!pattern.includes('*')) return known.get(pattern) ?? unknownTag(pattern);
    const all = [...known.keys()].filter(glob(pattern)).sort();
    return all.length > 0 ? all.map((path) => known.get(path) as TagInfo) : unknownTag(pattern);
  });
  return [...new Map(found.map((tag) => [tag.path, tag])).values()];
}

function unknownTag(path: string): never {
  throw new Fault('tag.unknown', `there is no tag ${path}, and none of it in the history`, {
    retry: 'never',
    hint: '`holdfast tags` lists them; * stands for any text',
  });
}

const gapsOfTag = (gaps: readonly HistoryGap[], path: string): readonly HistoryGap[] =>
  gaps.filter(({ tags }) => tags === 'all' || tags.includes(path));

const kindOf = ({ type }: TagInfo): Column['type'] =>
  type === 'enum' || type === 'number' ? 'number' : type === 'structure' ? 'text' : type;

/** Names of value columns where tags of several types share a table. */
const LONG = { number: 'value', boolean: 'boolean', int64: 'integer', text: 'text', time: '' } as const;

function longTable(
  past: Past,
  tags: readonly TagInfo[],
  query: ExportQuery,
  gaps: readonly HistoryGap[],
): Rows {
  const kinds = [...new Set(tags.map(kindOf))];
  // Text holds them all: one column of values is enough, each as it is written.
  const isTyped = query.format === 'parquet' && kinds.length > 1;
  const values: Column[] = isTyped
    ? kinds.map((type) => ({ name: LONG[type], type, isFull: false }))
    : [{ name: 'value', type: kinds[0] ?? 'number', isFull: false }];
  const columns: Column[] = [
    { name: 'tag', type: 'text', isFull: true },
    { name: 'time', type: 'time', isFull: true },
    ...values,
    { name: 'quality', type: 'text', isFull: true },
  ];
  return { columns, parts: parts() };

  function* parts(): Iterable<readonly (readonly Field[])[]> {
    for (const tag of tags) {
      const place = isTyped ? kinds.indexOf(kindOf(tag)) : 0;
      const empty = new Array<Field>(values.length).fill(null);
      for (const part of samplesOf(past, tag, query, gapsOfTag(gaps, tag.path)))
        yield part.map(({ timeUs, value, quality }) => [
          tag.path,
          timeUs,
          ...empty.with(place, value),
          quality,
        ]);
    }
  }
}

/** One tag of a wide table: where it has come to. */
interface Lane {
  readonly rest: Iterator<readonly Sample[]>;
  part: readonly Sample[];
  next: number;
}

function wideTable(
  past: Past,
  tags: readonly TagInfo[],
  query: ExportQuery,
  gaps: readonly HistoryGap[],
): Rows {
  const withQuality = !query.valuesOnly;
  const columns: Column[] = [{ name: 'time', type: 'time', isFull: true }];
  for (const tag of tags) {
    columns.push({ name: tag.path, type: kindOf(tag), isFull: false });
    if (withQuality) columns.push({ name: tag.path + QUALITY_OF, type: 'text', isFull: false });
  }
  return { columns, parts: parts() };

  function* parts(): Iterable<readonly (readonly Field[])[]> {
    const lanes = tags.map((tag): Lane => {
      const rest = samplesOf(past, tag, query, gapsOfTag(gaps, tag.path))[Symbol.iterator]();
      return { rest, part: [], next: 0 };
    });
    let rows: (readonly Field[])[] = [];
    for (;;) {
      const timeUs = lanes.reduce((least, lane) => Math.min(least, ahead(lane)), Number.POSITIVE_INFINITY);
      if (timeUs === Number.POSITIVE_INFINITY) break;
      const row: Field[] = [timeUs];
      for (const lane of lanes) {
        const sample = ahead(lane) === timeUs ? lane.part[lane.next++] : undefined;
        row.push(withQuality || sample?.isGood ? (sample?.value ?? null) : null);
        if (withQuality) row.push(sample?.quality ?? null);
      }
      rows.push(row);
      if (rows.length < 1024) continue;
      yield rows;
      rows = [];
    }
    yield rows;
  }
}

/** Time of the next sample. */
function ahead(lane: Lane): number {
  while (lane.next >= lane.part.length) {
    const { value, done } = lane.rest.next();
    if (done) return Number.POSITIVE_INFINITY;
    lane.part = value;
    lane.next = 0;
  }
  return lane.part[lane.next]?.timeUs ?? Number.POSITIVE_INFINITY;
}

function* csvText({ columns, parts }: Rows): Iterable<string> {
  yield `${columns.map(({ name }) => csvCell(name)).join(',')}\n`;
  for (const rows of parts)
    for (const row of rows) yield `${row.map((field, i) => textOf(field, columns[i] as Column)).join(',')}\n`;
}

function textOf(field: Field, { type }: Column): string {
  if (field === null) return '';
  if (type === 'time') return timeText(field as number);
  if (typeof field === 'string') return csvCell(field);
  return Object.is(field, -0) ? '-0' : String(field);
}

function* jsonText({ columns, parts }: Rows): Iterable<string> {
  for (const rows of parts)
    for (const row of rows) {
      const fields = row.map((field, i) => {
        const { name, type } = columns[i] as Column;
        if (type === 'time') return [name, timeText(field as number)];
        return [name, typeof field === 'bigint' ? field.toString() : field];
      });
      yield `${JSON.stringify(Object.fromEntries(fields))}\n`;
    }
}

function* inBytes(lines: Iterable<string>): Generator<Uint8Array> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < TEXT_AT_ONCE) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

const SECOND_US = 1e6;
/** Samples follow each other: the second of the one before is mostly that of the next. */
const second = { ofUs: Number.NaN, text: '' };

/** To the µs: sources tell samples apart by them. */
function timeText(us: number): string {
  const startUs = Math.floor(us / SECOND_US) * SECOND_US;
  if (startUs !== second.ofUs) {
    second.ofUs = startUs;
    second.text = new Date(startUs / 1000).toISOString().slice(0, 20);
  }
  return `${second.text}${String(us - startUs).padStart(6, '0')}Z`;
}

function* parquet({ columns, parts }: Rows): Generator<Uint8Array> {
  const file = new ParquetFile(columns);
  const rowsAGroup = Math.max(4096, Math.floor(CELLS_A_GROUP / columns.length));
  for (const rows of parts) {
    for (const row of rows) file.add(row);
    if (file.rows >= rowsAGroup) yield file.group();
  }
  if (file.rows > 0) yield file.group();
  yield file.end();
}
