import { crc32 } from 'node:zlib';
import { type Carried, PAGE_ROWS, type Page } from '#journal/api.ts';
import { blockOfRows } from '#journal/carry.ts';
import type { Batch } from '#kernel/batch.ts';
import { plant } from './plant-mix.ts';

export interface SimulatedConfig {
  readonly tags: number;
  readonly samplesPerS: number;
  readonly backlogS: number;
}

/** Rows of a frame of a backlog: as many as a site of that size sends at once. */
const BACKLOG_ROWS = 10_000;
const MIX = 64;
/** Sites have no common clock that would make all of them send in the same moment: they hear of a second in so many parts of it. */
const PARTS = 20;

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Of what arrives in the present. */
  readonly batch?: Batch;
}

/**
 * A journal of which all sites of a process have the same, so that making the load costs next to nothing: an entry a
 * second, encoded once. What a site sends of it, and when, its real end of the uplink decides.
 */
export class SimulatedJournal {
  /** It has no gaps: nobody need look for them. */
  readonly health = { writtenBytes: 0 };
  readonly opened = { id: '00000000-0000-4000-8000-00000000000f', epoch: 1 };
  readonly #config: SimulatedConfig;
  /** Entry i has the sequence i + 1. */
  readonly #entries: Entry[] = [];
  /** Of several entries of the present, by the one before them; all end with the newest. */
  readonly #together = new Map<number, Omit<Entry, 'batch'>>();
  readonly #pages: readonly Page[];
  #waiting: (() => void)[] = [];
  #mix: Batch[] = [];
  #live: { readonly seq: number; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

  constructor(config: SimulatedConfig) {
    this.#config = config;
    const { tags, samplesPerS, backlogS } = config;
    this.#pages = pagesOf(tags);
    const frameS = Math.max(1, Math.floor(BACKLOG_ROWS / samplesPerS));
    const fromUs = (Math.floor(Date.now() / 1000) - backlogS) * 1e6;
    for (let s = 0; s < backlogS; s += frameS) {
      const [batch] = plant(1, samplesPerS * frameS, { tags, fromUs: fromUs + s * 1e6 });
      if (batch) this.#put(batch, true);
    }
  }

  get seq(): number {
    return this.#entries.length;
  }

  get durableSeq(): number {
    return this.#entries.length;
  }

  /** Samples in all. */
  get rows(): number {
    return this.#entries.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** The samples of one second arrive. */
  second(): void {
    const { tags, samplesPerS } = this.#config;
    if (this.#mix.length === 0) this.#mix = plant(MIX, samplesPerS, { tags, fromUs: Date.now() * 1000 });
    const batch = this.#mix.shift();
    if (batch) this.#put(batch, false);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let part = 0; part < PARTS; part++)
      setTimeout(
        () => {
          for (let i = part; i < waiting.length; i += PARTS) waiting[i]?.();
        },
        (part * 1000) / PARTS,
      );
  }

  #put(batch: Batch, isPast: boolean): void {
    const bytes = blockOfRows(this.#entries.length + 1, batch);
    this.#entries.push({ bytes, rows: batch.rows, ...(!isPast && { batch }) });
    this.#together.clear();
  }

  /** Hears of an end with the next second: one listener less for each of thousands. */
  beyond(seq: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.durableSeq > seq) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  whenSettled(done: (result: 'durable') => void): void {
    queueMicrotask(() => done('durable'));
  }

  async block(_: string, after: number): Promise<Carried> {
    const none = { entries: new Float64Array(0), receivedUs: undefined, damage: [], full: false };
    const first = this.#entries[after];
    if (!first) return { ...none, bytes: undefined, count: 0, upTo: after };
    const last = after + 1 === this.#entries.length;
    if (!first.batch || last)
      return { ...none, bytes: first.bytes, count: first.rows, upTo: after + 1, full: !last };
    const { bytes, rows } = this.#allAfter(after);
    return { ...none, bytes, count: rows, upTo: this.#entries.length };
  }

  /** What came while a site waited for its hub goes in one frame, as a journal reads it. */
  #allAfter(after: number): Omit<Entry, 'batch'> {
    let found = this.#together.get(after);
    if (!found) {
      const batches = this.#entries.slice(after).flatMap(({ batch }) => batch ?? []);
      const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
      found = { bytes: blockOfRows(this.#entries.length, ...batches), rows };
      this.#together.set(after, found);
    }
    return found;
  }

  async events(_: string, after: number): Promise<Carried> {
    const upTo = Math.max(after, this.durableSeq);
    return { bytes: undefined, count: 0, upTo, full: false, receivedUs: undefined, damage: [] };
  }

  async pages(table: 'tags' | 'gaps', known: ReadonlyMap<number, number>): Promise<readonly Page[]> {
    return table === 'tags' ? this.#pages.filter(({ page, crc }) => known.get(page) !== crc) : [];
  }

  async pack(seq: number, batch: Batch): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#live?.seq !== seq) this.#live = { seq, bytes: blockOfRows(seq, batch) };
    return this.#live.bytes;
  }
}

function pagesOf(tags: number): Page[] {
  return Array.from({ length: Math.ceil(tags / PAGE_ROWS) }, (_, page) => {
    const rows = Array.from({ length: Math.min(PAGE_ROWS, tags - page * PAGE_ROWS) }, (_, i) => {
      const number = page * PAGE_ROWS + i;
      return { number, path: `hall/line1/pump${number}/flow`, type: 'number', unit: 'm3/h', access: 'read' };
    });
    const text = JSON.stringify(rows);
    return { page, crc: crc32(text), text };
  });
}
