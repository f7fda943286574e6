import type { Pool } from 'pg';
import { Fault } from '#kernel/fault.ts';
import { rowsOf } from '#uplink/rows.ts';
import { pieces, rowBehind } from './lines.ts';
import type { StreamLink } from './link.ts';
import { isBehind, type Position } from './position.ts';
import { type Due, hasBlockAt, type Moved, tagPaths, type WaitingBlock } from './tables.ts';

export interface JournalPorts {
  readonly pool: Pool;
  readonly link: StreamLink;
  /** Begin of all subjects. */
  readonly subject: string;
  /** Paths of tags by journal and number: numbers are never given twice. */
  readonly paths: Map<number, Map<number, string>>;
}

export interface Passed {
  /** Where the stream has the journal now. */
  readonly moved: Moved;
  /** Why it went no further; what had been passed on by then is in `moved`. */
  readonly failed?: unknown;
  /** The stream stands further back than it did, and these entries are no longer at hand. */
  readonly lost?: { readonly from: number; readonly to: number };
}

/** Passes on what waits of one journal, message by message: each is expected to follow the one before. */
export async function passJournal(
  { pool, link, subject, paths }: JournalPorts,
  due: Due,
  blocks: readonly WaitingBlock[],
): Promise<Passed> {
  const { journal, site, uuid } = due;
  const to = `${subject}.${site}.${uuid}`;
  let { position, seq, count, adopted } = due;
  const moved = (): Moved => ({ journal, position, seq, count, adopted });
  // Sorted before samples were passed on at all.
  if (blocks.length === 0) position = { upTo: due.standing, row: 0 };
  try {
    for (const { upTo, body } of blocks) {
      const batch = rowsOf(upTo, body);
      const names = await pathsOf(pool, paths, journal, batch.tag);
      if (adopted) {
        const last = await link.lastOf(to);
        // Since then somebody else has passed something on.
        if (last?.seq !== seq) return await adopt();
        const [all] = pieces(site, batch, 0, Number.MAX_SAFE_INTEGER, (n) => names.get(n));
        position = { ...position, row: rowBehind(all?.text ?? '', last.text, position.row) };
        adopted = false;
        if (position.row === batch.rows) position = { upTo, row: 0 };
        if (position.upTo === upTo) continue;
      }
      for (const piece of pieces(site, batch, position.row, link.mostBytes, (n) => names.get(n))) {
        const next: Position = piece.to === batch.rows ? { upTo, row: 0 } : { ...position, row: piece.to };
        const sum = count + piece.to - position.row;
        const added = await link.publish(to, piece.text, { position: next, count: sum, after: seq });
        if (added === undefined) return await adopt();
        position = next;
        seq = added;
        count = sum;
      }
    }
  } catch (failed) {
    return { moved: moved(), failed };
  }
  return { moved: moved() };

  /** The stream has another last message than was thought: whoever wrote it, it says where it stands. */
  async function adopt(): Promise<Passed> {
    const last = await link.lastOf(to);
    // Asked again at once it would say the same.
    if ((last?.seq ?? 0) === seq) return { moved: moved(), failed: refused(to, seq) };
    if (!last) {
      // All of its messages have gone, by age or by hand: it goes on where it was.
      seq = 0;
      adopted = false;
      return { moved: moved() };
    }
    const before = position;
    ({ position, seq, count } = last);
    const isAtBlock = await hasBlockAt(pool, journal, position.upTo);
    // Further than we are: so stands the stream of a hub that came from a backup, and that of one that was killed.
    adopted = isBehind(before, position) && (position.row > 0 || !isAtBlock);
    const isLost = isBehind(position, before) && !isAtBlock;
    const lost = { from: position.upTo, to: before.upTo };
    return { moved: moved(), ...(isLost && position.upTo > 0 && { lost }) };
  }
}

const refused = (subject: string, seq: number): Fault =>
  new Fault('stream.refused', `${subject}: nothing is taken behind message ${seq}, which is its last one`, {
    hint: 'were messages of it deleted by hand? Purging the subject lets the hub go on where it is',
  });

async function pathsOf(
  pool: Pool,
  paths: Map<number, Map<number, string>>,
  journal: number,
  tags: Uint32Array,
): Promise<ReadonlyMap<number, string>> {
  const known = paths.get(journal);
  if (known && tags.every((number) => known.has(number))) return known;
  const read = await tagPaths(pool, journal);
  paths.set(journal, read);
  return read;
}
