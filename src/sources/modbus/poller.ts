import { Exception, exceptionText } from '#codec/modbus/pdu.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import type { Deps } from '#plugin/api.ts';
import { type Cell, nameOf } from '#sources/modbus/address.ts';
import type { Config } from '#sources/modbus/config.ts';
import type { Outbox } from '#sources/modbus/outbox.ts';
import { type Block, identityOf, type Limits, plan, readOf, sameCell, single } from '#sources/modbus/plan.ts';
import { type Emit, emitterOf } from '#sources/modbus/rows.ts';
import type { Answer, Bus } from '#wire/modbus/bus.ts';

/** Bad rows of what stays bad are repeated this often, and a wrong address is tried again. */
const SLOW_MS = 60_000;
/** Soonest retry of a read that failed. */
const RETRY_MS = 500;
/** Polls in a row that overran their period before it is said that the device cannot keep up. */
const OVERRUNS = 10;

const SILENCE: ReadonlySet<number> = new Set([
  Quality.badNoCommunication,
  Quality.badTimeout,
  Quality.badDecoding,
]);

/** How a read came about, and so what is tried next when the device refuses its addresses. */
type Shape = 'planned' | 'adjacent' | 'single';

/** One read and how it has been going. */
interface Run {
  readonly block: Block;
  readonly shape: Shape;
  /** Identity of the planned read that it is, or that was taken apart into it. */
  readonly origin: string;
  /** Its points are read otherwise now, or not at all. */
  ended: boolean;
  emits: readonly Emit[];
  /** Where in the period it is due, steady µs. */
  readonly phaseUs: number;
  readonly startedUs: number;
  /** Ends the present pause. */
  nudge: AbortController;
  /** Wall time of the last answer with values. */
  goodUs: number | undefined;
  failures: number;
  /** Quality that its points were given, and when that is repeated (steady). */
  bad: number | undefined;
  repeatUs: number;
  overruns: number;
}

/** Reads every block in its period, spread over it, and turns answers into rows. One open request a block at most. */
export class Poller implements Disposable {
  readonly #config: Config;
  #limits: Limits;
  readonly #deps: Deps;
  readonly #bus: Bus;
  readonly #out: Outbox;
  readonly #runs = new Set<Run>();
  #closed = false;
  #overrunTold = false;

  constructor(config: Config, deps: Deps, bus: Bus, out: Outbox) {
    this.#config = config;
    this.#limits = config;
    this.#deps = deps;
    this.#bus = bus;
    this.#out = out;
  }

  /**
   * Reads these points from now on. Reads that are planned as before go on untouched; others end, and what is read in
   * their place keeps their rhythm.
   */
  plan(cells: readonly Cell[], limits: Limits): void {
    this.#limits = limits;
    const blocks = new Map(plan(cells, limits).map((block) => [identityOf(block), block]));
    const running = new Set<string>();
    const byTag = new Map(cells.map((cell) => [cell.tag.number, cell]));
    const readBefore = new Map<number, Run>();
    for (const run of this.#runs) {
      if (run.ended) continue;
      if (blocks.has(run.origin)) running.add(run.origin);
      else {
        for (const { tag } of run.block.cells) readBefore.set(tag.number, run);
        this.#end(run, byTag);
      }
    }
    const added = [...blocks].filter(([origin]) => !running.has(origin));
    const nowUs = this.#deps.clock.steadyUs();
    for (const [i, [origin, block]] of added.entries()) {
      const before = block.cells
        .map(({ tag }) => readBefore.get(tag.number))
        .find((run) => run !== undefined);
      const keeps = before?.block.everyMs === block.everyMs;
      const spreadUs = (block.everyMs * 1000 * i) / added.length;
      const run = this.#run(block, 'planned', keeps ? before.phaseUs : nowUs + spreadUs, origin);
      this.#launch(run, keeps ? this.#slotAfter(run, nowUs) : nowUs);
    }
  }

