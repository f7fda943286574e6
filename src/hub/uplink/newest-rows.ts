import type { PoolClient } from 'pg';
import { float8s, int4s, int8s, texts } from '../database/arrays.ts';
import type { LiveWork, NewestRow } from './api.ts';

/** A value as of an entry of a run of a site. */
interface Known {
  readonly epoch: number;
  readonly seq: number;
  readonly row: NewestRow;
}

const isAsNew = (one: Known, other: Known): boolean =>
  one.epoch > other.epoch || (one.epoch === other.epoch && one.seq >= other.seq);

/** Newest values of one journal that wait to be written: each tag once, whatever came of it meanwhile. */
export class JournalNewest {
  readonly journal: number;
  /** What is told of once it is written. */
  readonly live: LiveWork[] = [];
  readonly #tags = new Map<number, Known>();
  #upTo = 0;

  constructor(journal: number) {
    this.journal = journal;
  }

  /** The history up to this entry is in it; 0: nothing is said of the history. */
  get upTo(): number {
    return this.#upTo;
  }

  get rows(): number {
    return this.#tags.size;
  }

  add(epoch: number, seq: number, rows: readonly NewestRow[]): void {
    for (const row of rows) this.#put({ epoch, seq, row });
  }

  reached(upTo: number): void {
    this.#upTo = Math.max(this.#upTo, upTo);
  }

  /** Takes in what waited longer. */
  absorb({ live, upTo, known }: JournalNewest): void {
    for (const one of known) this.#put(one);
    this.live.unshift(...live);
    this.reached(upTo);
  }

  /** By number of the tag. */
  get known(): readonly Known[] {
    return [...this.#tags.values()].sort((a, b) => a.row.number - b.row.number);
  }

  #put(one: Known): void {
    const other = this.#tags.get(one.row.number);
    if (!other || isAsNew(one, other)) this.#tags.set(one.row.number, one);
  }
}

const VALUES = `unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::float8[], $7::text[], $8::integer[])
  AS v (journal, number, epoch, seq, time_us, value, wide, quality)`;
/** Nearly all are there; and half of the work of what follows. */
const UPDATE = `
  UPDATE newest_values n SET epoch = v.epoch, seq = v.seq, time_us = v.time_us, value = v.value, wide = v.wide::jsonb,
    quality = v.quality
  FROM ${VALUES} WHERE n.journal = v.journal AND n.number = v.number AND (n.epoch, n.seq) <= (v.epoch, v.seq)`;
const INSERT = `
  INSERT INTO newest_values AS n (journal, number, epoch, seq, time_us, value, wide, quality)
  SELECT journal, number, epoch, seq, time_us, value, wide::jsonb, quality FROM ${VALUES}
  ON CONFLICT (journal, number) DO UPDATE SET epoch = EXCLUDED.epoch, seq = EXCLUDED.seq,
    time_us = EXCLUDED.time_us, value = EXCLUDED.value, wide = EXCLUDED.wide, quality = EXCLUDED.quality
  WHERE (n.epoch, n.seq) < (EXCLUDED.epoch, EXCLUDED.seq)`;

/**
 * In one transaction, with how far the history is in them. In the order of their keys: hubs that write the same rows at once
 * must not wait for each other.
 */
export async function putNewest(client: PoolClient, all: readonly JournalNewest[]): Promise<void> {
  const journals = all.toSorted((a, b) => a.journal - b.journal);
  const rows = journals.flatMap(({ journal, known }) => known.map((one) => ({ journal, ...one })));
  if (rows.length > 0) {
    const columns = [
      int4s(rows.map(({ journal }) => journal)),
      int8s(rows.map(({ row }) => row.number)),
      int8s(rows.map(({ epoch }) => epoch)),
      int8s(rows.map(({ seq }) => seq)),
      int8s(rows.map(({ row }) => row.timeUs)),
      float8s(rows.map(({ row }) => row.value)),
      texts(rows.map(({ row }) => row.wide)),
      int4s(rows.map(({ row }) => row.quality)),
    ];
    const { rowCount } = await client.query(UPDATE, columns);
    if (rowCount !== rows.length) await client.query(INSERT, columns);
  }
  const reached = journals.filter(({ upTo }) => upTo > 0);
  if (reached.length === 0) return;
  await client.query(
    `INSERT INTO newest_positions AS p (journal, upto) SELECT * FROM unnest($1::integer[], $2::bigint[])
     ON CONFLICT (journal) DO UPDATE SET upto = EXCLUDED.upto WHERE p.upto < EXCLUDED.upto`,
    [int4s(reached.map(({ journal }) => journal)), int8s(reached.map(({ upTo }) => upTo))],
  );
}
