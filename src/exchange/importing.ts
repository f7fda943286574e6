import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import type { ImportRows } from '#historian/api.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { CsvOptions } from './csv-table.ts';
import type { ImportOptions } from './import.ts';
import type { ImportReport } from './report.ts';
import { type FromImporter, type ImportTask, type ToImporter, threadUrl } from './thread.ts';

/** A file that is there, or one that comes. A Parquet file that comes is put down at `spool` first: its end says what is in it. */
export type ImportFile =
  | { readonly format: 'csv' | 'parquet'; readonly path: string }
  | { readonly format: 'csv' | 'parquet'; readonly bytes: AsyncIterable<Uint8Array>; readonly spool: string };

export interface ImportInto {
  /** Those of the site file. */
  readonly tags: readonly TagInfo[];
  keep(rows: ImportRows): Promise<number>;
  progress?(rows: number, bytes: number): void;
  readonly nowUs: number;
}

const LIMITS = { maxOldGenerationSizeMb: 512, stackSizeMb: 2 };
/** What a file that is put down leaves of the disk: the journal needs it more. */
const ROOM_BYTES = 256 * 2 ** 20;
const LOOK_EVERY_BYTES = 8 * 2 ** 20;

/**
 * As {@link importTable}, from the bytes of a file and in a thread of its own.
 * @throws Fault as there, `exchange.no-table`, `exchange.no-room`; what was kept before stays
 */
export async function importAside(
  file: ImportFile,
  options: ImportOptions & CsvOptions,
  into: ImportInto,
  signal?: AbortSignal,
): Promise<ImportReport> {
  const read = new Read(
    'path' in file ? createReadStream(file.path, { highWaterMark: 2 ** 18 }) : file.bytes,
  );
  if (file.format === 'csv') return await inThread(undefined, read, options, into, signal);
  if ('path' in file) {
    for await (const _ of read.pieces()) signal?.throwIfAborted();
    return await inThread(file.path, read, options, into, signal);
  }
  try {
    await putDown(read, file.spool, signal);
    return await inThread(file.spool, read, options, into, signal);
  } finally {
    await rm(file.spool, { force: true });
  }
}

/** Bytes on their way, with what must be known of all of them. */
class Read {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    try {
      for await (const piece of this.#source) {
        this.bytes += piece.length;
        this.#hash.update(piece);
        yield piece;
      }
    } catch (error) {
      throw Fault.from(error, 'exchange.unreadable', 'the file broke off');
    }
  }

  get digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

async function putDown(read: Read, path: string, signal: AbortSignal | undefined): Promise<void> {
  let lookAt = 0;
  const withRoom = async function* () {
    for await (const piece of read.pieces()) {
      if (read.bytes >= lookAt) {
        lookAt = read.bytes + LOOK_EVERY_BYTES;
        const { bavail, bsize } = await statfs(dirname(path));
        if (bavail * bsize < ROOM_BYTES)
          throw new Fault('exchange.no-room', `there is no room for the file in ${dirname(path)}`, {
            retry: 'never',
            hint: 'make room, or import it in parts; CSV needs none',
          });
      }
      yield piece;
    }
  };
  await pipeline(withRoom(), createWriteStream(path, { mode: 0o600 }), ...(signal ? [{ signal }] : [])).catch(
    (error) => {
      if (error instanceof Fault) throw error;
      throw new Fault('exchange.no-room', `cannot put the file down at ${path}: ${messageOf(error)}`);
    },
  );
}

async function inThread(
  path: string | undefined,
  read: Read,
  { separator, decimal, ...options }: ImportOptions & CsvOptions,
  into: ImportInto,
  signal: AbortSignal | undefined,
): Promise<ImportReport> {
  const { tags, nowUs } = into;
  const workerData: ImportTask = { path, separator, decimal, options, tags, nowUs };
  const worker = new Worker(threadUrl('import-worker'), { workerData, resourceLimits: LIMITS });
  const pieces = read.pieces()[Symbol.asyncIterator]();
  const done = Promise.withResolvers<Extract<FromImporter, { kind: 'report' }>['report']>();
  const abort = () => done.reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  const say = (message: ToImporter) => worker.postMessage(message);
  const heard = async (message: FromImporter): Promise<void> => {
    switch (message.kind) {
      case 'more': {
        const { value, done: isEnd } = await pieces.next();
        return say({ kind: 'bytes', bytes: isEnd ? undefined : value });
      }
      case 'rows':
        return say({ kind: 'kept', rows: await into.keep(message.rows) });
      case 'progress':
        return into.progress?.(message.rows, read.bytes);
      case 'report':
        return done.resolve(message.report);
      case 'failed': {
        const { code, message: what, hint } = message.fault;
        return done.reject(new Fault(code, what, hint === undefined ? {} : { hint }));
      }
    }
  };
  worker.on('message', (message: FromImporter) => {
    heard(message).catch(done.reject);
  });
  worker.once('error', (error) => done.reject(lost(error)));
  worker.once('exit', () => done.reject(lost('it ended')));
  try {
    const report = await done.promise;
    return { ...report, bytes: read.bytes, digest: read.digest };
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

const lost = (cause: unknown): Fault =>
  new Fault('exchange.thread-lost', `the thread that reads the file ended: ${messageOf(cause)}`);
