import { parentPort, workerData } from 'node:worker_threads';
import type { ImportRows } from '#historian/api.ts';
import { Fault } from '#kernel/fault.ts';
import { openCsv } from './csv-table.ts';
import { importTable } from './import.ts';
import { openParquet } from './parquet-table.ts';
import type { FromImporter, ImportTask, ToImporter } from './thread.ts';

/* A thread that reads one file; started by importing.ts. */

const task = workerData as ImportTask;
const say = (message: FromImporter): void => parentPort?.postMessage(message);
const waiting: ((message: ToImporter) => void)[] = [];

/** Whoever started the thread answers each message that wants an answer, in their order. */
const answer = (): Promise<ToImporter> => new Promise((resolve) => waiting.push(resolve));

parentPort?.on('message', (message: ToImporter) => waiting.shift()?.(message));

async function* pieces(): AsyncIterable<Uint8Array> {
  for (;;) {
    say({ kind: 'more' });
    const message = await answer();
    if (message.kind !== 'bytes' || message.bytes === undefined) return;
    yield message.bytes;
  }
}

async function keep(rows: ImportRows): Promise<number> {
  say({ kind: 'rows', rows });
  const message = await answer();
  return message.kind === 'kept' ? message.rows : 0;
}

async function run(): Promise<void> {
  const { path, separator, decimal, options, tags, nowUs } = task;
  const byPath = new Map(tags.map((tag) => [tag.path, tag]));
  const ports = {
    find: (name: string) => byPath.get(name),
    keep,
    progress: (rows: number) => say({ kind: 'progress', rows }),
    nowUs,
  };
  if (path === undefined) {
    const report = await importTable(await openCsv(pieces(), { separator, decimal }), options, ports);
    say({ kind: 'report', report });
    return;
  }
  await using table = await openParquet(path);
  say({ kind: 'report', report: await importTable(table, options, ports) });
}

try {
  await run();
} catch (error) {
  const { code, message, hint } = Fault.from(error, 'exchange.unreadable', 'the file');
  say({ kind: 'failed', fault: { code, message, hint } });
}
parentPort?.close();
