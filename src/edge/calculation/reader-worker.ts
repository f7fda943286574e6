import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryDirs } from '#historian/reading/past.ts';
import { serveHistory } from '#historian/reading/serve.ts';

/* The thread that answers questions about the past of a site: it knows the language of derived tags as well. */

if (parentPort) {
  serveHistory({
    port: parentPort,
    dirs: workerData as HistoryDirs,
    // Loaded when it is needed: most questions are about tags as they are.
    calculator: async () => (await import('#decide/calculator.ts')).makeCalculator,
  });
}
