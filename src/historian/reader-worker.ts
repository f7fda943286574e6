import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';
import { answer } from './reading/answer.ts';
import { type HistoryDirs, Past } from './reading/past.ts';
import { buffersOf, type FromReader, PARTS_AHEAD, type Part, type ToReader } from './reading/question.ts';

/* The thread that answers questions about the past, several in turns. */

const port = parentPort;
const dirs = workerData as HistoryDirs;
/** Long enough to be worth the change, short enough that a quick question seems to be answered at once. */
const TURN_MS = 5;
/** After so long without a question the memory of the last ones is given back. */
const IDLE_MS = 60_000;

interface Query {
  readonly id: number;
  readonly parts: Generator<Part | undefined>;
  /** Parts that may still be sent before one is taken. */
  credit: number;
}

/** Those that may go on, the next one first; the others wait to be taken from. */
const queries = new Map<number, Query>();
let past: Past | undefined;
let isScheduled = false;
const idle = setTimeout(() => past?.forget(), IDLE_MS).unref();

const say = (message: FromReader): void =>
  port?.postMessage(message, message.kind === 'part' ? buffersOf(message.part) : []);

/** Some steps of one query, then messages, then the next query. */
function turn(): void {
  isScheduled = false;
  for (const query of queries.values()) {
    if (query.credit === 0) continue;
    queries.delete(query.id);
    if (steps(query)) queries.set(query.id, query);
    schedule();
    return;
  }
}

/** @returns whether the query goes on */
function steps(query: Query): boolean {
  const endMs = performance.now() + TURN_MS;
  let goesOn = true;
  while (goesOn && query.credit > 0 && performance.now() < endMs) goesOn = step(query);
  return goesOn;
}

function step(query: Query): boolean {
  try {
    const { value, done } = query.parts.next();
    if (done) {
      say({ kind: 'ended', id: query.id });
      return false;
    }
    if (value === undefined) return true;
    query.credit--;
    say({ kind: 'part', id: query.id, part: value });
    return true;
  } catch (error) {
    // Whatever failed may lie in the connection: the next question gets a fresh one.
    past?.close();
    past = undefined;
    const { code, message, hint } = Fault.from(error, 'historian.unreadable', dirs.dir);
    say({ kind: 'failed', id: query.id, fault: { code, message, hint } });
    return false;
  }
}

function schedule(): void {
  if (isScheduled || queries.size === 0) return;
  isScheduled = true;
  setImmediate(turn);
}

function ask({ id, question }: Extract<ToReader, { kind: 'ask' }>): void {
  // Begun with its first turn, so that opening fails there like everything else.
  const parts = (function* () {
    past ??= new Past(dirs);
    yield* answer(past, question);
  })();
  queries.set(id, { id, parts, credit: PARTS_AHEAD });
  idle.refresh();
}

port?.on('message', (message: ToReader) => {
  if (message.kind === 'close') {
    queries.clear();
    past?.close();
    port.close();
    return;
  }
  if (message.kind === 'ask') ask(message);
  else if (message.kind === 'end') queries.delete(message.id);
  else {
    const query = queries.get(message.id);
    if (query) query.credit++;
  }
  schedule();
});
