import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Answer, Ask } from '#edge/models/runner.ts';
import { noRuntime } from '#edge/models/runtime.ts';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** A model that takes longer to load is none for a decision. */
const OPEN_MS = 30_000;
/** Characters of what a process says of itself that are kept. */
const MOST_SAID = 300;
const isBundled = import.meta.url.endsWith('.js');

/** A process that answered nothing in time, or is gone: what it was asked is lost, and it begins again after a pause. */
type Loss = 'model.hung' | 'model.died';

/**
 * One model in a process of its own. Whatever that does - dies, hangs, says nonsense - is a fault of the question that was
 * under way, within its deadline. What was asked while another question is under way waits for its turn.
 */
export class ModelProcess implements AsyncDisposable {
  readonly #bytes: Uint8Array;
  readonly #clock: Clock;
  readonly #backoff = new Backoff();
  #child: ChildProcess | undefined;
  #pending: PromiseWithResolvers<Answer> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #notBeforeUs = 0;
  #loss: Fault | undefined;
  #ended = false;

  /** @param bytes of the file, whose digest was checked */
  constructor(bytes: Uint8Array, clock: Clock) {
    this.#bytes = bytes;
    this.#clock = clock;
  }

  /** Undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * @param input `rows` moments of `columns` values
   * @throws Fault `model.hung`, `model.died`, `model.unusable` for a file that is no model that can be run, `model.no-runtime`
   *   where nothing here runs models, and again the same until the pause after it is over; `model.refused` for a window that
   *   it does not take
   */
  run(input: Float32Array, rows: number, columns: number, deadlineMs: number): Promise<Float32Array> {
    const turn = this.#turn.then(() => this.#run({ ask: 'run', input, rows, columns }, deadlineMs));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #run(ask: Ask, deadlineMs: number): Promise<Float32Array> {
    if (this.#ended) throw new Fault('model.died', 'the site ends');
    if (!this.#child) await this.#begin();
    const answer = await this.#ask(ask, deadlineMs);
    if (answer.answer === 'fault') throw new Fault('model.refused', answer.message.slice(0, MOST_SAID));
    if (answer.answer !== 'output' || !(answer.output instanceof Float32Array)) throw this.#nonsense();
    this.#backoff.reset();
    return answer.output;
  }

  async #begin(): Promise<void> {
    if (this.#loss && this.#clock.steadyUs() < this.#notBeforeUs) throw this.#loss;
    const child = fork(new URL(isBundled ? './model-runner.js' : './runner.ts', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    this.#child = child;
    child.on('message', (answer: Answer) => {
      if (child !== this.#child) return;
      this.#pending?.resolve(answer);
      this.#pending = undefined;
    });
    child.on('error', (error) => this.#lost(child, messageOf(error)));
    child.on('exit', (code, signal) => this.#lost(child, signal ?? `exit code ${code}`));
    lower(child);
    const answer = await this.#ask({ ask: 'open', bytes: this.#bytes }, OPEN_MS);
    if (answer.answer === 'opened') return;
    const said = answer.answer === 'fault' ? answer.message.slice(0, MOST_SAID) : 'nonsense';
    const isMissing = answer.answer === 'fault' && answer.noRuntime === true;
    this.#kill(
      isMissing
        ? noRuntime(said, isBundled ? import.meta.dirname : undefined)
        : new Fault('model.unusable', `the model cannot be run: ${said}`),
    );
    throw this.#loss;
  }

  async #ask(ask: Ask, deadlineMs: number): Promise<Answer> {
    const pending = Promise.withResolvers<Answer>();
    this.#pending = pending;
    const timer = setTimeout(
      () => this.#kill(loss('model.hung', `no answer within ${deadlineMs} ms: the process was ended`)),
      deadlineMs,
    );
    try {
      this.#child?.send(ask, (error) => error && this.#kill(loss('model.died', messageOf(error))));
      const answer: unknown = await pending.promise;
      if (typeof answer !== 'object' || answer === null || !('answer' in answer)) throw this.#nonsense();
      return answer as Answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #nonsense(): Fault {
    this.#kill(loss('model.died', 'the process said what is no answer, and was ended'));
    return this.#loss as Fault;
  }

  #lost(child: ChildProcess, how: string): void {
    if (child === this.#child) this.#kill(loss('model.died', `the process of the model ended: ${how}`));
  }

  /** SIGKILL ends a process that was stopped, too. */
  #kill(why: Fault): void {
    const [child, pending] = [this.#child, this.#pending];
    this.#child = undefined;
    this.#pending = undefined;
    this.#loss = why;
    this.#notBeforeUs = this.#clock.steadyUs() + this.#backoff.nextMs() * 1000;
    child?.kill('SIGKILL');
    pending?.reject(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#kill(loss('model.died', 'the site ends'));
    await this.#turn;
  }
}

const loss = (code: Loss, message: string): Fault => new Fault(code, message);

/** Decisions and the journal go first. Where the system does not allow that, it runs as it is. */
function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {}
}
