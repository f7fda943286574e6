import type { EventView } from '#contract/api.ts';
import type { Page } from '#contract/routes/shapes.ts';
import type { Asked } from '#contract/routes/table.ts';
import type { Sight } from '#edge/api/sight.ts';
import type { Site } from '#edge/site.ts';
import type { StoredEvent } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import type { SiteEvent } from '#kernel/event.ts';

type Query = Asked<'events'>['query'];
type Fits = (event: SiteEvent) => boolean;

/** Read at once: the decisions go on between two such reads. */
const AT_ONCE = 100;
/** Looked at for one answer: a search over a million events goes on with the next page. */
const MOST_SEEN = 10_000;

/**
 * Events of the journal and of this run, those that the one who asks may see. What memory holds is not read from the disk, so that a list is there although
 * the disk is not, and what is not on disk yet is in it.
 */
export async function findEvents(site: Site, query: Query, sight: Sight): Promise<Page<EventView>> {
  const fits = fitting(query);
  const wanted = (event: SiteEvent) => fits(event) && sight.sees(event);
  const { items, ...rest } = await (query.after === undefined
    ? newest(site, query, wanted)
    : following(site, query, query.after, wanted));
  return { items: items.map(sight.shown), ...rest };
}

/** The newest ones that fit; the next page holds older ones. */
async function newest(site: Site, query: Query, fits: Fits): Promise<Page<EventView>> {
  const { limit, before = Number.MAX_SAFE_INTEGER } = query;
  const found: EventView[] = [];
  let seen = 0;
  let oldest = before;
  for await (const one of backwards(site, before)) {
    if (found.length === limit || seen++ === MOST_SEEN) {
      return { items: found.reverse(), next: { before: oldest } };
    }
    oldest = one.seq;
    if (fits(one.event)) found.push(eventView(one));
  }
  return { items: found.reverse() };
}

async function following(site: Site, query: Query, after: number, fits: Fits): Promise<Page<EventView>> {
  const found: EventView[] = [];
  let seen = 0;
  let last = after;
  for await (const one of forwards(site, after)) {
    if (found.length === query.limit || seen++ === MOST_SEEN) {
      return { items: found, next: { after: last } };
    }
    if (query.before !== undefined && one.seq >= query.before) break;
    last = one.seq;
    if (fits(one.event)) found.push(eventView(one));
  }
  return { items: found };
}

async function* backwards(site: Site, before: number): AsyncIterable<StoredEvent> {
  const kept = site.core.recent.last(Number.MAX_SAFE_INTEGER);
  for (const one of kept.toReversed()) if (one.seq < before) yield one;
  if (site.core.journal.health.fault) return;
  using reader = openReader(site.journalDir);
  for (let from = Math.min(before, kept[0]?.seq ?? before); ; ) {
    const events = reader.eventsBefore(from, AT_ONCE);
    yield* events;
    const last = events.at(-1);
    if (!last) return;
    from = last.seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function* forwards(site: Site, after: number): AsyncIterable<StoredEvent> {
  const kept = site.core.recent.last(Number.MAX_SAFE_INTEGER);
  const end = kept[0]?.seq ?? Number.MAX_SAFE_INTEGER;
  if (after + 1 < end && !site.core.journal.health.fault) yield* stored(site, after, end);
  for (const one of kept) if (one.seq > after) yield one;
}

async function* stored({ journalDir }: Site, after: number, end: number): AsyncIterable<StoredEvent> {
  using reader = openReader(journalDir);
  for (let from = after; ; ) {
    const events = reader.events(from, AT_ONCE);
    for (const one of events) {
      if (one.seq >= end) return;
      yield one;
    }
    const last = events.at(-1);
    if (!last) return;
    from = last.seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function fitting({ kind, name, subject, from, to }: Query): Fits {
  const below = subject?.endsWith('*') ? subject.slice(0, -1) : undefined;
  return (event) =>
    (kind?.includes(event.kind) ?? true) &&
    (name === undefined || event.name.startsWith(name)) &&
    (subject === undefined ||
      (below === undefined ? event.subject === subject : event.subject.startsWith(below))) &&
    (from === undefined || event.timeUs >= from) &&
    (to === undefined || event.timeUs < to);
}

/** As outsiders see it: whole site files are in the history of the configuration. */
export function eventView({ seq, event }: StoredEvent): EventView {
  if (event.name !== 'config.changed' || !event.detail) return { id: seq, ...event };
  const { text: _, ...detail } = event.detail;
  return { id: seq, ...event, detail };
}
