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
  /** Time of the newest row as it was held. */
  readonly lastUs: number;
  /** How often it was looked at again. */
  readonly looks: number;
}
interface Seen {
  readonly timeUs: number;
  readonly settled: Settled;
}

const VALUE = 13;
/** Looks at a value that flickers between two, before it is held against the server. */
const LOOKS = 3;

/**
 * Reads all values besides, slice by slice, spread over the period. It keeps steady tags fresh; and a value that is
 * newer than what the subscription brought, and that does not come by it in time, shows that the server withholds,
 * unless it is gone again: what comes and goes between two samplings is nobody's fault.
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
      // While nobody takes what comes, the server is asked for nothing: it cannot bring it either.
      if (this.#feed.inbox.full) {
        this.#held = [];
        continue;
      }
      const missing = await this.#overdue(signal);
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
    const seen = await this.#look(items, signal);
    const receivedUs = this.#ports.clock.nowUs();
    const rows = new BatchBuilder();
    for (const [i, item] of items.entries()) {
      const one = seen[i];
      if (one && this.#items.get(item.handle) === item) this.#compare(item, one, rows);
    }
    if (rows.rows > 0) this.#feed.push(rows.take({ receivedUs }));
  }

  async #look(items: readonly Item[], signal: AbortSignal): Promise<Seen[]> {
    const { session, clock } = this.#ports;
    const nodes = items.map((item) => ({ nodeId: item.node as string, attributeId: VALUE }));
    const values = await this.#slices.all(nodes, (slice) => session.read(slice), signal);
    const receivedUs = clock.nowUs();
    return values.map((read, i) => ({
      timeUs: timeOf(read) || receivedUs,
      settled: settle(items[i] as Item, read.value ?? Number.NaN, read.statusCode.value >>> 16),
    }));
  }

  /** What the subscription brought already refreshes the tag; what it has yet to bring waits for it. */
  #compare(item: Item, { timeUs, settled }: Seen, rows: BatchBuilder): void {
    const lastUs = this.#items.lastTimeUs[item.slot] ?? 0;
    if (!this.#isOwed(item, settled)) add(rows, item, Math.max(timeUs, lastUs), settled);
    else if (timeUs > lastUs) this.#hold(item, timeUs, settled, 0);
  }

  #hold(item: Item, timeUs: number, settled: Settled, looks: number): void {
    const graceMs = this.#ports.graceMs + 2 * item.sampleMs;
    this.#held.push({
      item,
      timeUs,
      settled,
      dueUs: this.#ports.clock.steadyUs() + graceMs * 1000,
      lastUs: this.#items.lastTimeUs[item.slot] ?? 0,
      looks,
    });
  }

  #isKnown({ slot }: Item, { value, quality, wide }: Settled): boolean {
    const { lastValue, lastQuality, lastWide } = this.#items;
    if (lastQuality[slot] !== quality) return false;
    if (wide !== undefined) return equal(wide, lastWide.get(slot));
    const last = lastValue[slot] ?? Number.NaN;
    return last === value || (Number.isNaN(last) && Number.isNaN(value));
  }

  /** Delivers what never came. @returns how many of it the subscription should have brought */
  async #overdue(signal: AbortSignal): Promise<number> {
    const nowUs = this.#ports.clock.steadyUs();
    const due = this.#held.filter((held) => held.dueUs <= nowUs && this.#isMissing(held));
    this.#held = this.#held.filter(({ dueUs }) => dueUs > nowUs);
    if (due.length === 0) return 0;
    const items = due.map(({ item }) => item);
    const seen = await this.#look(items, signal);
    const rows = new BatchBuilder();
    const missing: Held[] = [];
    for (const [i, held] of due.entries()) {
      const now = seen[i];
      if (!now || !this.#isMissing(held)) continue;
      const { item, timeUs, settled, looks } = held;
      if (looks === 0) add(rows, item, timeUs, settled);
      if (now.timeUs > timeUs) add(rows, item, now.timeUs, now.settled);
      this.#items.lastTimeUs[item.slot] = Math.max(timeUs, now.timeUs);
      if (!this.#isOwed(item, now.settled)) continue;
      const flickers = now.timeUs > timeUs && isSame(now.settled, settled);
      if (flickers && looks + 1 < LOOKS) this.#hold(item, now.timeUs, now.settled, looks + 1);
      else missing.push(held);
    }
    if (rows.rows > 0) this.#feed.push(rows.take({ receivedUs: this.#ports.clock.nowUs() }));
    if (missing.length > 0) this.#tellHole(missing);
    return missing.length;
  }

  /** What was there before the value that was read is not to be had. */
  #tellHole(missing: readonly Held[]): void {
    const tags = missing.map(({ item }) => item.tag);
    const fromUs = Math.min(...missing.map(({ lastUs, timeUs }) => lastUs || timeUs));
    const toUs = Math.max(...missing.map(({ timeUs }) => timeUs));
    this.#feed.hole(tags, 'device-silent', fromUs, toUs);
  }

  /** Whether the point is still there, and nothing of it has come. */
  #isMissing({ item, lastUs }: Held): boolean {
    return this.#items.get(item.handle) === item && this.#items.lastTimeUs[item.slot] === lastUs;
  }

  /** Whether the subscription should have brought this: a deadband keeps small changes back, as it should. */
  #isOwed(item: Item, now: Settled): boolean {
    if (this.#isKnown(item, now)) return false;
    const { deadband } = item.point.address;
    if (!deadband || this.#items.lastQuality[item.slot] !== now.quality) return true;
    const change = Math.abs(now.value - (this.#items.lastValue[item.slot] ?? Number.NaN));
    // Of a percentage nobody here knows the whole.
    return deadband.absolute !== undefined && change > deadband.absolute;
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

const isSame = (a: Settled, b: Settled): boolean =>
  a.quality === b.quality && (a.wide !== undefined ? equal(a.wide, b.wide) : Object.is(a.value, b.value));
