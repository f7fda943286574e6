import { join } from 'node:path';
import { CONFIG_STATE } from '#edge/config-record.ts';
import type { Item, Journal } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps } from '#plugin/api.ts';

/** The journal's folder within the data folder of a site. */
export const journalDir = (dataDir: string): string => join(dataDir, 'journal');

/** The historian's folder within the data folder of a site. */
export const historianDir = (dataDir: string): string => join(dataDir, 'historian');

/** The folder of learned files within the data folder of a site. */
export const learnedDir = (dataDir: string): string => join(dataDir, 'learned');

/** Key of the mode that the data folder is for, in the journal's state. */
export const MODE_STATE = 'mode';

/**
 * What a shadow decided is no record of what the site did, and the other way round.
 * @throws Fault `site.other-mode`
 */
export function checkMode(
  { mode = 'live', dataDir }: { readonly mode?: Deps['mode'] | undefined; readonly dataDir: string },
  journal: Journal,
): void {
  const { state } = journal.opened;
  const was = state.get(MODE_STATE) ?? (state.has(CONFIG_STATE) ? 'live' : mode);
  if (was !== mode) {
    throw new Fault('site.other-mode', `${dataDir} holds what a ${was} site did; this one is ${mode}`, {
      retry: 'never',
      hint: 'Give a shadow a data folder of its own with --data.',
    });
  }
  journal.state(MODE_STATE, mode);
}

/** Entries enough to hold all that a broker may have under way to a source. */
const LAST_ENTRIES = 8192;

export function* lastEntries(dataDir: string, upTo: number): Iterable<Item> {
  using reader = openReader(journalDir(dataDir));
  for (const item of reader.items(Math.max(0, upTo - LAST_ENTRIES))) {
    if (item.seq > upTo) return;
    yield item;
  }
}
