import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Gap } from '#kernel/gap.ts';
import { openForReading } from '#platform/sqlite.ts';
import { checkBlock } from './block.ts';
import { mergeGaps } from './gaps.ts';
import { addHole, type Hole, holesWithin } from './holes.ts';
import { firstReadable, type Place, Places } from './places.ts';
import { EVENTS_SOURCE } from './removal.ts';
import { FILES, type HeadRow, hasTable, MOST_SEQ } from './schema.ts';

/** A damaged file that has been set aside, as it is written down: what can be read of it is brought over in pieces. */
export interface SalvageRow {
  readonly id: number;
  /** Its name, in the folder of the journal. */
  readonly file: string;
  /** Nothing up to here is taken from it: an earlier file has that. */
  readonly start: number;
  /** Everything of it up to here has been brought over, or is known to be lost. */
  readonly after: number;
  /** Highest sequence that it can hold, and the last one before those of its successor. */
  readonly upto: number;
  readonly next: number;
  /** What its head said that it held; null where that could not be read. */
  readonly had_rows: number | null;
  readonly had_events: number | null;
  /** Brought over so far. */
  readonly rows: number;
  readonly events: number;
  readonly wall_us: number;
  /** Holes up to this one were there before. */
  readonly hole: number;
}

interface BlockRow {
  readonly seq: number;
  readonly last: number;
  readonly rows: number;
  readonly from_us: number;
  readonly to_us: number;
  readonly age_us: number;
  readonly body: Uint8Array;
}

interface EventRow {
  readonly seq: number;
  readonly at_us: number;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

/** What is brought over in one transaction. */
export interface Piece {
  readonly blocks: readonly BlockRow[];
  readonly events: readonly EventRow[];
  readonly holes: readonly Hole[];
  /** Everything up to here was looked at. */
  readonly upTo: number;
  readonly isLast: boolean;
  readonly bytes: number;
}

const ROW_BYTES = 100;

/** While files are being brought over readers see no further than this, so that they meet all of it in its order. */
export function salvagedUpTo(db: DatabaseSync): number {
  if (!hasTable(db, 'salvage')) return Number.POSITIVE_INFINITY;
  const row = db.prepare('SELECT after FROM salvage ORDER BY id LIMIT 1').get() as
    | { after: number }
    | undefined;
  return row?.after ?? Number.POSITIVE_INFINITY;
}

/** @throws SyntaxError where a spoilt page has left what cannot be one; errors of SQLite */
export function salvageRows(db: DatabaseSync): SalvageRow[] {
  if (!hasTable(db, 'salvage')) return [];
  const rows = db.prepare('SELECT * FROM salvage ORDER BY id').all() as unknown as SalvageRow[];
  for (const { file, after, upto, next } of rows)
    if (!`${file}`.startsWith(FILES.damaged) || !(after >= 0 && next >= upto && next < MOST_SEQ))
      throw new SyntaxError(`the journal is to take over ${file}, which cannot be`);
  return rows;
}

/** Reads a damaged file page by page, passing over what the disk has spoilt, and writes what is left into its successor. */
export class Salvage implements Disposable {
  #row: SalvageRow;
  /** As it is once the transaction under way has ended well. */
  #next: SalvageRow;
  readonly #from: DatabaseSync | undefined;
  readonly #places: Places | undefined;
  readonly #block: StatementSync | undefined;
  readonly #event: StatementSync | undefined;

  private constructor(dir: string, row: SalvageRow) {
    this.#row = row;
    this.#next = row;
    try {
      const path = join(dir, row.file);
      if (!existsSync(path)) return;
      this.#from = openForReading(path);
      this.#block = this.#from.prepare('SELECT * FROM blocks WHERE seq = ?');
      this.#event = this.#from.prepare(
        'SELECT * FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1',
      );
      this.#places = new Places(this.#from, anything);
    } catch {
      // Nothing can be read of it: all of it is one hole.
    }
  }

  /** The oldest file that is not done with. */
  static pending(db: DatabaseSync, dir: string): Salvage | undefined {
    const [row] = salvageRows(db);
    return row && new Salvage(dir, row);
  }

  [Symbol.dispose](): void {
    this.#from?.close();
  }

