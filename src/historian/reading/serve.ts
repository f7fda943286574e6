import type { MessagePort } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';
import { answer } from './answer.ts';
import type { MakeCalculator } from './calculator.ts';
import { type HistoryDirs, Past } from './past.ts';
import { buffersOf, type FromReader, PARTS_AHEAD, type Part, type ToReader } from './question.ts';

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

export interface Serving {
  readonly port: MessagePort;
  readonly dirs: HistoryDirs;
  /** Brings the language for expressions with the first question that needs it. */
  readonly calculator?: () => Promise<MakeCalculator>;
}

/** Answers questions about the past, several in turns: the work of the thread that reads. */
export function serveHistory(serving: Serving): void {
  const server = new Server(serving);
  serving.port.on('message', (message: ToReader) => server.heard(message));
}

class Server {
  readonly #serving: Serving;
  /** Those that may go on, the next one first; the others wait to be taken from. */
  readonly #queries = new Map<number, Query>();
  #past: Past | undefined;
  #make: MakeCalculator | undefined;
  #isScheduled = false;
  readonly #idle = setTimeout(() => this.#past?.forget(), IDLE_MS).unref();

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  heard(message: ToReader): void {
    if (message.kind === 'close') {
      this.#queries.clear();
      this.#past?.close();
      this.#serving.port.close();
      return;
    }
    if (message.kind === 'ask') void this.#ask(message);
    else if (message.kind === 'end') this.#queries.delete(message.id);
    else {
      const query = this.#queries.get(message.id);
      if (query) query.credit++;
    }
    this.#schedule();
  }

  async #ask({ id, question }: Extract<ToReader, { kind: 'ask' }>): Promise<void> {
    this.#idle.refresh();
    // Begun with its first turn, so that opening fails there like everything else.
    const parts = this.#parts(question);
    const query = { id, parts, credit: PARTS_AHEAD };
    if (question.kind === 'calculated' && !this.#make) {
      const { calculator } = this.#serving;
      // Noted before it waits: it may be ended meanwhile.
      this.#queries.set(id, { ...query, credit: 0 });
      try {
        this.#make = await calculator?.();
      } catch (error) {
        this.#failed(id, error);
        this.#queries.delete(id);
        return;
      }
      if (!this.#queries.has(id)) return;
    }
    this.#queries.set(id, query);
    this.#schedule();
  }

  *#parts(question: Extract<ToReader, { kind: 'ask' }>['question']): Generator<Part | undefined> {
    this.#past ??= new Past(this.#serving.dirs);
    yield* answer(this.#past, question, this.#make);
  }

  /** Some steps of one query, then messages, then the next query. */
  #turn(): void {
    this.#isScheduled = false;
    for (const query of this.#queries.values()) {
      if (query.credit === 0) continue;
      this.#queries.delete(query.id);
      if (this.#steps(query)) this.#queries.set(query.id, query);
      this.#schedule();
      return;
    }
  }

  /** @returns whether the query goes on */
  #steps(query: Query): boolean {
    const endMs = performance.now() + TURN_MS;
    let goesOn = true;
    while (goesOn && query.credit > 0 && performance.now() < endMs) goesOn = this.#step(query);
    return goesOn;
  }

  #step(query: Query): boolean {
    try {
      const { value, done } = query.parts.next();
      if (done) {
        this.#say({ kind: 'ended', id: query.id });
        return false;
      }
      if (value === undefined) return true;
      query.credit--;
      this.#say({ kind: 'part', id: query.id, part: value });
      return true;
    } catch (error) {
      // Whatever failed may lie in the connection: the next question gets a fresh one.
      this.#past?.close();
      this.#past = undefined;
      this.#failed(query.id, error);
      return false;
    }
  }

  #failed(id: number, error: unknown): void {
    const { code, message, hint } = Fault.from(error, 'historian.unreadable', this.#serving.dirs.dir);
    this.#say({ kind: 'failed', id, fault: { code, message, hint } });
  }

  #say(message: FromReader): void {
    this.#serving.port.postMessage(message, message.kind === 'part' ? buffersOf(message.part) : []);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queries.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }
}
