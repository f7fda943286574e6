import { Worker } from 'node:worker_threads';
import type { Batch } from '#kernel/batch.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Ledger, LedgerAsked, LedgerRow } from './accounts.ts';
import type { Carried, Chunk, EventLane, Feed, Page, PagedTable } from './api.ts';
import { unpackEntries } from './chunk.ts';
import type { Answer, Answers, FromFeed, Question } from './feed-message.ts';
import { workerUrl } from './thread.ts';

/** The worker holds one unpacked block a sink, its columns outside of the heap. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 };

type Asked = ReturnType<typeof Promise.withResolvers<Answer>>;

/** Feeds sinks from the journal in a folder. The thread starts with the first question, and again should it die. */
export function openFeed(dir: string): Feed {
  return new ThreadFeed(dir);
}

class ThreadFeed implements Feed {
  readonly #dir: string;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  cursor(sink: string): Promise<number> {
    return this.#ask({ kind: 'cursor', sink });
  }

  async next(sink: string, afterSeq: number, limitBytes: number): Promise<Chunk> {
    const { packed, ...chunk } = await this.#ask({ kind: 'next', sink, afterSeq, limitBytes });
    return { ...chunk, entries: unpackEntries(packed) };
  }

  rowsAfter(seq: number): Promise<number> {
    return this.#ask({ kind: 'rows', afterSeq: seq });
  }

  ledgerRows(asked: LedgerAsked): Promise<readonly LedgerRow[]> {
    return this.#ask({ kind: 'ledgerRows', asked });
  }

  ledger(position?: number): Promise<Ledger> {
    return this.#ask({ kind: 'ledger', position });
  }

  block(sink: string, afterSeq: number, limitBytes: number): Promise<Carried> {
    return this.#ask({ kind: 'block', sink, afterSeq, limitBytes });
  }

  events(lane: EventLane, afterSeq: number, limitBytes: number): Promise<Carried> {
    return this.#ask({ kind: 'events', lane, afterSeq, limitBytes });
  }

  pages(table: PagedTable, known: ReadonlyMap<number, number>): Promise<readonly Page[]> {
    return this.#ask({ kind: 'pages', table, known });
  }

  pack(seq: number, batch: Batch): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ask({ kind: 'pack', seq, batch });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage('close');
    });
  }

  #ask<Q extends Question>(question: Q): Promise<Answers[Q['kind']]> {
    this.#worker ??= this.#start();
    const asked: Asked = Promise.withResolvers();
    const id = ++this.#lastId;
    this.#asked.set(id, asked);
    this.#worker.postMessage({ id, question });
    return asked.promise as Promise<Answers[Q['kind']]>;
  }

  #start(): Worker {
    const worker = new Worker(workerUrl('feed-worker'), { workerData: this.#dir, resourceLimits: LIMITS });
    let cause: unknown = 'no reason given';
    worker.on('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      this.#worker = undefined;
      for (const asked of this.#asked.values()) asked.reject(lost(cause));
      this.#asked.clear();
    });
    worker.on('message', (message: FromFeed) => this.#heard(message));
    return worker;
  }

  #heard(message: FromFeed): void {
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if ('answer' in message) asked?.resolve(message.answer);
    else asked?.reject(new Fault(message.fault.code, message.fault.message, hintOf(message.fault.hint)));
  }
}

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint });

const lost = (cause: unknown): Fault =>
  new Fault('journal.feed-lost', `the thread that feeds sinks ended: ${messageOf(cause)}`, {
    hint: 'It is started again by itself; report this if it stays.',
  });