  /** The next blocks and events, or holes, of about so many bytes. Never throws because of what is damaged. */
  read(limitBytes: number): Piece {
    const { upto } = this.#row;
    const blocks: BlockRow[] = [];
    const events: EventRow[] = [];
    const holes: Hole[] = [];
    let after = this.#row.after;
    let bytes = 0;
    let newestUs = 0;
    while (bytes < limitBytes && after < upto) {
      const lost: Lost[] = [];
      const place = this.#nextPlace(after, lost);
      const block = place && this.#readBlock(place, lost);
      for (const { first, last, rows, span } of lost) {
        const { fromUs, toUs } = span ?? { fromUs: newestUs, toUs: block?.from_us ?? this.#row.wall_us };
        holes.push({ kind: 'blocks', first, last, rows, fromUs, toUs: Math.max(fromUs, toUs) });
      }
      const end = place?.last ?? upto;
      for (const event of this.#events(after, end, holes)) {
        events.push(event);
        bytes += event.body.length + ROW_BYTES;
      }
      if (block) {
        blocks.push(block);
        bytes += block.body.length + ROW_BYTES;
        if (block.rows > 0) newestUs = block.to_us;
      }
      after = end;
    }
    return { blocks, events, holes, upTo: after, isLast: after >= upto, bytes };
  }

  #nextPlace(after: number, lost: Lost[]): Place | undefined {
    let first = after + 1;
    if (!this.#places) lost.push({ first, last: this.#row.upto });
    return this.#places?.next(after, this.#row.upto, (_, found) => {
      if (found) lost.push({ first, last: found.last, rows: found.rows, span: found.span });
      if (found) first = found.last + 1;
    });
  }

  #readBlock(place: Place, lost: Lost[]): BlockRow | undefined {
    let row: BlockRow | undefined;
    try {
      row = this.#block?.get(place.seq) as BlockRow | undefined;
      if (row && isSound(row)) return row;
    } catch {
      // A page of its body is spoilt.
    }
    const { seq: first, last } = place;
    lost.push({ first, last, ...this.#indexOf(place) });
    return undefined;
  }

  /** What stands beside a body that cannot be read. */
  #indexOf({ seq }: Place): Pick<Lost, 'rows' | 'span'> {
    try {
      const row = this.#from?.prepare('SELECT rows, from_us, to_us FROM blocks WHERE seq = ?').get(seq) as
        | Pick<BlockRow, 'rows' | 'from_us' | 'to_us'>
        | undefined;
      if (row) return { rows: row.rows, span: { fromUs: row.from_us, toUs: row.to_us } };
    } catch {
      // Its page is spoilt as a whole.
    }
    return {};
  }

  *#events(after: number, upTo: number, holes: Hole[]): Iterable<EventRow> {
    const statement = this.#event;
    if (!statement) return;
    const find = (from: number) => statement.get(from, upTo) as EventRow | undefined;
    for (let from = after; from < upTo; ) {
      let row: EventRow | undefined;
      try {
        row = find(from);
        if (row && !isSoundEvent(row)) throw new Error('it is no event');
      } catch {
        row = firstReadable(
          from,
          upTo,
          (at) => {
            const found = find(at);
            if (found && !isSoundEvent(found)) throw new Error('it is no event');
            return found;
          },
          anything,
        );
        const last = (row?.seq ?? upTo + 1) - 1;
        holes.push({ kind: 'events', first: from + 1, last, rows: undefined, fromUs: 0, toUs: 0 });
      }
      if (!row) return;
      yield row;
      from = row.seq;
    }
  }

  /**
   * Within a transaction of the successor, which may be tried again until it is settled.
   * @returns what is lost for good, once that is known
   */
  write(db: DatabaseSync, head: HeadRow, piece: Piece): readonly Gap[] {
    const block = db.prepare('INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)');
    const event = db.prepare('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)');
    let { rows, events } = this.#row;
    for (const { seq, last, rows: n, from_us, to_us, age_us, body } of piece.blocks) {
      if (block.run(seq, last, n, from_us, to_us, age_us, body).changes === 0) continue;
      head.rows += n;
      rows += n;
    }
    for (const { seq, at_us, body, hash } of piece.events) {
      if (event.run(seq, at_us, body, hash).changes === 0) continue;
      head.event_count++;
      events++;
    }
    for (const hole of piece.holes) addHole(db, hole);
    const next: SalvageRow = { ...this.#row, after: piece.upTo, rows, events };
    this.#next = next;
    if (!piece.isLast) {
      db.prepare('UPDATE salvage SET after = ?, rows = ?, events = ? WHERE id = ?').run(
        piece.upTo,
        rows,
        events,
        next.id,
      );
      return [];
    }
    db.prepare('DELETE FROM salvage WHERE id = ?').run(next.id);
    return this.#finish(db);
  }

  /** What was written last is durable. */
  settle(): void {
    this.#row = this.#next;
  }

  #finish(db: DatabaseSync): readonly Gap[] {
    const { upto, next, had_events, events, wall_us } = this.#next;
    // Numbers that nobody was given.
    if (next > upto)
      addHole(db, { kind: 'blocks', first: upto + 1, last: next, rows: 0, fromUs: wall_us, toUs: wall_us });
    const torn = this.#holes(db, 'events');
    const lostEvents = had_events === null ? undefined : had_events - events;
    const lostRows = this.#lostRows(db);
    db.exec('UPDATE salvage SET hole = (SELECT coalesce(max(id), 0) FROM holes)');
    if (lostEvents === 0 || (lostEvents === undefined && torn.length === 0)) return lostRows;
    if (torn.length === 0)
      addHole(db, { kind: 'events', first: 1, last: next, rows: undefined, fromUs: 0, toUs: wall_us });
    const gap: Gap = {
      ...{ source: EVENTS_SOURCE, tags: [], fromUs: 0, toUs: wall_us },
      ...{ count: lostEvents !== undefined && lostEvents > 0 ? lostEvents : undefined },
      reason: 'journal-damaged',
    };
    return [...lostRows, gap];
  }

  #holes(db: DatabaseSync, kind: Hole['kind']): Hole[] {
    const { upto, hole } = this.#row;
    return holesWithin(db, kind, 0, upto).filter(({ id }) => id > hole);
  }

  /** Each hole by itself where it is known what was in it; the head knows how much is missing in all. */
  #lostRows(db: DatabaseSync): readonly Gap[] {
    const { had_rows, rows, wall_us } = this.#next;
    const holes = this.#holes(db, 'blocks').filter((hole) => hole.rows !== 0);
    const gaps = holes.map(gapOf);
    if (had_rows === null) {
      // Nobody knows whether there was more than what was found.
      const newest = db
        .prepare('SELECT to_us FROM blocks WHERE seq <= ? AND rows > 0 ORDER BY seq DESC LIMIT 1')
        .get(this.#row.upto) as { to_us: number } | undefined;
      const fromUs = newest?.to_us ?? 0;
      return [...gaps, gapOf({ rows: undefined, fromUs, toUs: Math.max(fromUs, wall_us) })];
    }
    const missing = had_rows - rows;
    const known = gaps.filter(({ count }) => count !== undefined);
    const unknown = gaps.filter(({ count }) => count === undefined);
    const rest = missing - known.reduce((sum, { count }) => sum + (count ?? 0), 0);
    const [first, ...others] = unknown;
    if (rest === 0) return known;
    if (rest > 0 && first) return [...known, { ...others.reduce(mergeGaps, first), count: rest }];
    // The head and what was found do not fit together: then nobody knows which holes they were.
    const whole: Gap = { tags: 'all', fromUs: 0, toUs: wall_us, count: undefined, reason: 'journal-damaged' };
    return missing > 0 ? [{ ...whole, count: missing }] : missing < 0 ? [whole] : [];
  }
}

interface Lost {
  readonly first: number;
  readonly last: number;
  readonly rows?: number | undefined;
  readonly span?: { readonly fromUs: number; readonly toUs: number } | undefined;
}

/** A file that is given up anyway: whatever keeps a page from being read, the next one is tried. */
const anything = (): boolean => true;

function isSound({ seq, last, rows, from_us, to_us, age_us, body }: BlockRow): boolean {
  const found = checkBlock(seq, body);
  const isTimed = Number.isFinite(from_us) && to_us >= from_us && Number.isFinite(to_us) && age_us >= 0;
  return isTimed && found.rows === rows && seq + found.marks - 1 === last;
}

const isSoundEvent = ({ at_us, body, hash }: EventRow): boolean =>
  Number.isFinite(at_us) && body instanceof Uint8Array && hash instanceof Uint8Array && hash.length === 32;

const gapOf = ({ rows, fromUs, toUs }: Pick<Hole, 'rows' | 'fromUs' | 'toUs'>): Gap => ({
  tags: 'all',
  fromUs,
  toUs,
  count: rows,
  reason: 'journal-damaged',
});
