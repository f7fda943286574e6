import type { Pool } from 'pg';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import { NO_TAG, readCounts } from '#journal/tag-counts.ts';
import { Fault } from '#kernel/fault.ts';
import { type Block, countBlocks } from '../telemetry/hours.ts';

type LedgerRow = FleetAnswered<'siteLedgerRows'>;

export interface LedgerRowsAsked {
  readonly tag?: readonly string[] | undefined;
  readonly prefix: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly each: 'hour' | 'tag' | 'both';
  readonly limit: number;
}

interface Row {
  readonly what: 'hour' | 'block' | 'all';
  readonly journal: number;
  /** Of the hour, of the block, how many the hub has. */
  readonly number: string;
  readonly rows: number | null;
  readonly body: Buffer | null;
}

/** One snapshot: sorting moves samples from the inbox to the hours. */
const COUNTED = `
  WITH j AS (SELECT id FROM journals WHERE site = $1)
  SELECT 'hour' AS what, h.journal, h.hour_us AS number, NULL::integer AS rows, h.counts AS body
    FROM ledger_hours h JOIN j ON j.id = h.journal
  UNION ALL SELECT 'block', i.journal, i.upto, i.rows, i.body FROM telemetry_inbox i JOIN j ON j.id = i.journal
  UNION ALL SELECT 'all', l.journal, l.count, NULL, NULL FROM lane_positions l JOIN j ON j.id = l.journal WHERE l.lane = 2`;

/**
 * What the hub has of a site by hour of arrival there, by tag, or by both, in their order; of all its boxes together. Without a
 * choice of tags or hours the sum is what the hub has.
 * @throws Fault `hub.unknown-site`, `tag.unknown`
 */
export async function ledgerRowsOf(pool: Pool, site: string, asked: LedgerRowsAsked): Promise<LedgerRow[]> {
  const paths = await pathsOf(pool, site);
  const wanted = wantedOf(site, paths, asked);
  const { from = 0, to = Number.POSITIVE_INFINITY, each } = asked;
  const { rows } = await pool.query<Row>(COUNTED, [site]);
  const sums = new Map<string, { readonly tag?: string; readonly fromUs?: number; delivered: number }>();
  for (const { journal, hourUs, number, count } of countsIn(rows)) {
    const known = number === NO_TAG ? undefined : paths.get(`${journal} ${number}`);
    const path = known ?? (number === NO_TAG ? undefined : `number ${number}`);
    if (hourUs < from || hourUs >= to || (wanted && (path === undefined || !wanted.has(path)))) continue;
    const tag = each === 'hour' ? undefined : path;
    const fromUs = each === 'tag' || hourUs === 0 ? undefined : hourUs;
    const key = `${fromUs ?? ''} ${tag ?? ''}`;
    const one = sums.get(key);
    if (one) one.delivered += count;
    else
      sums.set(key, {
        ...(tag !== undefined && { tag }),
        ...(fromUs !== undefined && { fromUs }),
        delivered: count,
      });
  }
  const inOrder = [...sums.values()].sort(
    (a, b) => (a.fromUs ?? 0) - (b.fromUs ?? 0) || ((a.tag ?? '') < (b.tag ?? '') ? -1 : 1),
  );
  return inOrder.slice(0, asked.limit);
}

interface Count {
  readonly journal: number;
  readonly hourUs: number;
  readonly number: number;
  readonly count: number;
}

/** What is in no hour was sorted by a version that did not count: of it only the number is known. */
function* countsIn(rows: readonly Row[]): Iterable<Count> {
  const left = new Map<number, number>();
  for (const { what, journal, number } of rows) if (what === 'all') left.set(journal, Number(number));
  for (const { what, journal, number: of, rows: inBlock, body } of rows) {
    if (!body) continue;
    const block = (): Block[] => [{ upto: of, rows: inBlock ?? 0, body }];
    const hours = what === 'hour' ? [[Number(of), readCounts(body)] as const] : countBlocks(block());
    for (const [hourUs, counts] of hours)
      for (const [number, count] of counts) {
        left.set(journal, (left.get(journal) ?? 0) - count);
        yield { journal, hourUs, number, count };
      }
  }
  for (const [journal, count] of left) if (count !== 0) yield { journal, hourUs: 0, number: NO_TAG, count };
}

/** By journal and number: a box that took the place of another has numbers of its own. */
async function pathsOf(pool: Pool, site: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ journal: number | null; number: string; path: string }>(
    `SELECT t.journal, t.number, t.path FROM sites s LEFT JOIN journals j ON j.site = s.id
     LEFT JOIN site_tags t ON t.journal = j.id WHERE s.id = $1`,
    [site],
  );
  if (rows.length === 0) throw new Fault('hub.unknown-site', `there is no site ${site}`, { retry: 'never' });
  const found = rows.filter(({ journal }) => journal !== null);
  return new Map(found.map(({ journal, number, path }) => [`${journal} ${number}`, path]));
}

/** @returns undefined: all, and what is of no known tag */
function wantedOf(
  site: string,
  paths: ReadonlyMap<string, string>,
  { tag, prefix }: LedgerRowsAsked,
): ReadonlySet<string> | undefined {
  const known = new Set(paths.values());
  const missing = tag?.find((path) => !known.has(path));
  if (missing !== undefined)
    throw new Fault('tag.unknown', `the hub knows of no tag ${missing} at ${site}`, {
      retry: 'never',
      hint: `/api/sites/${site}/tags lists those that it knows of`,
    });
  if (tag) return new Set(tag);
  return prefix === '' ? undefined : new Set([...known].filter((path) => path.startsWith(prefix)));
}
