import { type GapRow, gapOfRow } from '#journal/gaps.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { HistoryGap, HistoryTag, Span } from '../api.ts';
import { joined } from './catalogue.ts';
import type { Past } from './past.ts';

const MOST_GAPS = 4096;

/** Removed from the beginning of the past: no value stands from before such a hole. */
const FROM_THE_BEGINNING: ReadonlySet<GapReason> = new Set(['quota', 'age']);

/** Whether from the begin of a hole to the next row of a tag nothing is known of it. */
export const endsHolding = ({ reason }: Pick<Gap, 'reason'>): boolean => !FROM_THE_BEGINNING.has(reason);

/** Holes of the journal, of the historian, and what could not be read just now, by the time that they begin. */
export function gapsOf(
  past: Past,
  { fromUs, toUs }: Span,
  tags: readonly string[] | undefined,
): HistoryGap[] {
  const wanted = tags && new Set(tags);
  const all = [...ofHistorian(past), ...ofJournal(past), ...ofReading(past)];
  return all
    .filter((gap) => gap.fromUs < toUs && gap.toUs >= fromUs)
    .filter((gap) => !wanted || gap.tags === 'all' || gap.tags.some((tag) => wanted.has(tag)))
    .sort((a, b) => a.fromUs - b.fromUs);
}

function ofHistorian(past: Past): HistoryGap[] {
  const db = past.database;
  if (!db) return [];
  const paths = new Map(
    (db.prepare('SELECT id, path FROM tags').all() as { id: number; path: string }[]).map((tag) => [
      tag.id,
      tag.path,
    ]),
  );
  const rows = db.prepare('SELECT * FROM gaps ORDER BY id DESC LIMIT ?').all(MOST_GAPS);
  return (rows as unknown as GapRow[]).map((row) => named(gapOfRow(row), paths));
}

function ofJournal(past: Past): HistoryGap[] {
  const reader = past.tail.reader;
  if (!reader) return [];
  const paths = new Map(reader.tags().map(({ number, path }) => [number, path]));
  return reader.gaps(MOST_GAPS).map((gap) => named(gap, paths));
}

function ofReading(past: Past): HistoryGap[] {
  return [...past.damage.values()].map(({ path, chunk }) => ({
    tags: [path],
    fromUs: chunk.from_us,
    toUs: chunk.to_us,
    count: chunk.rows,
    reason: 'historian-damaged',
  }));
}

function named(gap: Gap, paths: ReadonlyMap<number, string>): HistoryGap {
  const { source, tags, fromUs, toUs, count, reason } = gap;
  const known = tags === 'all' ? tags : tags.flatMap((tag) => paths.get(tag) ?? []);
  return { ...(source !== undefined && { source }), tags: known, fromUs, toUs, count, reason };
}

/** All tags that ever were, without counting anything. */
export function infosOf(past: Past): TagInfo[] {
  const all = new Map<string, TagInfo>();
  for (const info of past.catalogue?.infos().values() ?? []) all.set(info.path, info);
  for (const { number: _, ...info } of past.tail.reader?.tags() ?? []) all.set(info.path, info);
  return [...all.values()];
}

/** All tags with history, by path. Rows behind the historian's position are counted as they are, equal ones each. */
export function tagsOf(past: Past): HistoryTag[] {
  const all = new Map<string, HistoryTag>();
  const add = (found: HistoryTag) => {
    const known = all.get(found.tag.path);
    all.set(found.tag.path, known ? joined(known, found) : found);
  };
  for (const found of past.catalogue?.tags() ?? []) add(found);
  for (const { tag, rows } of past.tail.counted(past.position())) {
    const { number: _, ...info } = tag;
    const { timeUs } = rows;
    const [fromUs = 0, toUs = 0] = [timeUs[0], timeUs[timeUs.length - 1]];
    add({ tag: info, rows: timeUs.length, fromUs, toUs, bytes: 0 });
  }
  return [...all.values()].sort((a, b) => (a.tag.path < b.tag.path ? -1 : 1));
}
