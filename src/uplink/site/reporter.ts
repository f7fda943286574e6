import { setImmediate } from 'node:timers/promises';
import type { Page } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import type { ReportMessage, ReportRow } from '../reports.ts';
import type { ReportPorts } from './api.ts';

/** What changed within this time is said together. */
const EVERY_US = 1_000_000;
/** Part of a link with a budget that reports may have, over time, and how long one waits for that at most. */
const SHARE = 0.1;
const LONGEST_WAIT_US = 30_000_000;
/** Looking at everything may take this part of the time, whatever there is to look at. */
const LOOKING_SHARE = 0.05;
const MOST_ROWS = 500;
const PAGES_A_TURN = 16;

/**
 * What the site says of itself in one session: all of it first, then what has changed. One report is under way at a time:
 * a link that is slow gets what holds by then, not all that held in between.
 */
export class Reporter {
  readonly #ports: ReportPorts;
  readonly #clock: Clock;
  /** Bodies as they were said, by kind and key. */
  readonly #said = new Map<string, ReportRow>();
  #waiting: ReportRow[] = [];
  /** First revision of the report that says all; 0 once its end has gone. */
  #allSince: number | undefined;
  #underWay = 0;
  #lookAtUs = 0;
  /** By the budget. */
  #mayAtUs = 0;
  #definitions: unknown;

  constructor(ports: ReportPorts, clock: Clock) {
    this.#ports = ports;
    this.#clock = clock;
  }

  /** Steady time; while a confirmation is waited for, that wakes. */
  get dueAtUs(): number {
    if (this.#underWay > 0) return Number.POSITIVE_INFINITY;
    return this.#waiting.length > 0 ? this.#mayAtUs : Math.max(this.#lookAtUs, this.#mayAtUs);
  }

  get isDue(): boolean {
    return this.#clock.steadyUs() >= this.dueAtUs;
  }

  /** Whether definitions of alarms are not those that were looked at. */
  get isRedefined(): boolean {
    return this.#ports.definitions !== this.#definitions;
  }

  /** Pages of definitions of alarms that are not as they are known. @param known checksums by page */
  async definitions(known: ReadonlyMap<number, number>): Promise<readonly Page[]> {
    if (!this.isRedefined) return [];
    this.#definitions = this.#ports.definitions;
    const gone = new Set(known.keys());
    const changed: Page[] = [];
    for (const page of this.#ports.definitionPages()) {
      gone.delete(page.page);
      if (known.get(page.page) !== page.crc) changed.push(page);
      if (page.page % PAGES_A_TURN === 0) await setImmediate();
    }
    for (const page of gone) changed.push({ page, crc: 0, text: '[]' });
    return changed;
  }

  /** @returns undefined where nothing has changed */
  next(): ReportMessage | undefined {
    if (this.#waiting.length === 0) this.#look();
    const rows = this.#waiting.splice(0, MOST_ROWS);
    if (rows.length === 0) return undefined;
    const revision = this.#ports.nextRevision();
    this.#allSince ??= revision;
    const since = this.#waiting.length === 0 ? this.#allSince : 0;
    if (since > 0) this.#allSince = 0;
    return { kind: 'report', revision, since, rows };
  }

  /** @param bytesPerS that the link may carry; undefined: as much as it bears */
  left(revision: number, bytes: number, bytesPerS: number | undefined): void {
    this.#underWay = revision;
    if (bytesPerS === undefined) return;
    const waitUs = Math.min(LONGEST_WAIT_US, (bytes / (bytesPerS * SHARE)) * 1e6);
    this.#mayAtUs = this.#clock.steadyUs() + waitUs;
  }

  stored(revision: number): void {
    if (revision >= this.#underWay) this.#underWay = 0;
  }

  #look(): void {
    const beganUs = this.#clock.steadyUs();
    const gone = new Map(this.#said);
    for (const row of this.#ports.rows()) {
      const key = keyOf(row);
      const known = gone.get(key);
      gone.delete(key);
      if (known?.[2] === row[2]) continue;
      this.#said.set(key, row);
      this.#waiting.push(row);
    }
    for (const [key, [kind, name]] of gone) {
      this.#said.delete(key);
      this.#waiting.push([kind, name, null]);
    }
    const nowUs = this.#clock.steadyUs();
    this.#lookAtUs = nowUs + Math.max(EVERY_US, (nowUs - beganUs) / LOOKING_SHARE);
  }
}

const keyOf = ([kind, key]: readonly [string, string, Json]): string => `${kind}/${key}`;
