import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryDirs } from './reading/past.ts';
import { serveHistory } from './reading/serve.ts';

/* The thread that answers questions about the past, where nobody calculates. */

if (parentPort) serveHistory({ port: parentPort, dirs: workerData as HistoryDirs });
