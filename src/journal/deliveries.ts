import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '#kernel/fault.ts';
import type { CursorMove, Ledger } from './accounts.ts';
import { rowsOfMarks } from './block.ts';
import { salvageRows } from './salvage.ts';
import type { HeadRow } from './schema.ts';

/**
 * A cursor with what became of all that it passed. Of what was stored since the sink is there (`head.stored - base`) each
 * sample is delivered, rejected, left out, lost, removed, or waits behind `at`.
 */
export interface CursorRow {
  readonly name: string;
  /** Only rises: what lies before it may be removed. */
  readonly seq: number;
  /** Where the far side stands; a hub that was restored from a backup stands further back than it did. */
  readonly at: number;
  /** Stored and gone before the sink was there, and lost before that. */
  readonly base: number;
  readonly base_lost: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly left_out: number;
  readonly lost: number;
  /**
   * Removed from the journal before they were confirmed, up to `removed_to`. They may be on their way: confirmed after
   * all, they are delivered, and what is passed without that is lost for good.
   */
  readonly removed: number;
  readonly removed_to: number;
  /** What the far side counts beyond `delivered`, where it counts: what it had before this ledger began. */
  readonly beyond: number | null;
}

/** Accounts for every stored sample, for each sink, in the transactions that store, confirm and remove. */
export class Deliveries {
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #behind: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare('SELECT * FROM cursors WHERE name = ?');
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO cursors (name, seq, "at", base, base_lost, delivered, rejected, left_out, lost, removed, removed_to, beyond) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#behind = db.prepare('SELECT name, "at" FROM cursors WHERE "at" < ?');
    this.#remove = db.prepare('UPDATE cursors SET removed = removed + ?, removed_to = ? WHERE name = ?');
  }

  move(name: string, move: CursorMove, head: HeadRow): void {
    const row = (this.#get.get(name) as CursorRow | undefined) ?? begun(name, head);
    const passed = this.#passed(row, move);
    const { delivered, beyond } = passed;
    let lost = row.lost + move.lost;
    let { removed } = row;
    const done = delivered - row.delivered + move.rejected + move.leftOut + move.lost;
    if (removed > 0 && done > 0) {
      // Whatever is done with beyond those that are still there was on its way when it was removed.
      const there = rowsBetween(this.#db, Math.max(row.at, row.removed_to), move.at);
      removed -= Math.min(removed, Math.max(0, done - there));
    }
    if (removed > 0 && move.at >= row.removed_to && passed.isKnown) {
      lost += removed;
      removed = 0;
    }
    this.#write({
      ...row,
      seq: Math.max(row.seq, move.at),
      at: move.at,
      delivered,
      rejected: row.rejected + move.rejected,
      left_out: row.left_out + move.leftOut,
      lost,
      removed,
      beyond,
    });
  }

  /** @returns what is delivered now; `isKnown`: as the far side said it, not as the journal suggests */
  #passed(
    row: CursorRow,
    { at, delivered, total }: CursorMove,
  ): { readonly delivered: number; readonly beyond: number | null; readonly isKnown: boolean } {
    const { beyond } = row;
    if (total !== undefined && beyond !== null) return { delivered: total - beyond, beyond, isKnown: true };
    if (delivered !== undefined && total === undefined)
      return { delivered: row.delivered + delivered, beyond, isKnown: true };
    const all = row.delivered + rowsBetween(this.#db, row.at, at);
    return { delivered: all, beyond: total === undefined ? beyond : total - all, isKnown: false };
  }

  /** A block is about to go. @returns the sinks that have not got all of it */
  removed({ seq, last, rows, body }: StoredBlock): readonly Pick<CursorRow, 'name' | 'at'>[] {
    const behind = this.#behind.all(last) as unknown as Pick<CursorRow, 'name' | 'at'>[];
    for (const found of behind) {
      const beyond = found.at < seq ? rows : rowsIn(seq, body, found.at, last);
      if (beyond > 0) this.#remove.run(beyond, last, found.name);
    }
    return behind;
  }

  /** Begins to count: whatever is in the journal was acquired and stored, and what a cursor has passed is delivered. */
  begin(head: HeadRow, nowUs: number): void {
    head.since_us = nowUs;
    head.acquired = head.stored = head.rows;
    head.lost = head.unknown = 0;
    for (const { name, seq } of this.#all()) {
      const delivered = head.rows - rowsBeyond(this.#db, seq);
      this.#write({ ...begun(name, head), seq, at: seq, base: 0, delivered });
    }
  }

  /** What a damaged file held and nobody can read any more is lost for those who had not got it. */
  settle(head: HeadRow): void {
    for (const row of this.#all()) {
      const { base, delivered, rejected, left_out, removed } = row;
      const missing =
        (head.stored ?? 0) -
        base -
        delivered -
        rejected -
        left_out -
        removed -
        row.lost -
        rowsBeyond(this.#db, row.at);
      if (missing > 0) this.#write({ ...row, lost: row.lost + missing });
    }
  }

  #all(): CursorRow[] {
    return this.#db.prepare('SELECT * FROM cursors').all() as unknown as CursorRow[];
  }

  #write(row: CursorRow): void {
    const {
      name,
      seq,
      at,
      base,
      base_lost,
      delivered,
      rejected,
      left_out,
      lost,
      removed,
      removed_to,
      beyond,
    } = row;
    this.#put.run(
      ...[name, seq, at, base, base_lost, delivered, rejected, left_out, lost, removed, removed_to, beyond],
    );
  }
}

