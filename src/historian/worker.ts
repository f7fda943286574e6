import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FaultMessage } from '#journal/message.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { type StorageTrouble, takeLock, troubleOf } from '#platform/sqlite.ts';
import { Follower } from './follower.ts';
import { Gather } from './gather.ts';
import { importRows } from './import.ts';
import type { FromWriter, ToWriter, WriterConfig } from './message.ts';
import { isDamage, openDatabase } from './opening.ts';
import { FILES } from './schema.ts';
import { Store } from './store.ts';

/* The thread that fills the historian from the journal. It never gives up: what failed is tried again. */

const config = workerData as WriterConfig;
const port = parentPort;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** So few rows a second are not worth a thread that waits for them, 10 MB of memory. */
const CALM_ROWS_A_S = 400;

const gather = new Gather();
let store: Store | undefined;
let follower: Follower | undefined;
let unlock: (() => void) | undefined;
let timer: NodeJS.Timeout | undefined;
let dueMs = performance.now() + config.firstFlushMs;
let retryMs = 0;
let found: string[] = [];
/** Rows that were taken from the journal, ever, and how many when it was last counted whether few come. */
let taken = 0;
let calm = { taken: 0, sinceMs: performance.now() };

const say = (message: FromWriter): void => port?.postMessage(message);

function open(broken?: unknown): Store {
  mkdirSync(config.dir, { recursive: true, mode: 0o750 });
  unlock ??= lock();
  const { db, damage } = openDatabase(config.dir, config.quotaBytes, broken);
  found.push(...damage);
  const fresh = new Store(db, config);
  store = fresh;
  gather.clear();
  follower?.close();
  const from = { position: fresh.head.position, ageUs: fresh.head.age_us };
  follower = new Follower(config.journalDir, from, (what) => found.push(what));
  return fresh;
}

function lock(): () => void {
  const release = takeLock(join(config.dir, FILES.lock));
  if (release) return release;
  throw new Fault('historian.locked', `another process writes the historian ${config.dir}`, {
    hint: 'Only one site may write a historian: stop the other one, or use another data folder.',
  });
}

/** One bounded piece of work. @returns whether there is more to be done at once */
function turn(): boolean {
  const open_ = store ?? opened();
  const declare = (infos: Parameters<Store['declare']>[0]) => open_.declare(infos);
  const before = gather.rows;
  const more = follower?.pull(gather, config.flushRows, declare) ?? false;
  taken += gather.rows - before;
  const isFull = gather.rows >= config.flushRows || gather.isFull;
  if (isFull || performance.now() >= dueMs) flush(open_);
  if (more) return true;
  if (open_.tidy()) return true;
  if (open_.isUncounted) tellState();
  return false;
}

function opened(): Store {
  const fresh = open();
  tellState();
  return fresh;
}

/** All that was gathered, with the position behind it, in one transaction. */
function flush(into: Store): void {
  const isNews = gather.rows > 0 || (follower?.gaps.length ?? 0) > 0;
  if (follower && (isNews || follower.position !== into.head.position)) {
    const { position, ageUs, gaps } = follower;
    follower.refresh((infos) => into.declare(infos));
    into.commit({ rows: gather.rows, byTag: gather.byTag(), gaps, position, ageUs });
    gaps.length = 0;
    gather.clear();
    tellState();
  }
  // After it only: one that failed is due until it succeeds, and until then the fault stays.
  dueMs = performance.now() + config.flushMs;
}

function tellState(): void {
  if (!store) return;
  found.push(...store.takeDamage());
  if (found.length > 0) say({ kind: 'damage', what: found });
  found = [];
  say({ kind: 'state', position: store.head.position, totals: store.totals });
}

function run(): void {
  clearTimeout(timer);
  timer = undefined;
  try {
    const more = turn();
    retryMs = 0;
    if (!more && isCalm()) rest();
    else next(more ? 0 : config.pollMs);
  } catch (error) {
    failed(error);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2 || RETRY_MIN_MS);
    next(retryMs);
  }
}

function isCalm(): boolean {
  const nowMs = performance.now();
  const { taken: before, sinceMs } = calm;
  if (nowMs - sinceMs < config.calmMs) return false;
  calm = { taken, sinceMs: nowMs };
  return taken - before <= (CALM_ROWS_A_S * (nowMs - sinceMs)) / 1000;
}

function rest(): void {
  gather.clear();
  say({ kind: 'resting', flushInMs: Math.max(0, dueMs - performance.now()) });
  end();
}

/** A timer even for at once: messages get their turn between two pieces of work. */
function next(afterMs: number): void {
  timer ??= setTimeout(run, afterMs);
}

/** What is not committed is read from the journal again: it keeps everything behind the position. */
function failed(error: unknown): void {
  say({ kind: 'failed', fault: faultMessage(error) });
  const trouble = troubleOf(error);
  if (trouble === 'full' || trouble === 'busy') return;
  closeQuietly();
  if (!isDamage(error)) return;
  try {
    open(error);
    tellState();
  } catch (again) {
    say({ kind: 'failed', fault: faultMessage(again) });
  }
}

function closeQuietly(): void {
  follower?.close();
  follower = undefined;
  gather.clear();
  try {
    store?.close();
  } catch {
    // What is committed is durable; the connection is given up either way.
  }
  store = undefined;
}

function take(message: ToWriter & { readonly id: number }): number {
  const into = store ?? opened();
  if (message.kind === 'import') return importRows(into, message);
  const rows = { before: 0 };
  for (;;) {
    const more = follower?.pull(gather, config.flushRows, (infos) => into.declare(infos)) ?? false;
    if (more && gather.rows < config.flushRows && !gather.isFull) continue;
    rows.before += gather.rows;
    flush(into);
    if (!more) return rows.before;
  }
}

function answer(message: ToWriter & { readonly id: number }): void {
  try {
    const rows = take(message);
    if (message.kind === 'flush') store?.forgetTotals();
    tellState();
    say({ kind: 'answer', id: message.id, rows });
  } catch (error) {
    const fault = faultMessage(error);
    failed(error);
    say({ kind: 'refused', id: message.id, fault });
  }
}

function close(): void {
  clearTimeout(timer);
  try {
    // What was gathered need not be read again at the next start.
    if (store && (gather.rows > 0 || follower?.gaps.length)) flush(store);
  } catch {
    // The journal keeps it.
  }
  say({ kind: 'closed' });
  end();
}

function end(): void {
  closeQuietly();
  unlock?.();
  port?.close();
}

function faultMessage(error: unknown): FaultMessage {
  if (error instanceof Fault) return { code: error.code, message: error.message, hint: error.hint };
  const trouble = troubleOf(error);
  const hint = HINTS[trouble];
  return { code: `historian.${trouble}`, message: `${config.dir}: ${messageOf(error)}`, hint };
}

const HINTS: { readonly [trouble in StorageTrouble]: string } = {
  full: 'Free space on the file system of the data folder, or lower the quota of the historian. The journal keeps what is missing.',
  damaged: 'The damaged file is set aside and a new one filled from the journal.',
  busy: 'Another program has locked the database: close it.',
  'read-only': 'Make the data folder writable for the user that runs Holdfast.',
  io: 'Check the disk and its cable or card; the system log says more.',
  other: 'The next attempt follows by itself; report this if it stays.',
};

port?.on('message', (message: ToWriter) => {
  if (message.kind === 'close') close();
  else answer(message);
});
run();
