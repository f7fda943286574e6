import { join } from 'node:path';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { openForWriting, transaction } from '#platform/sqlite.ts';
import { appendLedger, readLedger } from './ledger.ts';
import { openReader } from './reader.ts';
import { FILES, type HeadRow, readHead, SEQ_LEAP } from './schema.ts';

/** Epochs of a box that takes over begin above a multiple of this: more starts than any box lives to see. */
const EPOCH_LEAP = 1_000_000;

/** What a copy is changed by before it goes on as a journal. */
export interface Revival {
  /** Sinks whose far side cannot tell what it had already: they begin after what is in the copy. */
  mayRepeat(sink: string): boolean;
  /** New values of small state, as JSON values; undefined leaves it as it was. */
  state(key: string, value: Json): Json | undefined;
  /** State to add, once the rest is known. */
  added(skipped: readonly SkippedRows[]): ReadonlyMap<string, Json>;
}

/** Rows of a sink that wait in the copy and are not sent again. */
export interface SkippedRows {
  readonly sink: string;
  readonly rows: number;
}

/**
 * Makes the copy of a journal ready to go on where nothing is known of what was written since: epoch and sequences
 * leap above all that the other box can have used.
 * @param dir with the copied database and ledger
 * @throws Fault `journal.damaged`, errors of SQLite and of the file system
 */
export function reviveJournal(dir: string, revival: Revival): void {
  const ledgerPath = join(dir, FILES.ledger);
  const ledger = readLedger(ledgerPath);
  const db = openForWriting(join(dir, FILES.database));
  try {
    const head = readHead(db) as HeadRow;
    const highest = Math.max(head.epoch, ledger.epoch);
    const epoch = (Math.floor(highest / EPOCH_LEAP) + 1) * EPOCH_LEAP;
    const seq = Math.max(head.seq, ledger.seq) + SEQ_LEAP;
    transaction(db, () => {
      const skipped: SkippedRows[] = [];
      const sinks = db.prepare('SELECT name, seq FROM cursors').all() as { name: string; seq: number }[];
      for (const sink of sinks) {
        if (revival.mayRepeat(sink.name)) continue;
        const waiting = db.prepare('SELECT coalesce(sum(rows), 0) AS rows FROM blocks WHERE last > ?');
        const { rows } = waiting.get(sink.seq) as { rows: number };
        if (rows > 0) skipped.push({ sink: sink.name, rows });
        db.prepare('UPDATE cursors SET seq = ? WHERE name = ?').run(head.seq, sink.name);
      }
      const put = db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?)');
      const states = db.prepare('SELECT key, value FROM state').all() as { key: string; value: string }[];
      for (const { key, value } of states) {
        const next = revival.state(key, JSON.parse(value) as Json);
        if (next !== undefined) put.run(key, JSON.stringify(next));
      }
      for (const [key, value] of revival.added(skipped)) put.run(key, JSON.stringify(value));
      db.prepare('UPDATE head SET epoch = ?, unit = 0, seq = ?, since_us = NULL').run(epoch, seq);
    });
    appendLedger(ledgerPath, [{ epoch, seq }]);
  } finally {
    db.close();
  }
}

/**
 * Looks at every page and every event of a copy.
 * @param expected of the last event, as it is known from elsewhere
 * @throws Fault `journal.damaged`, `journal.newer-format`; errors of SQLite
 */
export function verifyCopy(
  dir: string,
  expected: { readonly eventHash: string; readonly eventCount: number },
): void {
  using reader = openReader(dir);
  const { broken, head, events } = reader.verify();
  const why = broken
    ? `the chain of its events breaks at ${broken.seq}: ${broken.reason}`
    : head !== expected.eventHash || events !== expected.eventCount
      ? `its events end with ${head.slice(0, 16)}…, not with ${expected.eventHash.slice(0, 16)}…`
      : undefined;
  if (why !== undefined)
    throw new Fault('journal.damaged', `the journal is not whole: ${why}`, {
      retry: 'never',
      hint: 'take an earlier backup',
    });
}
