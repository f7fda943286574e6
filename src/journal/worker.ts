import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type StorageTrouble, takeLock, troubleOf } from '#platform/sqlite.ts';
import {
  type FaultMessage,
  type FromWorker,
  NO_TOTALS,
  type OpenedMessage,
  type StoreTotals,
  type ToWorker,
  type UnitMessage,
  type WorkerConfig,
} from './message.ts';
import { isDamage, openStore, openWithoutStore } from './opening.ts';
import { FILES } from './schema.ts';
import type { Store } from './store.ts';

/* The thread that owns the disk. It never gives up: every failure is an answer, and the next commit tries again. */

const config = workerData as WorkerConfig;
const port = parentPort;

let store: Store | undefined;
let tidying: NodeJS.Immediate | undefined;
let unlock: (() => void) | undefined;
let epoch = config.epoch;
/** Whether the state of the last run could not be read so far. */
let unread = false;
/** Totals of stores that were closed after a failure. */
let carried = NO_TOTALS;

function say(message: FromWorker): void {
  port?.postMessage(message);
}

function start(): void {
  try {
    mkdirSync(config.dir, { recursive: true, mode: 0o750 });
    unlock = lock();
    say({ kind: 'opened', opened: openAnyway(), totals: count() });
  } catch (error) {
    unlock?.();
    say({ kind: 'refused', fault: faultMessage(error) });
  }
}

/** A site must start with a full or failing disk too; only what no disk can mend is refused. */
function openAnyway(): OpenedMessage {
  try {
    const first = openStore(config);
    store = first.store;
    epoch = first.opened.epoch;
    return first.opened;
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (troubleOf(error) === 'full' && rmReserve()) return openAnyway();
    const without = openWithoutStore(config, faultMessage(error));
    epoch = without.epoch;
    unread = without.unread !== undefined;
    return without;
  }
}

/** @returns whether there was one to give back */
function rmReserve(): boolean {
  const path = join(config.dir, FILES.reserve);
  const had = existsSync(path);
  rmSync(path, { force: true });
  return had;
}

function lock(): () => void {
  const pidPath = join(config.dir, FILES.pid);
  const release = takeLock(join(config.dir, FILES.lock));
  if (!release) {
    const pid = readPid(pidPath);
    throw new Fault('journal.locked', `the journal ${config.dir} is being written by process ${pid}`, {
      retry: 'never',
      hint: 'Only one site may write a journal: stop the other one, or use another data folder.',
    });
  }
  writePid(pidPath);
  return release;
}

/** Only for messages: a disk too full for it must not keep the site from starting. */
function writePid(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch {
    try {
      rmSync(path, { force: true });
    } catch {
      // Read-only: then nobody writes here.
    }
  }
}

function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '(unknown)';
  }
}

/** After a failure that may lie in the connection a fresh one is made, and damage is met as at any opening. */
function reopen(broken?: unknown): Store {
  const { store: fresh, opened } = openStore({ ...config, epoch }, broken);
  if (opened.damage.length > 0) say({ kind: 'damage', what: opened.damage });
  if (unread) say({ kind: 'state-found' });
  unread = false;
  return fresh;
}

function commit(units: readonly UnitMessage[]): void {
  const started = performance.now();
  try {
    commitOrReplace(units);
  } catch (error) {
    drop(error);
    say({ kind: 'failed', fault: faultMessage(error), totals: count() });
    return;
  }
  say({ kind: 'done', totals: count(), tookMs: performance.now() - started });
  tidy();
}

/** In pieces, so that a commit that comes meanwhile waits for one of them only. */
function tidy(): void {
  clearImmediate(tidying);
  try {
    if (store?.idle()) tidying = setImmediate(tidy);
  } catch (error) {
    // What is wrong shows at the next commit, if it still is.
    drop(error);
  }
}

function commitOrReplace(units: readonly UnitMessage[]): void {
  store ??= reopen();
  try {
    store.commit(units);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // Found in a part that opening does not read: only a new database can go on.
    carried = count();
    closeQuietly();
    store = reopen(error);
    store.commit(units);
  }
}

function drop(because: unknown): void {
  const trouble = troubleOf(because);
  if (trouble === 'full' || trouble === 'busy' || because instanceof Fault) return;
  carried = count();
  closeQuietly();
}

function count(): StoreTotals {
  if (!store) return carried;
  const { usedBytes, writtenBytes, lostRows, gaps, fill } = store.totals;
  return {
    usedBytes,
    fill,
    writtenBytes: carried.writtenBytes + writtenBytes,
    lostRows: carried.lostRows + lostRows,
    gaps: carried.gaps + gaps,
  };
}

/** What is committed is durable already: a failure to tidy up costs the next opening a moment, and no data. */
function closeQuietly(): void {
  try {
    store?.close();
  } catch {
    // The connection is given up either way.
  }
  store = undefined;
}

function close(): void {
  closeQuietly();
  unlock?.();
  say({ kind: 'closed' });
  port?.close();
}

function faultMessage(error: unknown): FaultMessage {
  if (error instanceof Fault) return { code: error.code, message: error.message, hint: error.hint };
  const trouble = troubleOf(error);
  return { code: `journal.${trouble}`, message: `${config.dir}: ${messageOf(error)}`, hint: HINTS[trouble] };
}

const HINTS: { readonly [trouble in StorageTrouble]: string } = {
  full: 'Free space on the file system of the data folder, or lower the quota of the journal.',
  damaged: 'The damaged file is set aside and a new one begun with the next attempt.',
  busy: 'Another program has locked the database: close it.',
  'read-only': 'Make the data folder writable for the user that runs Holdfast.',
  io: 'Check the disk and its cable or card; the system log says more.',
  other: 'The next attempt follows by itself; report this if it stays.',
};

port?.on('message', (message: ToWorker) => {
  if (message.kind === 'commit') commit(message.units);
  else close();
});
start();
