import type { SinkStatus } from '#contract/api.ts';
import { Backlog } from '#edge/backlog.ts';
import { KeptOpen } from '#edge/kept-open.ts';
import { faultStatus } from '#edge/status.ts';
import type { Feed, Journal } from '#journal/api.ts';
import { at, wideAt } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import { valueToJson } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Entry, Log, Receipt, Rejected, Sink, SinkDef, SinkDeps } from '#plugin/api.ts';

export interface SinkPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly deps: SinkDeps;
  readonly journal: Journal;
  readonly feed: Feed;
}

/** Read at once, and the most that is delivered twice after a crash. */
const CHUNK_BYTES = 512 * 1024;

/**
 * One sink: kept open, fed from the journal in order, its cursor moved to what the far side confirmed and no further.
 * What it refuses becomes dead letters. While it is away the backlog stays in the journal, and nothing else changes.
 */
export class SinkLoop implements AsyncDisposable {
  readonly id: string;
  readonly kind: string;
  readonly #def: SinkDef;
  #config: unknown;
  readonly #ports: SinkPorts;
  readonly #sink: KeptOpen<Sink>;
  readonly #backlog: Backlog;
  /** Everything up to here is done with; unknown until the journal was asked. */
  #position: number | undefined;
  /** Read and not yet confirmed, oldest first. */
  #waiting: readonly Entry[] = [];
  /** Position once these are confirmed. */
  #upTo = 0;
  #bytes = 0;
  /** Of what was read: samples in blocks that cannot be. */
  #lostRows = 0;
  /** Delivered since the cursor was last known to be on disk. */
  #unsettledBytes = 0;
  #delivered = 0;
  #rejected = 0;
  #toldRejected = false;

  constructor(id: string, def: SinkDef, config: unknown, ports: SinkPorts) {
    this.id = id;
    this.kind = def.kind;
    this.#def = def;
    this.#config = config;
    this.#ports = ports;
    this.#backlog = new Backlog(ports.feed, ports.journal, ports.clock);
    this.#sink = new KeptOpen({
      what: 'sink',
      id,
      clock: ports.clock,
      log: ports.log,
      open: async (signal) => {
        await this.#fill(); // so that the age of the backlog shows although nobody answers
        this.#toldRejected = false;
        return await def.open(this.#config, ports.deps, signal);
      },
      serve: (sink, signal) => this.#serve(sink, signal),
      lost: () => {},
    });
  }

  get status(): SinkStatus {
    const { state, opened, fault } = this.#sink;
    if (this.#position !== undefined) void this.#backlog.count(this.#position);
    return {
      kind: this.kind,
      state,
      delivers: this.#def.delivers,
      opened,
      delivered: this.#delivered,
      rejected: this.#rejected,
      ...this.#backlog.status(this.#waiting[0]),
      ...(fault && { fault: faultStatus(fault) }),
    };
  }

  start(): void {
    this.#sink.start();
  }

  /** Opens it anew with another configuration; its place in the journal stays. */
  change(config: unknown): void {
    this.#config = config;
    this.#sink.reopen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#sink[Symbol.asyncDispose]();
  }

  async #serve(sink: Sink, signal: AbortSignal): Promise<void> {
    const { journal } = this.#ports;
    const gone = new AbortController();
    void sink.lost?.then((fault) => gone.abort(fault));
    const either = AbortSignal.any([signal, gone.signal]);
    while (!signal.aborted) {
      const seen = journal.durableSeq;
      if (!(await this.#fill())) {
        this.#sink.alive();
        await journal.beyond(seen, either);
        continue;
      }
      await this.#boundRepetition();
      this.#take(await sink.deliver(this.#waiting, signal));
    }
  }

  /** Reads the next chunk once the last one is done with. @returns false when there is none yet */
  async #fill(): Promise<boolean> {
    const { feed } = this.#ports;
    this.#position ??= await this.#begin();
    await this.#backlog.count(this.#position);
    while (this.#waiting.length === 0) {
      const chunk = await feed.next(this.id, this.#position, CHUNK_BYTES);
      for (const what of chunk.damage)
        this.#ports.log.warn({ sink: this.id }, `cannot be delivered: ${what}`);
      this.#waiting = chunk.entries;
      this.#upTo = chunk.upTo;
      this.#bytes = chunk.bytes;
      this.#lostRows += chunk.lostRows;
      if (chunk.entries.length > 0) return true;
      this.#position = chunk.upTo;
      if (!chunk.full) return false;
    }
    return true;
  }

  /** Best effort has no past: what nobody confirms is not sent again, and holds no space. */
  #begin(): Promise<number> {
    const { feed, journal } = this.#ports;
    return this.#def.delivers === 'best-effort' ? Promise.resolve(journal.durableSeq) : feed.cursor(this.id);
  }

  /** Waits for the cursor to be on disk before more than a chunk would be delivered twice after a crash. */
  async #boundRepetition(): Promise<void> {
    if (this.#unsettledBytes > 0 && this.#unsettledBytes + this.#bytes > CHUNK_BYTES) {
      // A disk that refuses stops no delivery: then more is repeated, and nothing lost.
      await new Promise((resolve) => this.#ports.journal.whenSettled(resolve));
      this.#unsettledBytes = 0;
    }
    this.#unsettledBytes += this.#bytes;
    this.#bytes = 0;
  }

  #take({ confirmed, rows, rejected }: Receipt): void {
    const left = this.#waiting.findIndex(({ seq }) => seq > confirmed);
    const done = left < 0 ? this.#waiting : this.#waiting.slice(0, left);
    const last = done.at(-1);
    if (!last) throw new Fault('sink.no-progress', `sink ${this.id} confirmed nothing, without a fault`);
    this.#sink.alive();
    for (const one of rejected) this.#setAside(one, done);
    this.#delivered += rows;
    this.#rejected += rejected.length;
    this.#waiting = left < 0 ? [] : this.#waiting.slice(left);
    this.#position = left < 0 ? this.#upTo : last.seq;
    const all = done.reduce((sum, { batch }) => sum + batch.rows, 0);
    const lost = left < 0 ? this.#lostRows : 0;
    this.#lostRows -= lost;
    const handled = {
      delivered: rows,
      rejected: rejected.length,
      leftOut: all - rows - rejected.length,
      lost,
    };
    if (this.#def.delivers !== 'best-effort') this.#ports.journal.setCursor(this.id, this.#position, handled);
    this.#backlog.went(all);
  }

  #setAside({ seq, row, reason }: Rejected, entries: readonly Entry[]): void {
    const batch = entries.find((entry) => entry.seq === seq)?.batch;
    if (!batch) return;
    const { clock, deps, journal, log } = this.#ports;
    const tag = at(batch.tag, row);
    journal.deadLetter({
      sink: this.id,
      seq,
      row,
      tag,
      timeUs: at(batch.timeUs, row),
      value: valueToJson(wideAt(batch, row) ?? at(batch.value, row)),
      quality: at(batch.quality, row),
      reason,
      atUs: clock.nowUs(),
    });
    if (this.#toldRejected) return;
    this.#toldRejected = true;
    log.warn({ sink: this.id, tag, reason }, 'the far side refuses rows; `holdfast dead-letters` lists them');
    deps.event({ kind: 'system', name: 'sink.rejected', subject: this.id, detail: { reason } });
  }
}