export interface StoredBlock {
  readonly seq: number;
  readonly last: number;
  readonly rows: number;
  readonly body: Uint8Array;
}

/** One that comes now finds what is in the journal, and nothing of what was there before. */
const begun = (name: string, head: HeadRow): CursorRow => ({
  ...{ name, seq: 0, at: 0, base: (head.stored ?? 0) - head.rows, base_lost: head.lost ?? 0 },
  ...{ delivered: 0, rejected: 0, left_out: 0, lost: 0, removed: 0, removed_to: 0, beyond: null },
});

/** What the tables say at one moment. @throws Fault `journal.salvaging`, `journal.no-ledger` */
export function readAccounts(db: DatabaseSync, head: HeadRow, position = head.seq): Ledger {
  const { since_us, acquired, stored, lost, unknown } = head;
  if (salvageRows(db).length > 0)
    throw new Fault('journal.salvaging', 'the journal is still taking over what a damaged one holds', {
      hint: 'Try again in some minutes.',
    });
  if (
    typeof since_us !== 'number' ||
    acquired === null ||
    stored === null ||
    lost === null ||
    unknown === null
  )
    throw new Fault('journal.no-ledger', 'nothing has been counted in this journal yet', {
      hint: 'It was written by an earlier version: start the site once.',
    });
  const rows = db.prepare('SELECT * FROM cursors ORDER BY name').all() as unknown as CursorRow[];
  const sinks = rows.map((row) => ({
    id: row.name,
    at: row.at,
    stored: stored - row.base,
    lostBefore: lost - row.base_lost,
    delivered: row.delivered,
    rejected: row.rejected,
    leftOut: row.left_out,
    waiting: rowsBeyond(db, row.at),
    lost: row.lost + row.removed,
    beyond: row.beyond ?? undefined,
  }));
  const behind = rowsBeyond(db, position);
  return { sinceUs: since_us, acquired, stored, lost, unknown, sinks, behind };
}

/** Samples in the journal behind a position; exact, whatever lies between. */
export function rowsBeyond(db: DatabaseSync, seq: number): number {
  const { rows } = db.prepare('SELECT coalesce(sum(rows), 0) AS rows FROM blocks WHERE seq > ?').get(seq) as {
    rows: number;
  };
  return rows + partOf(db, seq, seq, Number.POSITIVE_INFINITY);
}

/** Those up to another one, inclusive. */
export function rowsBetween(db: DatabaseSync, after: number, upTo: number): number {
  if (upTo <= after) return 0;
  const { rows } = db
    .prepare('SELECT coalesce(sum(rows), 0) AS rows FROM blocks WHERE seq > ? AND seq <= ? AND last <= ?')
    .get(after, upTo, upTo) as { rows: number };
  const head = partOf(db, after, after, upTo);
  const tail = db
    .prepare('SELECT seq, last FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
    .get(upTo) as { seq: number; last: number } | undefined;
  return rows + head + (tail && tail.seq > after && tail.last > upTo ? partOf(db, upTo, after, upTo) : 0);
}

/** Of the block that holds the position: samples after the one sequence, up to the other. */
function partOf(db: DatabaseSync, at: number, after: number, upTo: number): number {
  const begun = db.prepare('SELECT seq, last FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1').get(at) as
    | { seq: number; last: number }
    | undefined;
  if (!begun || begun.last <= after) return 0;
  const { body } = db.prepare('SELECT body FROM blocks WHERE seq = ?').get(begun.seq) as { body: Uint8Array };
  return rowsIn(begun.seq, body, after, upTo);
}

function rowsIn(seq: number, body: Uint8Array, after: number, upTo: number): number {
  try {
    return rowsOfMarks(seq, body, after, upTo);
  } catch (error) {
    // Damaged: what was in it shows as a difference, until it is told as lost.
    if (error instanceof Fault) return 0;
    throw error;
  }
}
