import type { EventsQuery, EventView, Page } from '#contract/client.ts';
import { api } from './api.ts';

/** Before which event the next older page ends; undefined where there is none. */
export function olderThan({ next }: Page<unknown>): number | undefined {
  const before = next === undefined ? null : new URLSearchParams(next.split('?')[1]).get('before');
  return before === null ? undefined : Number(before);
}

/**
 * Events from the newest back, a page at a time, each page oldest first as the site gives it. One may be empty though
 * older ones follow: a search ends for now after some ten thousand events.
 */
export async function* pagesBack(
  query: EventsQuery,
  signal: AbortSignal,
): AsyncIterable<readonly EventView[]> {
  for (let before = query.before; ; ) {
    const page = await api.events({ ...query, before }, signal);
    yield page.items;
    before = olderThan(page);
    if (before === undefined) return;
  }
}
