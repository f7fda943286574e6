import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';
import type { Item, JournalReader } from './api.ts';
import { type BatchItem, entryBytes, memoryOf, packEntries } from './chunk.ts';
import type { FromFeed, PackedChunk, Question, ToFeed } from './feed-message.ts';
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

function next({ sink, afterSeq, limitBytes }: Question & { kind: 'next' }): PackedChunk {
  const journal = reader();
  let run = runs.get(sink);
  if (!run || run.at !== afterSeq) {
    run = { at: afterSeq, items: journal.items(afterSeq, tellOnce)[Symbol.iterator]() };
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
  const packed = packEntries(found);
  return { packed, upTo: run.at, full, bytes, damage: damage.splice(0) };
}

function tellOnce(what: string): void {
  if (told.has(what)) return;
  told.add(what);
  damage.push(what);
}

function answerTo(question: Question): number | PackedChunk {
  if (question.kind === 'next') return next(question);
  if (question.kind === 'rows') return reader().rowsAfter(question.afterSeq);
  return reader().cursor(question.sink);
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
    say({ id, answer }, typeof answer === 'number' ? [] : memoryOf(answer.packed));
  } catch (error) {
    // Whatever failed may lie in the connection: the next question gets a fresh one.
    close();
    const { code, message: text, hint } = Fault.from(error, 'journal.unreadable', dir);
    say({ id, fault: { code, message: text, hint } });
  }
});
