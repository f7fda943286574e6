import type { HistoryReader } from '#historian/api.ts';
import { openHistory } from '#historian/history.ts';
import type { HistoryDirs } from '#historian/reading/past.ts';

/** Beside this file, and of its kind; in a release an entry of its own, with the name of its area before it. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './reader-worker.ts' : './edge-reader-worker.js',
  import.meta.url,
);

/** The past of a site, running or stopped, with calculations over it in the language of derived tags. */
export const openSiteHistory = (dirs: HistoryDirs): HistoryReader => openHistory(dirs, WORKER);
