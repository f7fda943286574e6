import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { HistoryDirs } from '#historian/reading/past.ts';
import { Fault } from '#kernel/fault.ts';
import type { ExportQuery } from './export.ts';
import { type ExportTask, type FromExporter, threadUrl } from './thread.ts';

const LIMITS = { maxOldGenerationSizeMb: 384, stackSizeMb: 2 };

/**
 * As {@link exportHistory}, in a thread of its own: whoever takes the parts is not held up. It ends with the loop that
 * takes them, or with the signal. @throws Fault as there
 */
export async function* exportAside(
  dirs: HistoryDirs,
  query: ExportQuery,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const workerData: ExportTask = { dirs, query };
  const worker = new Worker(threadUrl('export-worker'), { workerData, resourceLimits: LIMITS });
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw new Fault('exchange.thread-lost', 'the thread that writes the file ended');
  });
  ended.catch(() => {}); // heard where it is raced
  try {
    for (;;) {
      const heard = once(worker, 'message');
      worker.postMessage('next');
      const [answer] = (await Promise.race([heard, ended])) as [FromExporter];
      if (answer.kind === 'end') return;
      if (answer.kind === 'failed') {
        const { code, message, hint } = answer.fault;
        throw new Fault(code, message, hint === undefined ? {} : { hint });
      }
      yield answer.bytes;
    }
  } finally {
    await worker.terminate();
  }
}
