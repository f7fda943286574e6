import type { ConfigEntry } from '#contract/api.ts';
import { openReader } from '#journal/reader.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';

export interface ConfigVersion extends ConfigEntry {
  /** The site file as it was. */
  readonly text: string;
}

/** Read at once: a journal may hold a million events, and the site goes on beside it. */
const EVENTS_AT_ONCE = 200;

/**
 * The site files that took effect, oldest first, as far as the journal remembers. Reads the journal of a running site
 * or of a stopped one.
 * @throws Fault `journal.none`
 */
export async function* configVersions(journalDir: string): AsyncIterable<ConfigVersion> {
  using reader = openReader(journalDir);
  let after = 0;
  for (;;) {
    const events = reader.events(after, EVENTS_AT_ONCE);
    for (const { seq, event } of events) {
      const version = event.name === 'config.changed' ? versionOf(seq, event) : undefined;
      if (version) yield version;
    }
    const last = events.at(-1);
    if (!last) return;
    after = last.seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function versionOf(seq: number, { timeUs, by, detail = {} }: SiteEvent): ConfigVersion | undefined {
  const { digest, text, before } = detail;
  if (typeof digest !== 'string' || typeof text !== 'string') return undefined;
  return {
    seq,
    timeUs,
    by: by ?? 'start',
    digest,
    before: typeof before === 'string' ? before : null,
    ...textField('why', detail.why),
    ...textField('summary', detail.summary),
    ...textField('undoes', detail.undoes),
    text,
  };
}

const textField = (name: 'why' | 'summary' | 'undoes', value: Json | undefined) =>
  typeof value === 'string' ? { [name]: value } : {};
