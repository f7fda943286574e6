import type { Pool } from 'pg';
import { type Chunk, openChunk } from '#historian/format/chunk.ts';
import { mergeRows, type Rows, sliceRows, spanOf, upperBound } from '#historian/format/rows.ts';
import { type Stretch, stretchesOf, stretchOfRows } from '#historian/reading/stretch.ts';
import { rowsOf } from '#uplink/rows.ts';
import { RowsByTag } from './by-tag.ts';
import { dateText, dayOf } from './partitions.ts';

/** A tag of one box of a site: a box that took the place of another has numbers of its own. */
export interface Series {
  readonly journal: number;
  readonly number: number;
}

export interface SpanUs {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What is known of a chunk without its bytes. */
interface Head {
  /** Table and place: chunks are never changed. */
  readonly key: string;
  readonly number: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Of one question to the database, and of one turn of the thread that serves connections as well. */
const BATCH_BYTES = 512 * 1024;
const BATCH_CHUNKS = 128;

const KEY = "t.tableoid || ' ' || t.ctid";

/** Chunks of the tags $1, $2 of the days $5 to $6, and those of odd times, which are on any day. */
const chunksWhere = (columns: string, where: string): string => {
  const of = `SELECT ${columns} FROM telemetry t JOIN unnest($1::integer[], $2::bigint[]) AS s (journal, number)
    ON t.journal = s.journal AND t.number = s.number WHERE ${where}`;
  return `${of} AND NOT t.odd AND t.day BETWEEN $5 AND $6 UNION ALL ${of} AND t.odd`;
};

const LIST = `${chunksWhere(
  `${KEY} AS key, t.journal, t.number, t.from_us, t.to_us, t.rows, octet_length(t.body) AS bytes, NULL::bytea AS body`,
  't.to_us >= $3 AND t.from_us < $4',
)} UNION ALL SELECT NULL, journal, upto, from_us, to_us, rows, 0, body FROM telemetry_inbox
  WHERE journal = ANY($1) AND to_us >= $3 AND from_us < $4`;
const READ = chunksWhere(`${KEY} AS key, t.body`, 't.from_us >= $3 AND t.from_us <= $4');

/** Finds all samples of a tag with from ≤ time < to, as of one moment; their bytes are read when they are asked for. */
export async function findPast(pool: Pool, all: readonly Series[], span: SpanUs): Promise<TagPast> {
  const { fromUs, toUs } = span;
  // One snapshot for both: sorting moves samples from one table to the other.
  const { rows } = await pool.query<{
    key: string | null;
    journal: number;
    number: string;
    from_us: string;
    to_us: string;
    rows: number;
    bytes: number;
    body: Buffer;
  }>(LIST, parametersOf(all, span));
  const heads: Head[] = [];
  const fresh: { readonly journal: number; readonly upTo: number; readonly body: Buffer }[] = [];
  for (const { key, journal, number, from_us, to_us, rows: count, bytes, body } of rows) {
    if (key === null) fresh.push({ journal, upTo: Number(number), body });
    else
      heads.push({
        ...{ key, number: Number(number), fromUs: Number(from_us), toUs: Number(to_us), rows: count, bytes },
      });
  }
  heads.sort((a, b) => a.fromUs - b.fromUs || (a.key < b.key ? -1 : 1));
  const parts = all.map(({ journal, number }) => {
    const byTag = new RowsByTag();
    const blocks = fresh.filter((block) => block.journal === journal).sort((a, b) => a.upTo - b.upTo);
    for (const { upTo, body } of blocks) byTag.add(rowsOf(upTo, body), number);
    return mergeRows([...byTag].map(([, some]) => some));
  });
  return new TagPast(pool, all, span, heads, spanOf(mergeRows(parts), fromUs, toUs));
}

const parametersOf = (all: readonly Series[], { fromUs, toUs }: SpanUs): unknown[] => [
  all.map(({ journal }) => journal),
  all.map(({ number }) => number),
  ...[Math.floor(fromUs), Math.ceil(toUs), dateText(dayOf(fromUs)), dateText(dayOf(toUs))],
];

/** The samples of a tag in a span: chunks, and those that are not sorted yet. */
export class TagPast {
  readonly #pool: Pool;
  readonly #all: readonly Series[];
  readonly #span: SpanUs;
  readonly #heads: readonly Head[];
  readonly #fresh: Rows;

  constructor(pool: Pool, all: readonly Series[], span: SpanUs, heads: readonly Head[], fresh: Rows) {
    this.#pool = pool;
    this.#all = all;
    this.#span = span;
    this.#heads = heads;
    this.#fresh = fresh;
  }

  /** How many rows there are about, and from when to when. */
  get extent(): { rows: number; fromUs: number; toUs: number } {
    const { fromUs, toUs } = this.#span;
    const { timeUs } = this.#fresh;
    let rows = timeUs.length;
    let firstUs = timeUs[0] ?? toUs;
    let lastUs = timeUs.at(-1) ?? fromUs;
    for (const head of this.#heads) {
      rows += head.rows;
      firstUs = Math.min(firstUs, head.fromUs);
      lastUs = Math.max(lastUs, head.toUs);
    }
    return { rows, fromUs: Math.max(fromUs, firstUs), toUs: Math.min(toUs, lastUs) };
  }

  /** In the order of time. A chunk that nothing else falls into is handed out as it is: its summary may say enough. */
  async *stretches(): AsyncIterable<Stretch> {
    const { fromUs, toUs } = this.#span;
    let left = this.#fresh;
    const chunks = this.#chunks()[Symbol.asyncIterator]();
    const pull = async (): Promise<Chunk | undefined> => (await chunks.next()).value ?? undefined;
    for (let chunk = await pull(), next: Chunk | undefined; chunk; chunk = next) {
      const within: Rows[] = [];
      for (next = await pull(); next && next.fromUs <= chunk.toUs; next = await pull())
        within.push(spanOf(next.read(), fromUs, toUs));
      if (within.length > 0) left = mergeRows([...within, left]);
      const end = upperBound(left.timeUs, chunk.toUs);
      yield* stretchesOf(chunk, sliceRows(left, 0, end), fromUs, toUs);
      left = sliceRows(left, end, left.timeUs.length);
    }
    if (left.timeUs.length > 0) yield stretchOfRows(left);
  }

  /** All rows at once. */
  async rows(): Promise<Rows> {
    const parts: Rows[] = [];
    for await (const stretch of this.stretches()) parts.push(stretch.rows());
    return mergeRows(parts);
  }

  async *#chunks(): AsyncGenerator<Chunk, undefined> {
    for (let from = 0; from < this.#heads.length; ) {
      let bytes = 0;
      let to = from;
      while (to < this.#heads.length && to - from < BATCH_CHUNKS && bytes < BATCH_BYTES)
        bytes += (this.#heads[to++] as Head).bytes;
      const heads = this.#heads.slice(from, to);
      const bodies = await this.#bodies(heads);
      for (const { key, number } of heads) {
        const body = bodies.get(key);
        // Its day may have become too old meanwhile.
        if (body) yield openChunk(number, body);
      }
      from = to;
    }
    return undefined;
  }

  async #bodies(heads: readonly Head[]): Promise<ReadonlyMap<string, Buffer>> {
    const { rows } = await this.#pool.query<{ key: string; body: Buffer }>(
      READ,
      parametersOf(this.#all, { fromUs: heads[0]?.fromUs ?? 0, toUs: heads.at(-1)?.fromUs ?? 0 }),
    );
    return new Map(rows.map(({ key, body }) => [key, body]));
  }
}
