import type { DetectorModel } from '#contract/model.ts';
import type { ModelEntry } from '#contract/model-entry.ts';
import { readModel } from '#edge/models/file.ts';
import { ModelProcess } from '#edge/models/process.ts';
import { figuresOf, ModelWindow } from '#edge/models/window.ts';
import type { Site } from '#edge/site.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad, isStandIn, Quality } from '#kernel/quality.ts';

/** A detector whose model runs here. */
interface Running {
  readonly id: string;
  readonly model: ModelEntry;
  /** By this another site file tells whether it is the same. */
  readonly key: string;
  readonly reads: readonly number[];
  readonly gives: readonly number[];
  readonly values: Float64Array;
  readonly window: ModelWindow;
  readonly everyUs: number;
  nextUs: number;
  /** A window is with the model. */
  busy: boolean;
  /** What was said last of its tags; −1 before that. */
  quality: number;
  /** Code of the fault that stands. */
  fault: string | undefined;
  notBeforeUs: number;
}

const LONGEST_MS = 500;
/** Between two attempts to read a file that was not there. */
const READ_AGAIN_US = 5e6;

const QUALITY: { readonly [code: string]: number } = {
  'model.file': Quality.badConfiguration,
  'model.unusable': Quality.badConfiguration,
  'model.no-runtime': Quality.badConfiguration,
  'model.hung': Quality.badTimeout,
  'model.died': Quality.badNoCommunication,
  'model.refused': Quality.badTypeMismatch,
  'model.shape': Quality.badTypeMismatch,
  'model.no-number': Quality.badOutOfRange,
};

const keyOf = ({ file, sha256 }: ModelEntry): string => `${file} ${sha256}`;

/**
 * Models on windows of tags, beside the way of a batch: a moment's values are taken as they stand, the model looks at them in
 * its own process, and what it gives comes back as rows that the site itself says. So the journal has them, and a replay
 * needs no model. While a model gives nothing, its tags are bad, and their quality says why; nothing else notices.
 */
export class SiteModels implements AsyncDisposable {
  readonly #site: Site;
  readonly #folder: string | undefined;
  /** Equal files share one process: forty pumps of one type are one. */
  readonly #processes = new Map<string, Promise<ModelProcess>>();
  #blueprint: Site['blueprint'] | undefined;
  #running: readonly Running[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param folder of the site file */
  constructor(site: Site, folder: string | undefined) {
    this.#site = site;
    this.#folder = folder;
    this.#tick();
  }

  /** Process of the model of a detector, while there is one. */
  async processOf(id: string): Promise<number | undefined> {
    const one = this.#running.find((running) => running.id === id);
    const process = one && this.#processes.get(keyOf(one.model));
    return process && (await process.then(({ pid }) => pid));
  }

