import type { Pool, PoolClient } from 'pg';
import { Fault } from '#kernel/fault.ts';
import { type CarriedTable, type Hello, LANES, type Positions, TABLES, VERSION } from '#uplink/messages.ts';
import { settleNewest } from './newest.ts';
import { refuseAskedBefore } from './reports.ts';

/** What the hub has of a journal. */
export interface Standing {
  readonly journal: number;
  readonly hub: string;
  readonly positions: Positions;
  /** Samples that it has. */
  readonly total: number;
  readonly pages: { readonly [table in CarriedTable]: ReadonlyMap<number, number> };
}

/**
 * Where a journal stands; one that was never seen begins at 0.
 * @throws Fault `uplink.fenced`; errors of the database
 */
export async function greet(pool: Pool, hello: Hello): Promise<Standing> {
  const { isSettled, ...standing } = await greeted(pool, hello);
  // A hub was killed behind the last samples.
  if (!isSettled) await settleNewest(pool, standing.journal);
  return standing;
}

async function greeted(
  pool: Pool,
  { site, journal, epoch, software, version }: Hello,
): Promise<Standing & { readonly isSettled: boolean }> {
  const client = await pool.connect();
  try {
    const { rows: known } = await client.query<{ id: number; hub: string; isNew: boolean }>(
      `INSERT INTO journals AS j (site, uuid, epoch, software, protocol) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (site, uuid) DO UPDATE SET epoch = EXCLUDED.epoch, software = EXCLUDED.software, welcomed = now(),
         protocol = EXCLUDED.protocol
       WHERE j.epoch <= EXCLUDED.epoch
       RETURNING id, (SELECT id FROM hub) AS hub, xmax = 0 AS "isNew"`,
      [site, journal, epoch, software, Math.min(version, VERSION)],
    );
    const found = known[0];
    if (!found) throw fenced(site, epoch);
    await addLanes(client, found.id);
    if (found.isNew) await refuseAskedBefore(client, site, found.id);
    return { journal: found.id, hub: found.hub, ...(await standingIn(client, found.id)) };
  } finally {
    client.release();
  }
}

/**
 * Where a journal stands that is not connected: what was carried by hand may come from a run before the last one.
 * @throws errors of the database
 */
export async function standingOf(pool: Pool, { site, journal, epoch, software }: Hello): Promise<Standing> {
  const client = await pool.connect();
  try {
    await client.query(
      `INSERT INTO journals AS j (site, uuid, epoch, software) VALUES ($1, $2, $3, $4)
       ON CONFLICT (site, uuid) DO UPDATE SET epoch = EXCLUDED.epoch, software = EXCLUDED.software
       WHERE j.epoch < EXCLUDED.epoch`,
      [site, journal, epoch, software],
    );
    const { rows } = await client.query<{ id: number; hub: string }>(
      'SELECT j.id, h.id AS hub FROM journals j, hub h WHERE site = $1 AND uuid = $2',
      [site, journal],
    );
    const found = rows[0];
    if (!found) throw new Error(`the journal ${journal} has gone`);
    await addLanes(client, found.id);
    const { isSettled: _, ...standing } = await standingIn(client, found.id);
    return { journal: found.id, hub: found.hub, ...standing };
  } finally {
    client.release();
  }
}

const addLanes = (client: PoolClient, journal: number) =>
  client.query(
    'INSERT INTO lane_positions (journal, lane) SELECT $1, unnest($2::smallint[]) ON CONFLICT DO NOTHING',
    [journal, LANES.map((_, lane) => lane)],
  );

async function standingIn(
  client: PoolClient,
  journal: number,
): Promise<Pick<Standing, 'positions' | 'total' | 'pages'> & { readonly isSettled: boolean }> {
  const lanes = await client.query<{ lane: number; position: string; count: string; newest: string | null }>(
    `SELECT l.lane, l.position, l.count, n.upto AS newest FROM lane_positions l LEFT JOIN newest_positions n USING (journal)
     WHERE l.journal = $1`,
    [journal],
  );
  const at = (lane: number) => Number(lanes.rows.find((row) => row.lane === lane)?.position ?? 0);
  const found = await client.query<{ table: number; page: string; crc: string }>(
    'SELECT "table", page, crc FROM journal_pages WHERE journal = $1',
    [journal],
  );
  const pages = {
    tags: new Map<number, number>(),
    gaps: new Map<number, number>(),
    alarms: new Map<number, number>(),
  };
  for (const { table, page, crc } of found.rows)
    pages[TABLES[table] ?? 'tags'].set(Number(page), Number(crc));
  const total = Number(lanes.rows.find(({ lane }) => lane === 2)?.count ?? 0);
  const isSettled = Number(lanes.rows[0]?.newest ?? 0) >= at(2);
  return { positions: { security: at(0), others: at(1), history: at(2) }, total, pages, isSettled };
}

const fenced = (site: string, epoch: number): Fault =>
  new Fault('uplink.fenced', `the journal of ${site} has been opened again since epoch ${epoch}`, {
    retry: 'never',
    hint: 'A copy of this data folder runs elsewhere. End one of them.',
  });
