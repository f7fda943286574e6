import type { PoolClient } from 'pg';
import { LANES } from '#uplink/messages.ts';
import { int2s, int4s, int8s } from '../database/arrays.ts';
import type { StretchWork } from './api.ts';

/** Stretches of one lane of one journal that follow each other. */
export interface Chain {
  readonly journal: number;
  readonly lane: number;
  readonly works: readonly StretchWork[];
}

const afterOf = ({ works }: Chain): number => works[0]?.after ?? 0;
const upToOf = ({ works }: Chain): number => works.at(-1)?.upTo ?? 0;

/** By lane, in order; what does not follow the one before it is left for later. */
export function chainsOf(works: readonly StretchWork[]): {
  readonly chains: readonly Chain[];
  readonly later: readonly StretchWork[];
} {
  const byLane = new Map<string, { journal: number; lane: number; works: StretchWork[] }>();
  const later: StretchWork[] = [];
  const broken = new Set<string>();
  for (const work of works) {
    const key = `${work.journal}/${work.lane}`;
    const chain = byLane.get(key);
    if (broken.has(key)) later.push(work);
    else if (!chain)
      byLane.set(key, { journal: work.journal, lane: LANES.indexOf(work.lane), works: [work] });
    else if (chain.works.at(-1)?.upTo === work.after) chain.works.push(work);
    else {
      broken.add(key);
      later.push(work);
    }
  }
  return { chains: [...byLane.values()], later };
}

/** What became of the chains: moved by us just now, there before, or out of place. */
export interface Moves {
  readonly moved: readonly Chain[];
  /** Rows of their lanes up to the end of each stretch that was moved. */
  readonly totals: ReadonlyMap<StretchWork, number>;
  /** Stored by an earlier transaction, whose end was not heard of, or by another connection. */
  readonly known: readonly StretchWork[];
  /** Begin where the lane stands: for the next transaction. */
  readonly later: readonly StretchWork[];
  readonly misplaced: readonly StretchWork[];
}

/** Moves the positions of the lanes; whoever else wants to waits for the end of this transaction. */
export async function movePositions(client: PoolClient, chains: readonly Chain[]): Promise<Moves> {
  const { rows } = await client.query<{ journal: number; lane: number; count: string }>(
    `WITH wanted AS (
       SELECT * FROM unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[])
         AS w (journal, lane, after, upto, count)
     ), locked AS (
       SELECT p.journal, p.lane, w.upto, w.count FROM lane_positions p JOIN wanted w USING (journal, lane)
       WHERE p.position = w.after ORDER BY p.journal, p.lane FOR UPDATE OF p
     )
     UPDATE lane_positions p SET position = l.upto, count = p.count + l.count FROM locked l
     WHERE p.journal = l.journal AND p.lane = l.lane
     RETURNING p.journal, p.lane, p.count`,
    [
      int4s(chains.map(({ journal }) => journal)),
      int2s(chains.map(({ lane }) => lane)),
      int8s(chains.map(afterOf)),
      int8s(chains.map(upToOf)),
      int8s(chains.map(countOf)),
    ],
  );
  const done = new Map(rows.map(({ journal, lane, count }) => [`${journal}/${lane}`, Number(count)]));
  const isMoved = ({ journal, lane }: Chain) => done.has(`${journal}/${lane}`);
  const moved = chains.filter(isMoved);
  const totals = new Map<StretchWork, number>();
  for (const { journal, lane, works } of moved) {
    let total = done.get(`${journal}/${lane}`) ?? 0;
    for (const work of works.toReversed()) {
      totals.set(work, total);
      total -= rowsOf(work);
    }
  }
  const others = chains.filter((chain) => !isMoved(chain));
  return { moved, totals, ...(await compare(client, others)) };
}

const countOf = ({ works }: Chain): number => works.reduce((sum, work) => sum + rowsOf(work), 0);

const rowsOf = ({ content }: StretchWork): number =>
  content.kind === 'history' ? content.rows : content.events.length;

async function compare(
  client: PoolClient,
  chains: readonly Chain[],
): Promise<Omit<Moves, 'moved' | 'totals'>> {
  const known: StretchWork[] = [];
  const later: StretchWork[] = [];
  const misplaced: StretchWork[] = [];
  for (const { journal, lane, works } of chains) {
    const { rows } = await client.query<{ position: string }>(
      'SELECT position FROM lane_positions WHERE journal = $1 AND lane = $2',
      [journal, lane],
    );
    const position = Number(rows[0]?.position ?? 0);
    for (const [i, work] of works.entries()) {
      if (work.upTo <= position) known.push(work);
      // It moved behind our back, to just there.
      else if (work.after === position) later.push(...works.slice(i));
      else misplaced.push(...works.slice(i));
      if (work.upTo > position) break;
    }
  }
  return { known, later, misplaced };
}