  /** Its request may be under way: what that answers of points that are read on still counts. */
  #end(run: Run, byTag: ReadonlyMap<number, Cell>): void {
    run.ended = true;
    const kept = run.block.cells.filter((cell) => sameCell(cell, byTag.get(cell.tag.number)));
    run.emits = kept.map((cell) => emitterOf(cell, run.block.at));
    this.#tellGap(run);
    run.nudge.abort();
  }

  unit(unit: number, state: 'silent' | 'answering'): void {
    for (const run of this.#runs) {
      if (run.block.unit !== unit) continue;
      if (state === 'silent') this.#turnBad(run, Quality.badNoCommunication);
      else run.nudge.abort();
    }
    this.#out.ready();
  }

  /**
   * Reads what was just written, so that its effect shows before the period has passed. A read that is under way may
   * be older than the write: one follows it. What is bad keeps its own pace.
   */
  soon(cell: Cell): void {
    for (const run of this.#runs) {
      if (run.bad === undefined && readsTag(run.block, cell)) run.nudge.abort();
    }
  }

  /** Holes that are still open are told, since this session will not see their end. */
  fail(fault: Fault): void {
    for (const run of this.#runs) this.#tellGap(run);
    this.#out.fail(fault);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const run of this.#runs) run.nudge.abort();
  }

  #run(block: Block, shape: Shape, phaseUs: number, origin: string): Run {
    return {
      block,
      shape,
      origin,
      ended: false,
      emits: block.cells.map((cell) => emitterOf(cell, block.at)),
      phaseUs,
      startedUs: this.#deps.clock.nowUs(),
      nudge: new AbortController(),
      goodUs: undefined,
      failures: 0,
      bad: undefined,
      repeatUs: 0,
      overruns: 0,
    };
  }

  #launch(run: Run, firstUs: number): void {
    this.#runs.add(run);
    this.#poll(run, firstUs)
      .catch((error) => this.fail(Fault.from(error, 'modbus.internal', nameOf(run.block))))
      .finally(() => this.#runs.delete(run));
  }

  async #poll(run: Run, firstUs: number): Promise<void> {
    const { clock } = this.#deps;
    let dueUs = firstUs;
    while (!this.#closed) {
      const early = await this.#pause(run, dueUs);
      if (this.#closed || run.ended) return;
      const askedUs = clock.steadyUs();
      if (this.#out.full) {
        dueUs = this.#slotAfter(run, askedUs);
        continue;
      }
      const answer = await this.#ask(run.block);
      if (this.#closed) return;
      if (answer.kind === 'data') dueUs = this.#good(run, answer.data, askedUs, early);
      else if (run.ended) return;
      else {
        const pauseMs = this.#failed(run, answer);
        this.#out.ready();
        if (pauseMs === undefined) return this.#takeApart(run);
        dueUs = clock.steadyUs() + pauseMs * 1000;
      }
    }
  }

  #ask(block: Block): Promise<Answer> {
    return this.#bus.ask({ unit: block.unit, request: readOf(block), priority: 'poll' });
  }

  /** @returns whether it ended early */
  async #pause(run: Run, untilUs: number): Promise<boolean> {
    const ms = (untilUs - this.#deps.clock.steadyUs()) / 1000;
    if (ms > 0) await this.#deps.clock.sleep(ms, run.nudge.signal).catch(() => {});
    const early = run.nudge.signal.aborted;
    if (early && !this.#closed) run.nudge = new AbortController();
    return early;
  }

  /** @returns when it is due next: polls that the device had no time for are left out, they never pile up */
  #good(run: Run, data: Uint8Array, askedUs: number, early = false): number {
    const timeUs = this.#deps.clock.nowUs();
    this.#tellGap(run);
    run.failures = 0;
    run.goodUs = timeUs;
    for (const emit of run.emits) emit(this.#out.rows, data, timeUs);
    this.#out.ready();
    const nowUs = this.#deps.clock.steadyUs();
    const overran = nowUs - askedUs > run.block.everyMs * 1000;
    run.overruns = overran ? run.overruns + 1 : 0;
    if (run.overruns === OVERRUNS) this.#tellOverrun(run, (nowUs - askedUs) / 1000);
    // An early read stands for the regular one that is near: writes add little to the load of the device.
    return this.#slotAfter(run, early ? nowUs + (run.block.everyMs * 1000) / 2 : nowUs);
  }

  #slotAfter(run: Run, nowUs: number): number {
    const everyUs = run.block.everyMs * 1000;
    return run.phaseUs + (Math.floor((nowUs - run.phaseUs) / everyUs) + 1) * everyUs;
  }

  /** @returns pause before the next try; undefined when the read must be taken apart */
  #failed(run: Run, answer: Exclude<Answer, { kind: 'data' }>): number | undefined {
    const { everyMs } = run.block;
    run.failures++;
    const often = run.failures >= this.#config.silentAfter;
    const retryMs = Math.min(everyMs, RETRY_MS * Math.min(run.failures, 60));
    switch (answer.kind) {
      case 'exception':
        return this.#refused(run, answer.code, often, retryMs);
      case 'notSent':
        if (answer.why === 'silent') this.#turnBad(run, Quality.badNoCommunication);
        return Math.min(everyMs, this.#config.probeMaxMs);
      case 'timeout':
        if (often) this.#turnBad(run, Quality.badTimeout);
        return retryMs;
      case 'garbage':
        if (often) this.#turnBad(run, Quality.badDecoding);
        return retryMs;
      default:
        if (often) this.#turnBad(run, Quality.badNoCommunication);
        return retryMs;
    }
  }

  #refused(run: Run, code: number, often: boolean, retryMs: number): number | undefined {
    switch (code) {
      case Exception.illegalFunction:
      case Exception.illegalAddress:
      case Exception.illegalValue:
        if (code !== Exception.illegalFunction && hasParts(run.block)) return undefined;
        this.#wrong(run, code);
        return SLOW_MS;
      case Exception.busy:
      case Exception.acknowledge:
        if (often) this.#turnBad(run, Quality.badTimeout);
        return retryMs;
      case Exception.gatewayPath:
      case Exception.gatewayTarget:
        if (often) this.#turnBad(run, Quality.badNoCommunication);
        return retryMs;
      default:
        this.#turnBad(run, Quality.badDeviceFailure);
        return Math.max(retryMs, run.block.everyMs);
    }
  }

  /** The device does not know what the site file names: bad with a reason, said once, tried again at a slow pace. */
  #wrong(run: Run, code: number): void {
    const quality = code === Exception.illegalAddress ? Quality.badNodeUnknown : Quality.badConfiguration;
    if (run.bad !== quality) {
      const tags = run.block.cells.map((cell) => cell.tag.path);
      const hint =
        code === Exception.illegalFunction
          ? `The device has no table ${run.block.table}: check the table of the address.`
          : 'Check the address: it counts from 0, so 40001 in a manual is holding 0.';
      this.#deps.event({
        kind: 'system',
        name: 'modbus.refused-address',
        subject: tags[0] ?? nameOf(run.block),
        detail: { at: nameOf(run.block), tags, answer: exceptionText(code), hint },
      });
    }
    this.#turnBad(run, quality);
  }

  /** One wrong address must not take its neighbours along: each point is read alone once, then the good ones go on. */
  async #takeApart(run: Run): Promise<void> {
    this.#tellGap(run);
    const parts = partsOf(run.block);
    const sound: Cell[] = [];
    for (const part of parts) {
      const alone = this.#run(part, 'single', run.phaseUs, run.origin);
      const answer = await this.#ask(part);
      if (this.#closed || run.ended) return;
      if (answer.kind === 'exception' && isAddress(answer.code)) {
        this.#wrong(alone, answer.code);
        this.#launch(alone, this.#deps.clock.steadyUs() + SLOW_MS * 1000);
      } else {
        if (answer.kind === 'data') this.#good(alone, answer.data, this.#deps.clock.steadyUs());
        sound.push(...part.cells);
      }
      this.#out.ready();
    }
    this.#goOn(run, sound, parts.length);
  }

  #goOn(run: Run, sound: readonly Cell[], parts: number): void {
    const adjacent = plan(sound, { blocks: [], maxRegisters: this.#limits.maxRegisters });
    const same = adjacent.length === 1 && adjacent[0]?.count === run.block.count;
    const alone = run.shape !== 'planned' || same;
    const blocks = alone ? partsOf({ ...run.block, cells: sound }) : adjacent;
    if (sound.length === run.block.cells.length) {
      const hint = same
        ? 'The device refuses this many at once: set maxRegisters.'
        : 'A declared range holds addresses that the device does not have: check blocks.';
      const detail = { at: nameOf(run.block), count: run.block.count, reads: blocks.length, parts, hint };
      this.#deps.event({ kind: 'system', name: 'modbus.refused-block', subject: nameOf(run.block), detail });
    }
    for (const block of blocks) {
      const next = this.#run(block, alone ? 'single' : 'adjacent', run.phaseUs, run.origin);
      this.#launch(next, this.#slotAfter(next, this.#deps.clock.steadyUs()));
    }
  }

  #turnBad(run: Run, reason: number): void {
    // Once the whole unit is silent that is the reason, however the single probe of it ended.
    const quality = this.#bus.silent(run.block.unit) ? Quality.badNoCommunication : reason;
    const nowUs = this.#deps.clock.steadyUs();
    if (run.bad === quality && nowUs < run.repeatUs) return;
    run.bad = quality;
    run.repeatUs = nowUs + SLOW_MS * 1000;
    const timeUs = this.#deps.clock.nowUs();
    for (const cell of run.block.cells) this.#out.rows.add(cell.tag.number, timeUs, Number.NaN, quality);
  }

  /** Only of silence: a device that answers that it has no such value leaves no hole. */
  #tellGap(run: Run): void {
    const silent = SILENCE.has(run.bad ?? Quality.good);
    run.bad = undefined;
    if (!silent) return;
    this.#out.gap({
      source: this.#deps.id,
      tags: run.block.cells.map((cell) => cell.tag.number),
      fromUs: run.goodUs ?? run.startedUs,
      toUs: this.#deps.clock.nowUs(),
      count: undefined,
      reason: 'device-silent',
    });
  }

  #tellOverrun(run: Run, tookMs: number): void {
    if (this.#overrunTold) return;
    this.#overrunTold = true;
    this.#deps.event({
      kind: 'system',
      name: 'modbus.cannot-keep-up',
      subject: nameOf(run.block),
      detail: {
        everyMs: run.block.everyMs,
        tookMs: Math.round(tookMs),
        reads: this.#runs.size,
        hint: 'Polls are stretched. Read less often, declare blocks to join reads, or raise requestsPerS.',
      },
    });
  }
}

const readsTag = (block: Block, { tag }: Cell): boolean =>
  block.cells.some((cell) => cell.tag.number === tag.number);

const isAddress = (code: number): boolean =>
  code === Exception.illegalAddress || code === Exception.illegalValue;

const hasParts = (block: Block): boolean => partsOf(block).length > 1;

/** Points alone; those of one and the same register together. */
function partsOf(block: Block): Block[] {
  const groups = Map.groupBy(block.cells, (cell) => `${cell.at} ${cell.count}`);
  return [...groups.values()].flatMap((cells) => (cells[0] ? [{ ...single(cells[0]), cells }] : []));
}
