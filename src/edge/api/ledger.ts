import type { Answered, Asked } from '#contract/routes/table.ts';
import type { Core } from '#edge/core.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import type { Ledger, LedgerRow } from '#journal/accounts.ts';
import type { Feed } from '#journal/api.ts';
import { Fault } from '#kernel/fault.ts';
import { isWithin } from '#kernel/rights.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/* The delivery ledger, as the API and the command line tell it. */

/** Of a site that runs, or of its journal alone. */
interface LedgerPorts {
  ledger(): Ledger | Promise<Ledger>;
  rowsAfter(seq: number): number | Promise<number>;
}

/** @param sentUpTo where ends what was given away by hand, of which nothing says that it has come */
export async function ledgerView(
  ports: LedgerPorts,
  atUs: number,
  sentUpTo: number | undefined,
): Promise<Answered<'ledger'>> {
  const { sinceUs, acquired, stored, lost, unknown, sinks } = await ports.ledger();
  // Later than the ledger: what comes meanwhile makes it less, so that nothing is told as sent that was not.
  const unsent = sentUpTo === undefined ? undefined : await ports.rowsAfter(sentUpTo);
  return {
    sinceUs,
    atUs,
    acquired,
    stored,
    lost,
    unknown,
    difference: acquired - stored - lost,
    sinks: sinks.map((sink) => {
      const { id, delivered, rejected, leftOut, waiting } = sink;
      const difference = sink.stored - delivered - rejected - leftOut - waiting - sink.lost;
      const sent = id === HUB_CURSOR && unsent !== undefined ? Math.max(0, waiting - unsent) : 0;
      return {
        ...{ id, stored: sink.stored, delivered, rejected, leftOut, waiting, lost: sink.lost, difference },
        ...(sent > 0 && { sent }),
      };
    }),
  };
}

/** By hour and tag, in their order; at most so many. */
export async function ledgerRowsOf(
  { table }: Pick<Core, 'table'>,
  feed: Feed,
  { tag: wanted, prefix, from, to, each, limit }: Asked<'ledgerRows'>['query'],
  areas: readonly string[] | undefined,
): Promise<Answered<'ledgerRows'>[]> {
  const isAll = wanted === undefined && prefix === '' && areas === undefined;
  const tags = isAll ? undefined : tagsOf(table, { wanted, prefix, areas });
  const asked = { fromUs: from ?? 0, toUs: to ?? Number.POSITIVE_INFINITY, tags, each };
  const rows = await feed.ledgerRows(asked);
  return rows.slice(0, limit).map((row) => ledgerRowView(row, (number) => pathOf(table, number)));
}

function tagsOf(
  table: TagTable,
  asked: {
    readonly wanted: readonly string[] | undefined;
    readonly prefix: string;
    readonly areas: readonly string[] | undefined;
  },
): ReadonlySet<number> {
  const { wanted, prefix, areas } = asked;
  const numbers = new Set<number>();
  const known = new Set<string>();
  for (let number = 0; number < table.size; number++) {
    const { path } = table.get(number);
    if (!isWithin(areas, path)) continue;
    known.add(path);
    if (wanted ? wanted.includes(path) : path.startsWith(prefix)) numbers.add(number);
  }
  const missing = wanted?.find((path) => !known.has(path));
  if (missing === undefined) return numbers;
  throw new Fault('tag.unknown', `there is no tag ${missing}`, { retry: 'never' });
}

/** The table of tags may be damaged: then the number is all that is known. */
const pathOf = (table: TagTable, number: number): string =>
  table.has(number) ? table.get(number).path : `number ${number}`;

export const ledgerRowView = (
  { hourUs, tag, stored, lost, sinks }: LedgerRow,
  path: (number: number) => string,
): Answered<'ledgerRows'> => ({
  ...(tag !== undefined && { tag: path(tag) }),
  ...(hourUs > 0 && { fromUs: hourUs }),
  acquired: stored + lost,
  stored,
  lost,
  sinks,
});
