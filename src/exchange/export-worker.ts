import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';
import { exportHistory } from './export.ts';
import type { ExportTask, FromExporter } from './thread.ts';

/* A thread that makes one file, part by part as they are asked for; started by exporting.ts. */

const { dirs, query } = workerData as ExportTask;
const parts = exportHistory(dirs, query);

function next(): FromExporter {
  try {
    const { value, done } = parts.next();
    return done ? { kind: 'end' } : { kind: 'part', bytes: value };
  } catch (error) {
    const { code, message, hint } = Fault.from(error, 'exchange.unreadable', dirs.dir);
    return { kind: 'failed', fault: { code, message, hint } };
  }
}

parentPort?.on('message', () => {
  const answer = next();
  parentPort?.postMessage(answer);
  if (answer.kind !== 'part') parentPort?.close();
});
