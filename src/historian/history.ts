import { Worker } from 'node:worker_threads';
import { Fault, messageOf } from '#kernel/fault.ts';
import type {
  Aligned,
  AlignedQuery,
  BucketQuery,
  Buckets,
  CalculationQuery,
  HistoryGap,
  HistoryReader,
  HistoryTag,
  InOrder,
  Series,
  Span,
  TrendQuery,
} from './api.ts';
import type { HistoryDirs } from './reading/past.ts';
import type { FromReader, Part, Question, ToReader } from './reading/question.ts';
import { workerUrl } from './worker-url.ts';

const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };
/** Who looks at trends asks again soon. */
const IDLE_MS = 30_000;

/**
 * Reads the history in a data folder, beside a running site or without one. The thread starts with a question, ends
 * `idleMs` after the last one, and is started again should it die. Questions fail with a Fault `historian.none`,
 * `historian.newer-format` or what reading said.
 * @param worker the thread's program, for one that calculates too: see `serveHistory`
 */
export function openHistory(
  dirs: HistoryDirs,
  worker: URL = workerUrl('reader-worker'),
  idleMs = IDLE_MS,
): HistoryReader {
  return new ThreadReader(dirs, worker, idleMs);
}

/** Parts of one answer on their way. */
class Answer {
  readonly #parts: Part[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #fault: unknown;

  put(part: Part): void {
    this.#parts.push(part);
    this.#wake?.();
  }

  end(fault?: unknown): void {
    this.#ended = true;
    this.#fault = fault;
    this.#wake?.();
  }

  /** Undefined at the end. */
  async next(): Promise<Part | undefined> {
    while (this.#parts.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const part = this.#parts.shift();
    if (part === undefined && this.#fault !== undefined) throw this.#fault;
    return part;
  }
}

class ThreadReader implements HistoryReader {
  readonly #dirs: HistoryDirs;
  readonly #url: URL;
  readonly #idleMs: number;
  readonly #answers = new Map<number, Answer>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(dirs: HistoryDirs, url: URL, idleMs: number) {
    this.#dirs = dirs;
    this.#url = url;
    this.#idleMs = idleMs;
  }

  tags(): Promise<readonly HistoryTag[]> {
    return this.#only<readonly HistoryTag[]>({ kind: 'tags' });
  }

  raw(tags: readonly string[], span: Span, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#ask<Series>({ kind: 'raw', tags, span }, signal);
  }

  inOrder(tags: readonly string[], span: Span, signal?: AbortSignal): AsyncIterable<InOrder> {
    return this.#ask<InOrder>({ kind: 'inOrder', tags, span }, signal);
  }

  buckets(query: BucketQuery, signal?: AbortSignal): AsyncIterable<Buckets> {
    if (!(query.bucketUs >= 1)) throw badQuery('a bucket is at least 1 µs long');
    return this.#ask<Buckets>({ kind: 'buckets', query }, signal);
  }

  trend(query: TrendQuery, signal?: AbortSignal): Promise<Series> {
    return this.#only<Series>({ kind: 'trend', query }, signal);
  }

  valuesAt(tags: readonly string[], timeUs: number): Promise<ReadonlyMap<string, Series>> {
    return this.#only<ReadonlyMap<string, Series>>({ kind: 'valuesAt', tags, timeUs });
  }

  aligned(query: AlignedQuery, signal?: AbortSignal): AsyncIterable<Aligned> {
    if (!(query.stepUs >= 1)) throw badQuery('a step is at least 1 µs long');
    return this.#ask<Aligned>({ kind: 'aligned', query }, signal);
  }

  calculated(query: CalculationQuery, signal?: AbortSignal): AsyncIterable<Series> {
    checkStep(query);
    return this.#ask<Series>({ kind: 'calculated', query, as: { kind: 'raw' } }, signal);
  }

  calculatedTrend(
    { points, ...query }: CalculationQuery & { readonly points: number },
    signal?: AbortSignal,
  ): Promise<Series> {
    checkStep(query);
    return this.#only<Series>({ kind: 'calculated', query, as: { kind: 'trend', points } }, signal);
  }

  calculatedBuckets(
    { bucketUs, aggregates, state, ...query }: CalculationQuery & Omit<BucketQuery, 'tags'>,
    signal?: AbortSignal,
  ): AsyncIterable<Buckets> {
    checkStep(query);
    if (!(bucketUs >= 1)) throw badQuery('a bucket is at least 1 µs long');
    const as = { kind: 'buckets', bucketUs, aggregates, ...(state !== undefined && { state }) } as const;
    return this.#ask<Buckets>({ kind: 'calculated', query, as }, signal);
  }

  gaps(span: Span, tags?: readonly string[]): Promise<readonly HistoryGap[]> {
    return this.#only<readonly HistoryGap[]>({ kind: 'gaps', span, tags });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      this.#say({ kind: 'close' });
    });
  }

  /** The next question gets a thread of its own, whether this one has gone already or not. */
  #rest(): void {
    this.#say({ kind: 'close' });
    this.#worker = undefined;
  }

  async #only<P extends Part>(question: Question, signal?: AbortSignal): Promise<P> {
    for await (const part of this.#ask<P>(question, signal)) return part;
    throw lost('it gave no answer');
  }

  /** Whoever breaks off the loop, or the signal, ends the query. */
  async *#ask<P extends Part>(question: Question, signal?: AbortSignal): AsyncIterable<P> {
    signal?.throwIfAborted();
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const id = ++this.#lastId;
    const answer = new Answer();
    this.#answers.set(id, answer);
    const abort = () => answer.end(signal?.reason);
    signal?.addEventListener('abort', abort);
    try {
      this.#say({ kind: 'ask', id, question });
      for (;;) {
        const part = await answer.next();
        signal?.throwIfAborted();
        if (part === undefined) return;
        this.#say({ kind: 'taken', id });
        yield part as P;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#answers.delete(id);
      this.#say({ kind: 'end', id });
      if (this.#answers.size === 0) this.#idle = setTimeout(() => this.#rest(), this.#idleMs).unref();
    }
  }

  #say(message: ToReader): void {
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(this.#url, {
      workerData: this.#dirs,
      resourceLimits: LIMITS,
    });
    let cause: unknown = 'no reason given';
    worker.on('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const answer of this.#answers.values()) answer.end(lost(cause));
    });
    worker.on('message', (message: FromReader) => this.#heard(message));
    return worker;
  }

  #heard(message: FromReader): void {
    const answer = this.#answers.get(message.id);
    if (message.kind === 'part') answer?.put(message.part);
    else if (message.kind === 'ended') answer?.end();
    else {
      const { code, message: text, hint } = message.fault;
      answer?.end(new Fault(code, text, hint === undefined ? {} : { hint }));
    }
  }
}

function checkStep({ stepUs = 1 }: CalculationQuery): void {
  if (!(stepUs >= 1)) throw badQuery('a step is at least 1 µs long');
}

const badQuery = (what: string): Fault => new Fault('historian.bad-query', what, { retry: 'never' });

const lost = (cause: unknown): Fault =>
  new Fault('historian.reader-lost', `the thread that reads the historian ended: ${messageOf(cause)}`, {
    hint: 'It is started again by itself; report this if it stays.',
  });
