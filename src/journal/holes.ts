import type { DatabaseSync } from 'node:sqlite';
import { hasTable } from './schema.ts';

/** Sequences that are known to be missing, since the journal was brought over from a damaged file. */
export interface Hole {
  /** `blocks`: samples and ticks; `events`: where the chain of events is known to be torn. */
  readonly kind: 'blocks' | 'events';
  readonly first: number;
  readonly last: number;
  /** Samples that were in it, undefined where nobody knows; 0 where none was ever given such a number. */
  readonly rows: number | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}

interface HoleRow {
  readonly id: number;
  readonly kind: Hole['kind'];
  readonly first: number;
  readonly last: number;
  readonly rows: number | null;
  readonly from_us: number;
  readonly to_us: number;
}

export type KnownHole = Hole & { readonly id: number };

export function addHole(db: DatabaseSync, { kind, first, last, rows, fromUs, toUs }: Hole): void {
  db.prepare('INSERT INTO holes (kind, first, last, rows, from_us, to_us) VALUES (?, ?, ?, ?, ?, ?)').run(
    kind,
    first,
    last,
    rows ?? null,
    fromUs,
    toUs,
  );
}

/** Those that reach into the sequences `from` to `to`, in their order. */
export function holesWithin(db: DatabaseSync, kind: Hole['kind'], from: number, to: number): KnownHole[] {
  if (!hasTable(db, 'holes')) return [];
  const rows = db
    .prepare('SELECT * FROM holes WHERE kind = ? AND first <= ? AND last >= ? ORDER BY first')
    .all(kind, to, from) as unknown as HoleRow[];
  return rows.map(({ from_us, to_us, rows, ...hole }) => ({
    ...hole,
    rows: rows ?? undefined,
    fromUs: from_us,
    toUs: to_us,
  }));
}
