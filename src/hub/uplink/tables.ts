import type { PoolClient } from 'pg';
import { TABLES } from '#uplink/messages.ts';
import { byteas, int4s, int8s, texts } from '../database/arrays.ts';
import type { AlarmRow, EventRow, GapRow, HistoryContent, LedgerWork, PageWork, TagRow } from './api.ts';
import type { Chain } from './moves.ts';

/* What is written in the transaction that moves the positions. One statement a table, however many sites. */

export async function putStretches(client: PoolClient, chains: readonly Chain[]): Promise<void> {
  const history: { journal: number; upTo: number; content: HistoryContent }[] = [];
  const events: { journal: number; event: EventRow }[] = [];
  for (const { journal, works } of chains) {
    for (const { upTo, content } of works) {
      if (content.kind === 'history') history.push({ journal, upTo, content });
      else for (const event of content.events) events.push({ journal, event });
    }
  }
  if (history.length > 0) await putHistory(client, history);
  if (events.length > 0) await putEvents(client, events);
}

async function putHistory(
  client: PoolClient,
  rows: readonly { readonly journal: number; readonly upTo: number; readonly content: HistoryContent }[],
): Promise<void> {
  await client.query(
    `INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body)
     SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bytea[])`,
    [
      int4s(rows.map(({ journal }) => journal)),
      int8s(rows.map(({ upTo }) => upTo)),
      int4s(rows.map(({ content }) => content.rows)),
      int8s(rows.map(({ content }) => content.fromUs)),
      int8s(rows.map(({ content }) => content.toUs)),
      byteas(rows.map(({ content }) => content.block)),
    ],
  );
}

async function putEvents(
  client: PoolClient,
  rows: readonly { readonly journal: number; readonly event: EventRow }[],
): Promise<void> {
  const column = <K extends keyof EventRow>(key: K) => rows.map(({ event }) => event[key]);
  await client.query(
    `INSERT INTO site_events (journal, seq, time_us, kind, name, subject, by, detail)
     SELECT journal, seq, time_us, kind, name, subject, by, detail::jsonb
     FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       AS e (journal, seq, time_us, kind, name, subject, by, detail)`,
    [
      int4s(rows.map(({ journal }) => journal)),
      int8s(column('seq')),
      int8s(column('timeUs')),
      texts(column('kind')),
      texts(column('name')),
      texts(column('subject')),
      texts(column('by')),
      texts(column('detail')),
    ],
  );
}

/** Any number that nobody else in this database uses for an advisory lock: `page` in ASCII. */
const LOCK = 0x70616765;

/**
 * Pages have no position that would keep two hubs apart, who get those of one journal by a link and a stick, or by two sticks: one
 * waits for the other, in the order of the journals.
 */
export async function putPages(client: PoolClient, works: readonly PageWork[]): Promise<void> {
  const journals = [...new Set(works.map(({ journal }) => journal))].sort((a, b) => a - b);
  await client.query('SELECT pg_advisory_xact_lock($1, one) FROM unnest($2::integer[]) AS one', [
    LOCK,
    journals,
  ]);
  for (const work of works) await putPage(client, work);
}

/** A page takes the place of what was there of it. */
async function putPage(client: PoolClient, work: PageWork): Promise<void> {
  const { journal, table, page, crc, rows } = work;
  const index = TABLES.indexOf(table);
  const [name, key] = TABLE_OF[table];
  const span = `journal = $1 AND ${key} >= $2::bigint * 64 AND ${key} < ($2::bigint + 1) * 64`;
  await client.query(`DELETE FROM ${name} WHERE ${span}`, [journal, page]);
  await client.query('DELETE FROM journal_pages WHERE journal = $1 AND "table" = $2 AND page = $3', [
    journal,
    index,
    page,
  ]);
  if (rows.length === 0) return;
  await client.query('INSERT INTO journal_pages VALUES ($1, $2, $3, $4)', [journal, index, page, crc]);
  if (table === 'tags') await putTags(client, work);
  else if (table === 'gaps') await putGaps(client, work);
  else await putAlarms(client, work);
}

const TABLE_OF = {
  tags: ['site_tags', 'number'],
  gaps: ['site_gaps', 'id'],
  alarms: ['site_alarms', 'number'],
} as const;

async function putTags(client: PoolClient, work: PageWork): Promise<void> {
  const rows = work.rows as readonly TagRow[];
  await client.query(
    `INSERT INTO site_tags (journal, number, path, body)
     SELECT $1::integer, * FROM unnest($2::bigint[], $3::text[], $4::jsonb[])`,
    [
      work.journal,
      rows.map(({ number }) => number),
      rows.map(({ path }) => path),
      rows.map(({ body }) => body),
    ],
  );
}

async function putAlarms(client: PoolClient, work: PageWork): Promise<void> {
  const rows = work.rows as readonly AlarmRow[];
  await client.query(
    `INSERT INTO site_alarms (journal, number, id, body)
     SELECT $1::integer, * FROM unnest($2::bigint[], $3::text[], $4::jsonb[])`,
    [work.journal, rows.map(({ number }) => number), rows.map(({ id }) => id), rows.map(({ body }) => body)],
  );
}

async function putGaps(client: PoolClient, work: PageWork): Promise<void> {
  const rows = work.rows as readonly GapRow[];
  await client.query(
    `INSERT INTO site_gaps (journal, id, from_us, to_us, count, reason, body)
     SELECT $1::integer, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::jsonb[])`,
    [
      work.journal,
      rows.map(({ number }) => number),
      rows.map(({ fromUs }) => fromUs),
      rows.map(({ toUs }) => toUs),
      rows.map(({ count }) => count),
      rows.map(({ reason }) => reason),
      rows.map(({ body }) => body),
    ],
  );
}

/** The last one of each site takes the place of what was there. */
export async function putLedgers(client: PoolClient, works: readonly LedgerWork[]): Promise<void> {
  const last = new Map(works.map((work) => [work.journal, work]));
  const rows = [...last.values()].toSorted((a, b) => a.journal - b.journal);
  const column = (key: keyof LedgerWork['counted']) => int8s(rows.map(({ counted }) => counted[key]));
  await client.query(
    `INSERT INTO site_ledgers (journal, at_us, position, acquired, stored, lost, waiting, unknown, count)
     SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::bigint[], $9::bigint[])
     ON CONFLICT (journal) DO UPDATE SET at_us = EXCLUDED.at_us, position = EXCLUDED.position,
       acquired = EXCLUDED.acquired, stored = EXCLUDED.stored, lost = EXCLUDED.lost, waiting = EXCLUDED.waiting,
       unknown = EXCLUDED.unknown, count = EXCLUDED.count`,
    [
      int4s(rows.map(({ journal }) => journal)),
      column('atUs'),
      column('position'),
      column('acquired'),
      column('stored'),
      column('lost'),
      column('waiting'),
      column('unknown'),
      int8s(rows.map(({ total }) => total)),
    ],
  );
}