  #tick(): void {
    if (this.#site.blueprint !== this.#blueprint) this.#change();
    const nowUs = this.#site.core.clock.steadyUs();
    let nextUs = nowUs + LONGEST_MS * 1000;
    for (const one of this.#running) {
      if (one.nextUs <= nowUs) {
        one.nextUs = Math.max(one.nextUs + one.everyUs, nowUs);
        void this.#look(one);
      }
      nextUs = Math.min(nextUs, one.nextUs);
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, (nextUs - nowUs) / 1000));
  }

  /** Another site file: what is the same goes on. */
  #change(): void {
    this.#blueprint = this.#site.blueprint;
    const before = new Map(this.#running.map((one) => [one.key, one]));
    this.#running = this.#blueprint.model.detectors.flatMap((detector) => {
      const one = this.#of(detector);
      return one ? [before.get(one.key) ?? one] : [];
    });
    const used = new Set(this.#running.map(({ model }) => keyOf(model)));
    for (const [key, process] of this.#processes) {
      if (used.has(key)) continue;
      this.#processes.delete(key);
      void process.then((one) => one[Symbol.asyncDispose]()).catch(() => {});
    }
  }

  #of({ id, model, reads, tags, everyMs }: DetectorModel): Running | undefined {
    if (!model || !reads) return undefined;
    const { table, clock } = this.#site.core;
    const outputs = model.output === 'score' ? 1 : reads.length;
    return {
      id,
      model,
      key: JSON.stringify([id, model, reads, tags, everyMs]),
      reads: reads.map((path) => table.number(path)),
      gives: tags.slice(0, outputs).map((path) => table.number(path)),
      values: new Float64Array(reads.length),
      window: new ModelWindow(model, reads.length),
      everyUs: everyMs * 1000,
      nextUs: clock.steadyUs(),
      busy: false,
      quality: -1,
      fault: undefined,
      notBeforeUs: 0,
    };
  }

  async #look(one: Running): Promise<void> {
    const missing = this.#values(one);
    one.window.take(one.values);
    const input = one.window.input();
    const { clock } = this.#site.core;
    if (!input) {
      this.#say(one, [], missing ?? Quality.badWaitingForInitialData);
      return;
    }
    if (one.busy || clock.steadyUs() < one.notBeforeUs) return;
    one.busy = true;
    try {
      const figures = await this.#figures(one, input);
      this.#recovered(one);
      this.#say(one, figures, Quality.good);
    } catch (error) {
      this.#failed(one, Fault.from(error, 'model.died', `the model of ${one.id}`));
    } finally {
      one.busy = false;
    }
  }

  /** @returns quality of an input that is not there */
  #values({ reads, values }: Running): number | undefined {
    let missing: number | undefined;
    for (const [i, tag] of reads.entries()) {
      const { value, quality } = this.#site.core.values.get(tag);
      const isThere = !isBad(quality) && !isStandIn(quality) && typeof value === 'number';
      values[i] = isThere ? value : Number.NaN;
      if (!isThere) missing ??= isBad(quality) ? quality : Quality.badNoCommunication;
    }
    return missing;
  }

  async #figures({ model, reads }: Running, input: Float32Array): Promise<number[]> {
    const process = await this.#process(model);
    const output = await process.run(input, model.window, reads.length, model.deadlineMs);
    const figures = figuresOf(output, input, reads.length, model.output);
    if (!figures)
      throw new Fault('model.shape', `it gives ${output.length} numbers, and ${model.output} is expected`);
    if (!figures.every(Number.isFinite)) throw new Fault('model.no-number', 'what it gives is no number');
    return figures;
  }

  #process(model: ModelEntry): Promise<ModelProcess> {
    const key = keyOf(model);
    const known = this.#processes.get(key);
    if (known) return known;
    const { clock } = this.#site.core;
    const process = readModel(this.#folder, model).then((bytes) => new ModelProcess(bytes, clock));
    this.#processes.set(key, process);
    process.catch(() => this.#processes.delete(key));
    return process;
  }

  #failed(one: Running, { code, message, hint }: Fault): void {
    if (this.#ended) return;
    if (code === 'model.file') one.notBeforeUs = this.#site.core.clock.steadyUs() + READ_AGAIN_US;
    if (one.fault !== code)
      this.#event('model.failed', one, { code, message, ...(hint !== undefined && { hint }) });
    one.fault = code;
    this.#say(one, [], QUALITY[code] ?? Quality.badInternal);
  }

  #recovered(one: Running): void {
    if (one.fault === undefined || this.#ended) return;
    this.#event('model.recovered', one, { after: one.fault });
    one.fault = undefined;
  }

  #event(name: string, { id, model }: Running, detail: { readonly [key: string]: string }): void {
    const { path, clock } = this.#site.core;
    path.event({
      kind: 'system',
      name,
      subject: id,
      timeUs: clock.nowUs(),
      detail: { file: model.file, ...detail },
    });
  }

  /** Rows for the journal and the decisions; a bad quality is said once. */
  #say(one: Running, figures: readonly number[], quality: number): void {
    if (this.#ended || !this.#running.includes(one)) return;
    if (isBad(quality) && quality === one.quality) return;
    one.quality = quality;
    const { path, clock } = this.#site.core;
    const batch = allocBatch(one.gives.length, { receivedUs: clock.nowUs() });
    batch.tag.set(one.gives);
    batch.timeUs.fill(batch.receivedUs);
    batch.quality.fill(quality);
    for (let i = 0; i < batch.rows; i++) batch.value[i] = figures[i] ?? Number.NaN;
    path.say('site', batch);
    this.#site.stepped();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    const processes = await Promise.allSettled(this.#processes.values());
    for (const one of processes) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
  }
}
