import type { LearningReport, LearningStatus } from '#contract/learning.ts';
import { type LearnTask, learnAside } from '#edge/detectors/learning/aside.ts';
import type { LearningResult } from '#edge/detectors/learning/learning.ts';
import { faultStatus } from '#edge/status.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

/** What somebody asks for. */
export interface LearnRequest {
  readonly id: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly dryRun: boolean;
  /** Learns of an unfit period too, as far as it teaches anything. */
  readonly force: boolean;
  readonly why?: string | undefined;
  readonly by: string;
}

/** What was learned, with all that is kept about it. */
export interface LearnedAnew {
  readonly text: string;
  readonly digest: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly by: string;
  readonly why?: string | undefined;
  readonly report: LearningReport;
}

export interface LearningPorts {
  /** What the thread is to do. @throws Fault `detector.unknown` and others that refuse the request at once */
  task(request: LearnRequest): LearnTask;
  /** What was decided until now is part of the past. */
  durable(): Promise<void>;
  nowUs(): number;
  /** Into the audit. */
  event(name: string, id: string, detail: { readonly [key: string]: Json }, by: string): void;
  /** Keeps what was learned; the detector goes on with it from then on. */
  keep(id: string, learned: LearnedAnew): Promise<void>;
}

/** Learns one detector at a time, beside the decisions, and says how far it has come. */
export class LearningDesk implements Disposable {
  readonly #ports: LearningPorts;
  /** The last one of each detector since the start. */
  readonly #known = new Map<string, LearningStatus>();
  #running: { readonly id: string; readonly ending: AbortController } | undefined;

  constructor(ports: LearningPorts) {
    this.#ports = ports;
  }

  /** @throws Fault `detector.learning-busy`, `detector.no-reason`, those of {@link LearningPorts.task} */
  start(request: LearnRequest): LearningStatus {
    if (this.#running)
      throw new Fault('detector.learning-busy', `the detector ${this.#running.id} is learning`, {
        hint: 'wait for its end, or end it: one at a time, so that the site keeps its processor',
      });
    if (request.force && request.why === undefined)
      throw new Fault('detector.no-reason', 'who learns from an unfit period says why', {
        retry: 'never',
        hint: 'add a reason with --why',
      });
    const task = this.#ports.task(request);
    const ending = new AbortController();
    this.#running = { id: request.id, ending };
    const { id, fromUs, toUs, dryRun, by } = request;
    const startedUs = this.#ports.nowUs();
    const status = {
      id,
      fromUs,
      toUs,
      dryRun,
      by,
      startedUs,
      state: 'running',
      done: 0,
      what: 'reading',
    } as const;
    this.#known.set(id, status);
    void this.#run(request, task, ending.signal);
    return status;
  }

  /** Undefined where it has not learned since the start of the site. */
  status(id: string): LearningStatus | undefined {
    return this.#known.get(id);
  }

  /** @throws Fault `detector.not-learning` */
  end(id: string): LearningStatus {
    if (this.#running?.id !== id)
      throw new Fault('detector.not-learning', `the detector ${id} is not learning`, { retry: 'never' });
    this.#running.ending.abort();
    return this.#known.get(id) as LearningStatus;
  }

  [Symbol.dispose](): void {
    this.#running?.ending.abort();
  }

  async #run(request: LearnRequest, task: LearnTask, signal: AbortSignal): Promise<void> {
    const { id } = request;
    this.#tell('begun', request);
    try {
      await this.#ports.durable();
      const result = await learnAside(task, (done, what) => this.#set(id, { done, what }), signal);
      this.#set(id, await this.#ended(request, result));
    } catch (error) {
      const fault = Fault.from(error, 'detector.learning-failed', id);
      const state = signal.aborted ? 'ended' : 'failed';
      this.#set(id, { state, ...(state === 'failed' && { fault: faultStatus(fault) }) });
      this.#tell(state, request, state === 'failed' ? { reason: fault.message } : {});
    } finally {
      this.#running = undefined;
    }
  }

  async #ended(request: LearnRequest, { report, learned }: LearningResult): Promise<Partial<LearningStatus>> {
    const { id, dryRun, force, fromUs, toUs, by, why } = request;
    if (!learned || (report.fit === 'unfit' && !force)) {
      const reason = report.findings.find(({ fit }) => fit === 'unfit')?.text ?? '';
      this.#tell('refused', request, { reason });
      return { state: 'refused', done: 1, report };
    }
    const { digest, text } = learned;
    if (!dryRun) {
      await this.#ports.keep(id, { text, digest, fromUs, toUs, by, why, report });
      this.#tell('ended', request, { digest, fit: report.fit });
    }
    return { state: 'done', done: 1, report, digest };
  }

  #set(id: string, more: Partial<LearningStatus>): void {
    this.#known.set(id, { ...(this.#known.get(id) as LearningStatus), ...more });
  }

  /** A dry run leaves no trace. */
  #tell(
    what: string,
    { id, dryRun, fromUs, toUs, force, why, by }: LearnRequest,
    more: { readonly [key: string]: Json } = {},
  ): void {
    if (dryRun) return;
    const asked = { fromUs, toUs, ...(force && { force }), ...(why !== undefined && { why }) };
    this.#ports.event(`config.learning-${what}`, id, { ...asked, ...more }, by);
  }
}
