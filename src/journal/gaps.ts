import type { DatabaseSync } from 'node:sqlite';
import type { Gap, GapReason } from '#kernel/gap.ts';
import type { StoredGap } from './api.ts';

const MAX_TAGS = 512;
const MAX_SPAN_US = 86_400_000_000;
/** Holes of one kind closer than this are one hole. */
const ADJACENT_US = 1_000_000;
export const MAX_GAPS = 4096;

/** Both holes as one: never less than was lost, and unknown as soon as one count is. */
export function mergeGaps(a: Gap, b: Gap): Gap {
  return {
    ...a,
    tags: mergeTags(a.tags, b.tags),
    fromUs: Math.min(a.fromUs, b.fromUs),
    toUs: Math.max(a.toUs, b.toUs),
    count: a.count === undefined || b.count === undefined ? undefined : a.count + b.count,
  };
}

function mergeTags(a: Gap['tags'], b: Gap['tags']): Gap['tags'] {
  if (a === 'all' || b === 'all') return 'all';
  const union = [...new Set([...a, ...b])].sort((x, y) => x - y);
  return union.length > MAX_TAGS ? 'all' : union;
}

/** Whether two holes told by the same holder may become one without hiding anything. */
export function touches(a: Gap, b: Gap): boolean {
  const near = b.fromUs <= a.toUs + ADJACENT_US && b.toUs >= a.fromUs - ADJACENT_US;
  return near && a.source === b.source && a.reason === b.reason && sameTags(a, b) && shortEnough(a, b);
}

const sameTags = (a: Gap, b: Gap): boolean => tagsText(a) === tagsText(b);
const shortEnough = (a: Gap, b: Gap): boolean =>
  Math.max(a.toUs, b.toUs) - Math.min(a.fromUs, b.fromUs) <= MAX_SPAN_US;

export interface GapRow {
  readonly id: number;
  readonly source: string | null;
  readonly tags: string;
  readonly from_us: number;
  readonly to_us: number;
  readonly count: number | null;
  readonly reason: string;
  readonly to_seq: number | null;
}

export const gapOfRow = (row: GapRow): StoredGap => ({
  seq: row.id,
  ...(row.source !== null && { source: row.source }),
  tags: JSON.parse(row.tags) as Gap['tags'],
  fromUs: row.from_us,
  toUs: row.to_us,
  count: row.count ?? undefined,
  reason: row.reason as GapReason,
});

/** The table of gaps: adjacent ones merge, and their number stays bounded. */
export class GapTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** A hole that somebody told us of. @returns whether it became a record of its own */
  add(gap: Gap): boolean {
    const last = this.#last(gap);
    if (last && touches(gapOfRow(last), gap))
      return this.#widen(last.id, mergeGaps(gapOfRow(last), gap), null);
    return this.#insert(gap, null);
  }

  /** Entries from..to removed by ourselves; one removal follows the other, so their order tells what is adjacent. */
  addRemoval(gap: Gap, from: number, to: number): boolean {
    const last = this.#last(gap);
    const follows = last?.to_seq !== null && last !== undefined && last.to_seq + 1 >= from;
    if (follows && shortEnough(gapOfRow(last), gap)) {
      return this.#widen(last.id, mergeGaps(gapOfRow(last), gap), to);
    }
    return this.#insert(gap, to);
  }

  #last(gap: Gap): GapRow | undefined {
    return this.#db
      .prepare('SELECT * FROM gaps WHERE reason = ? AND source IS ? ORDER BY id DESC LIMIT 1')
      .get(gap.reason, gap.source ?? null) as GapRow | undefined;
  }

  #insert(gap: Gap, toSeq: number | null): true {
    this.#db
      .prepare(
        'INSERT INTO gaps (source, tags, from_us, to_us, count, reason, to_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(gap.source ?? null, tagsText(gap), gap.fromUs, gap.toUs, gap.count ?? null, gap.reason, toSeq);
    this.#bound();
    return true;
  }

  #widen(id: number, gap: Gap, toSeq: number | null): false {
    this.#db
      .prepare('UPDATE gaps SET tags = ?, from_us = ?, to_us = ?, count = ?, to_seq = ? WHERE id = ?')
      .run(tagsText(gap), gap.fromUs, gap.toUs, gap.count ?? null, toSeq, id);
    return false;
  }

  #bound(): void {
    const { n } = this.#db.prepare('SELECT count(*) AS n FROM gaps').get() as { n: number };
    if (n <= MAX_GAPS) return;
    const most = this.#db
      .prepare('SELECT reason, source FROM gaps GROUP BY reason, source ORDER BY count(*) DESC LIMIT 1')
      .get() as { reason: string; source: string | null };
    const [first, second] = this.#db
      .prepare('SELECT * FROM gaps WHERE reason = ? AND source IS ? ORDER BY id LIMIT 2')
      .all(most.reason, most.source) as unknown as GapRow[];
    if (!first || !second) return;
    this.#db.prepare('DELETE FROM gaps WHERE id = ?').run(first.id);
    this.#widen(second.id, mergeGaps(gapOfRow(first), gapOfRow(second)), second.to_seq);
  }
}

const tagsText = (gap: Gap): string => JSON.stringify(gap.tags === 'all' ? 'all' : mergeTags(gap.tags, []));
