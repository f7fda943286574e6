import type { ClientSession, DataValue } from 'node-opcua-client';
import { BatchBuilder, type Value } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import { valueToJson } from '#kernel/event.ts';
import type { Feed } from './feed.ts';
import type { Item, Items } from './items.ts';
import { type Settled, settle } from './rows.ts';
import type { Slices } from './slices.ts';

export interface VerifierPorts {
  readonly session: Pick<ClientSession, 'read'>;
  readonly clock: Clock;
  /** Time for a value that was read to come by the subscription as well, once the server has looked at it. */
  readonly graceMs: number;
}

/** A value that was read and that the subscription has not brought. */
interface Held {
  readonly item: Item;
  readonly timeUs: number;
  readonly settled: Settled;
  readonly dueUs: number;
}

const VALUE = 13;

/**
 * Reads all values besides, slice by slice, spread over the period. It keeps steady tags fresh; and a value that is
 * newer than what the subscription brought, and that does not come by it in time, shows that the server withholds.
 */
export class Verifier {
  readonly #ports: VerifierPorts;
  readonly #items: Items;
  readonly #feed: Feed;
  readonly #slices: Slices;
  /** Period in which every value is read once; may be changed at any time. */
  everyMs = 60_000;
  #held: Held[] = [];
  #lastUs = 0;

  constructor(ports: VerifierPorts, items: Items, feed: Feed, slices: Slices) {
    this.#ports = ports;
    this.#items = items;
    this.#feed = feed;
    this.#slices = slices;
  }

  /** @param withheld told how many values the subscription should have brought */
  async run(signal: AbortSignal, withheld: (count: number) => void): Promise<void> {
    const { clock, graceMs } = this.#ports;
    for (let next = 0; ; ) {
      const items = this.#items.all.filter(({ id }) => id !== undefined);
      const slices = Math.max(1, Math.ceil(items.length / this.#slices.most));
      await clock.sleep(Math.max(20, Math.min(this.everyMs / slices, graceMs)), signal);
      const missing = this.#overdue();
      if (missing > 0) withheld(missing);
      if (clock.steadyUs() < this.#dueUs(slices)) continue;
      this.#lastUs = clock.steadyUs();
      const slice = items.slice(next, next + this.#slices.most);
      next = next + slice.length >= items.length ? 0 : next + slice.length;
      await this.#read(slice, signal);
    }
  }

  #dueUs(slices: number): number {
    if (this.#lastUs === 0) this.#lastUs = this.#ports.clock.steadyUs();
    return this.#lastUs + (this.everyMs * 1000) / slices - 10_000;
  }

  async #read(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const { session, clock } = this.#ports;
    const nodes = items.map((item) => ({ nodeId: item.node as string, attributeId: VALUE }));
    const values = await this.#slices.all(nodes, (slice) => session.read(slice), signal);
    const receivedUs = clock.nowUs();
    const rows = new BatchBuilder();
    for (const [i, item] of items.entries()) {
      const value = values[i];
      if (value && this.#items.get(item.handle) === item) this.#compare(item, value, rows, receivedUs);
    }
    if (rows.rows > 0) this.#feed.push(rows.take({ receivedUs }));
  }

  /** What the subscription brought already refreshes the tag; what it has yet to bring waits for it. */
  #compare(item: Item, read: DataValue, rows: BatchBuilder, receivedUs: number): void {
    const settled = settle(item, read.value ?? Number.NaN, read.statusCode.value >>> 16);
    const timeUs = timeOf(read) || receivedUs;
    const lastUs = this.#items.lastTimeUs[item.handle] ?? 0;
    if (this.#isKnown(item, settled)) add(rows, item, Math.max(timeUs, lastUs), settled);
    else if (timeUs > lastUs) {
      const graceMs = this.#ports.graceMs + 2 * item.sampleMs;
      const dueUs = this.#ports.clock.steadyUs() + graceMs * 1000;
      this.#held.push({ item, timeUs, settled, dueUs });
    }
  }

  #isKnown({ handle }: Item, { value, quality, wide }: Settled): boolean {
    const { lastValue, lastQuality, lastWide } = this.#items;
    if (lastQuality[handle] !== quality) return false;
    if (wide !== undefined) return equal(wide, lastWide.get(handle));
    return Object.is(lastValue[handle], value);
  }

  /** Delivers what never came. @returns how many of it the subscription should have brought */
  #overdue(): number {
    const nowUs = this.#ports.clock.steadyUs();
    const due = this.#held.filter(({ dueUs }) => dueUs <= nowUs);
    if (due.length === 0) return 0;
    this.#held = this.#held.filter(({ dueUs }) => dueUs > nowUs);
    const rows = new BatchBuilder();
    let missing = 0;
    for (const { item, timeUs, settled } of due) {
      const isGone = this.#items.get(item.handle) !== item;
      if (isGone || (this.#items.lastTimeUs[item.handle] ?? 0) >= timeUs) continue;
      add(rows, item, timeUs, settled);
      this.#items.lastTimeUs[item.handle] = timeUs;
      // A deadband keeps small changes back, as it should.
      if (!item.point.address.deadband) missing++;
    }
    if (rows.rows > 0) this.#feed.push(rows.take({ receivedUs: this.#ports.clock.nowUs() }));
    return missing;
  }
}

function add(rows: BatchBuilder, item: Item, timeUs: number, { value, quality, wide }: Settled): void {
  if (wide === undefined) rows.add(item.tag, timeUs, value, quality);
  else rows.addValue(item.tag, timeUs, wide, quality);
}

/** µs since 1970; 0 where the server gives no time. The library keeps what is below 1 ms as picoseconds. */
function timeOf(read: DataValue): number {
  const [time, picoseconds] = read.sourceTimestamp
    ? [read.sourceTimestamp, read.sourcePicoseconds]
    : [read.serverTimestamp, read.serverPicoseconds];
  return time ? time.getTime() * 1000 + Math.floor((picoseconds ?? 0) / 1e6) : 0;
}

const equal = (a: Value, b: Value | undefined): boolean =>
  b !== undefined && JSON.stringify(valueToJson(a)) === JSON.stringify(valueToJson(b));
