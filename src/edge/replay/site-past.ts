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
  /** Learned files that took effect, oldest first; `before` is what the detector had gone on with. */
  readonly learned: readonly {
    readonly seq: number;
    readonly id: string;
    readonly digest: string;
    readonly before: string | undefined;
  }[];
}

const EVENTS_AT_ONCE = 500;

/** @param fromSeq position that the replay begins behind */
export function readSitePast(reader: JournalReader, fromSeq: number): SitePast {
  const texts: { seq: number; digest: string; text: string }[] = [];
  const states = new Set<number>();
  const assets: SiteEvent[] = [];
  const learned: { seq: number; id: string; digest: string; before: string | undefined }[] = [];
  let after = 0;
  for (;;) {
    const events = reader.events(after, EVENTS_AT_ONCE);
    for (const { seq, event } of events) {
      const { digest, text, decisionsSeq } = event.detail ?? {};
      if (event.name === 'config.changed' && typeof digest === 'string' && typeof text === 'string')
        texts.push({ seq, digest, text });
      if (event.name === 'system.started' && typeof decisionsSeq === 'number') states.add(decisionsSeq);
      if (event.name === 'detector.learned' && typeof digest === 'string')
        learned.push({ seq, id: event.subject, digest, before: textOf(event.detail?.before) });
      if (event.name === 'security.asset-changed' && seq <= fromSeq) assets.push(event);
    }
    const last = events.at(-1);
    if (!last) return { texts, states: [...states].sort((a, b) => a - b), assets, learned };
    after = last.seq;
  }
}

const textOf = (json: unknown): string | undefined => (typeof json === 'string' ? json : undefined);

/**
 * What detectors went on with behind a position: as the events around it tell, where they are still kept.
 * @param now what each goes on with now
 */
export function learnedAt(
  { learned }: SitePast,
  seq: number,
  now: ReadonlyMap<string, { readonly digest: string }>,
): Map<string, string> {
  const digests = new Map([...now].map(([id, { digest }]) => [id, digest]));
  for (const one of learned.toReversed()) {
    if (one.seq <= seq) break;
    if (one.before === undefined) digests.delete(one.id);
    else digests.set(one.id, one.before);
  }
  return digests;
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
