import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';
import type { Carried, Item, JournalReader } from './api.ts';
import { blockOf, blockOfRows, changedPages, eventList } from './carry.ts';
import { type BatchItem, entryBytes, memoryOf, packEntries } from './chunk.ts';
import type { Answer, FromFeed, PackedChunk, Question, ToFeed } from './feed-message.ts';
import { openReader } from './reader.ts';
import { FILES } from './schema.ts';

/* The thread that reads the journal for sinks: unpacking blocks would otherwise stand in the way of decisions. */

const dir = workerData as string;
const port = parentPort;
/** Ticks and events carry nothing for a sink: after so many the answer is given all the same. */
const MOST_ITEMS = 50_000;
/** Each becomes an object in the main thread, which decides: not too many in one moment. */
const MOST_ENTRIES = 1000;

/** Where a sink reads on, so that a block that holds several chunks is unpacked once. */
interface Run {
  at: number;
  /** In blocks met since the last answer that could not be read. */
  lostRows: number;
  readonly items: Iterator<Item>;
}

const runs = new Map<string, Run>();
const told = new Set<string>();
const damage: string[] = [];
let open: { readonly reader: JournalReader; readonly file: bigint } | undefined;

/** A database that was found damaged is replaced by a new file under the same name. */
function reader(): JournalReader {
  const file = statSync(join(dir, FILES.database), { bigint: true, throwIfNoEntry: false })?.ino;
  if (open && open.file === file) return open.reader;
  close();
  const fresh = openReader(dir);
  open = { reader: fresh, file: file ?? 0n };
  return fresh;
}

function close(): void {
  runs.clear();
  open?.reader[Symbol.dispose]();
  open = undefined;
}

interface Collected {
  readonly found: readonly BatchItem[];
  readonly upTo: number;
  readonly full: boolean;
  readonly bytes: number;
  readonly lostRows: number;
}

function collect({ sink, afterSeq, limitBytes }: Question & { kind: 'next' | 'block' }): Collected {
  const journal = reader();
  let run = runs.get(sink);
  if (!run || run.at !== afterSeq) {
    const fresh: Run = {
      at: afterSeq,
      lostRows: 0,
      items: journal
        .items(afterSeq, (what, lost) => {
          tellOnce(what);
          fresh.lostRows += lost?.rows ?? 0;
        })
        [Symbol.iterator](),
    };
    run = fresh;
    runs.set(sink, run);
  }
  const found: BatchItem[] = [];
  let bytes = 0;
  let items = 0;
  let full = true;
  while (bytes < limitBytes && found.length < MOST_ENTRIES && items++ < MOST_ITEMS) {
    const { value, done } = run.items.next();
    if (done) {
      runs.delete(sink);
      full = false;
      break;
    }
    run.at = value.seq;
    if (value.kind !== 'batch') continue;
    found.push(value);
    bytes += entryBytes(value.batch);
  }
  const { lostRows } = run;
  run.lostRows = 0;
  return { found, upTo: run.at, full, bytes, lostRows };
}

function next(question: Question & { kind: 'next' }): PackedChunk {
  const { found, ...chunk } = collect(question);
  return { packed: packEntries(found), ...chunk, damage: damage.splice(0) };
}

function block(question: Question & { kind: 'block' }): Carried {
  const { found, upTo, full, lostRows } = collect(question);
  return {
    bytes: found.length > 0 ? blockOf(upTo, found) : undefined,
    count: found.reduce((sum, { batch }) => sum + batch.rows, 0),
    entries: Float64Array.from(found, ({ seq }) => seq),
    upTo,
    full,
    receivedUs: found[0]?.batch.receivedUs,
    damage: damage.splice(0),
    lostRows,
  };
}

function tellOnce(what: string): void {
  if (told.has(what)) return;
  told.add(what);
  damage.push(what);
}

function answerTo(question: Question): Answer {
  switch (question.kind) {
    case 'next':
      return next(question);
    case 'block':
      return block(question);
    case 'events': {
      const { lane, afterSeq, limitBytes } = question;
      return { ...eventList(reader(), lane, afterSeq, limitBytes), damage: [] };
    }
    case 'pages':
      return changedPages(reader(), question.table, question.known);
    case 'pack':
      return blockOfRows(question.seq, question.batch);
    case 'rows':
      return reader().rowsAfter(question.afterSeq);
    case 'ledgerRows':
      return reader().ledgerRows(question.asked);
    case 'ledger':
      return reader().ledger(question.position);
    case 'cursor':
      return reader().cursor(question.sink);
  }
}

/** What is moved instead of being copied. */
function movedOf(answer: Answer): ArrayBuffer[] {
  if (answer instanceof Uint8Array) return [answer.buffer];
  if (typeof answer === 'number') return [];
  if ('packed' in answer) return memoryOf(answer.packed);
  return 'bytes' in answer && answer.bytes ? [answer.bytes.buffer] : [];
}

function say(message: FromFeed, memory: ArrayBuffer[] = []): void {
  port?.postMessage(message, memory);
}

port?.on('message', (message: ToFeed) => {
  if (message === 'close') {
    close();
    port.close();
    return;
  }
  const { id, question } = message;
  try {
    const answer = answerTo(question);
    say({ id, answer }, movedOf(answer));
  } catch (error) {
    // Whatever failed may lie in the connection: the next question gets a fresh one.
    close();
    const { code, message: text, hint } = Fault.from(error, 'journal.unreadable', dir);
    say({ id, fault: { code, message: text, hint } });
  }
});
