import type { SiteModel } from '#contract/model.ts';
import { checkSite, configVersions, journalDir } from '#edge/main.ts';
import type { JournalReader, StoredEvent } from '#journal/api.ts';

/* What all lists of a stopped site rest on. */

const AT_ONCE = 1000;

/** Events, newest first. */
export function* backwards(reader: JournalReader): Iterable<StoredEvent> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const events = reader.eventsBefore(before, AT_ONCE);
    yield* events;
    const last = events.at(-1);
    if (!last) return;
    before = last.seq;
  }
}

/** Of the last site file that took effect; undefined where there is none that holds for this version. */
export async function lastModel(dir: string): Promise<SiteModel | undefined> {
  let text = '';
  for await (const version of configVersions(journalDir(dir))) text = version.text;
  return (await checkSite(text)).blueprint?.model;
}

/** The newest event of each of some subjects. */
export function newestOf(
  reader: JournalReader,
  subjects: Iterable<string>,
  counts: (event: StoredEvent['event']) => boolean,
): ReadonlyMap<string, StoredEvent['event']> {
  const open = new Set(subjects);
  const newest = new Map<string, StoredEvent['event']>();
  for (const { event } of backwards(reader)) {
    if (open.size === 0) break;
    if (counts(event) && open.delete(event.subject)) newest.set(event.subject, event);
  }
  return newest;
}
