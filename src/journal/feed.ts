import { Worker } from 'node:worker_threads';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Chunk, Feed } from './api.ts';
import { unpackEntries } from './chunk.ts';
import type { FromFeed, PackedChunk, Question } from './feed-message.ts';
import { workerUrl } from './thread.ts';

/** The worker holds one unpacked block a sink, its columns outside of the heap. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 };

type Answer = number | PackedChunk;
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

  async cursor(sink: string): Promise<number> {
    return (await this.#ask({ kind: 'cursor', sink })) as number;
  }

  async next(sink: string, afterSeq: number, limitBytes: number): Promise<Chunk> {
    const answer = await this.#ask({ kind: 'next', sink, afterSeq, limitBytes });
    const { packed, ...chunk } = answer as PackedChunk;
    return { ...chunk, entries: unpackEntries(packed) };
  }

  async rowsAfter(seq: number): Promise<number> {
    return (await this.#ask({ kind: 'rows', afterSeq: seq })) as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage('close');
    });
  }

  #ask(question: Question): Promise<Answer> {
    this.#worker ??= this.#start();
    const asked: Asked = Promise.withResolvers();
    const id = ++this.#lastId;
    this.#asked.set(id, asked);
    this.#worker.postMessage({ id, question });
    return asked.promise;
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
