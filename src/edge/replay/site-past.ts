import type { JournalReader } from '#journal/api.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

/** What the events of a journal say about its past, read before anything is replayed. */
export interface SitePast {
  /** Texts of the site files that took effect, oldest first. */
  readonly texts: readonly { readonly seq: number; readonly digest: string; readonly text: string }[];
  /** Entries whose state of rules and alarms a later start went on with, ascending. */
  readonly states: readonly number[];
  /** What people did with assets before the first entry. */
  readonly assets: readonly SiteEvent[];
}

const EVENTS_AT_ONCE = 500;

/** @param fromSeq position that the replay begins behind */
export function readSitePast(reader: JournalReader, fromSeq: number): SitePast {
  const texts: { seq: number; digest: string; text: string }[] = [];
  const states = new Set<number>();
  const assets: SiteEvent[] = [];
  let after = 0;
  for (;;) {
    const events = reader.events(after, EVENTS_AT_ONCE);
    for (const { seq, event } of events) {
      const { digest, text, decisionsSeq } = event.detail ?? {};
      if (event.name === 'config.changed' && typeof digest === 'string' && typeof text === 'string')
        texts.push({ seq, digest, text });
      if (event.name === 'system.started' && typeof decisionsSeq === 'number') states.add(decisionsSeq);
      if (event.name === 'security.asset-changed' && seq <= fromSeq) assets.push(event);
    }
    const last = events.at(-1);
    if (!last) return { texts, states: [...states].sort((a, b) => a - b), assets };
    after = last.seq;
  }
}

/** The file that ran at a position. @throws Fault `replay.unknown-file` */
export function textAt({ texts }: SitePast, seq: number): string {
  // A journal begins with the start of its site, whose file is told right behind it.
  const found = texts.findLast((one) => one.seq <= seq) ?? texts[0];
  if (found) return found.text;
  throw new Fault('replay.unknown-file', 'the journal has not got any site file of its past', {
    retry: 'never',
    hint: 'name the file to try; without --against current it is held against what the site recorded',
  });
}
