import type { Kysely } from 'kysely';
import type { Json } from '#kernel/event.ts';
import type { Tables } from './database/tables.ts';

/** Something that happened at the hub itself; what happened at sites comes from them. */
export interface HubEvent {
  readonly kind: Tables['hub_events']['kind'];
  /** Dotted, as at a site: `security.site-joined`. */
  readonly name: string;
  /** Mostly the site that it concerns. */
  readonly subject: string;
  readonly by?: string;
  readonly detail?: { readonly [key: string]: Json };
}

/** As it is kept. Times are µs since 1970, the wall clock of a hub. */
export interface KeptHubEvent extends HubEvent {
  readonly id: string;
  readonly timeUs: number;
}

/** The last ones, the newest last. @param site those about it only */
export async function lastEvents(
  queries: Kysely<Tables>,
  { most, site }: { readonly most: number; readonly site?: string | undefined },
): Promise<KeptHubEvent[]> {
  const rows = await queries
    .selectFrom('hub_events')
    .selectAll()
    .$if(site !== undefined, (query) => query.where('subject', '=', site ?? ''))
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  return rows.toReversed().map(({ id, time, kind, name, subject, by, detail }) => ({
    ...{ id, timeUs: time.getTime() * 1000, kind, name, subject, detail },
    ...(by !== null && { by }),
  }));
}

/** With the transaction that it tells of: what did not happen is not told. */
export async function addEvent(queries: Kysely<Tables>, time: Date, event: HubEvent): Promise<void> {
  const { kind, name, subject, by = null, detail = {} } = event;
  await queries
    .insertInto('hub_events')
    .values({ time, kind, name, subject, by, detail: JSON.stringify(detail) })
    .execute();
}
