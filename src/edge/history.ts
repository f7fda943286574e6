import type { HistorianStatus } from '#contract/historian-status.ts';
import type { Settings } from '#contract/settings.ts';
import { openSiteHistory } from '#edge/calculation/site-history.ts';
import { faultStatus } from '#edge/status.ts';
import type { Historian, HistoryReader } from '#historian/api.ts';
import { startHistorian } from '#historian/historian.ts';
import type { Journal } from '#journal/api.ts';
import type { Json } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';

/** No sink can be called like this: ids have no slash. */
export const HISTORIAN_CURSOR = '/historian';

const MEGABYTE = 1024 * 1024;
const DAY_US = 86_400e6;
/** The journal keeps everything meanwhile; decisions get the processor first. */
const START_AFTER_MS = 3000;

export interface HistoryPorts {
  readonly dir: string;
  readonly journalDir: string;
  readonly journal: Journal;
  /** Called from time to time, never in the middle of a decision. */
  event(kind: 'system' | 'security', name: string, detail?: { readonly [key: string]: Json }): void;
}

/** The past of a running site: the threads that keep and read it. Switched off, the journal alone is read. */
export class SiteHistory implements AsyncDisposable {
  readonly reader: HistoryReader;
  readonly #settings: Settings['historian'];
  #historian: Historian | undefined;
  #later: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #ports: HistoryPorts;
  #fault: string | undefined;

  constructor(settings: Settings['historian'], ports: HistoryPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.reader = openSiteHistory({ dir: ports.dir, journalDir: ports.journalDir });
  }

  start(): void {
    const { journal } = this.#ports;
    const { enabled } = this.#settings;
    if (!enabled) {
      // What nobody takes must not be kept for it.
      journal.dropCursor(HISTORIAN_CURSOR);
      return;
    }
    journal.setCursor(HISTORIAN_CURSOR, 0);
    this.#later = setTimeout(() => this.historian, START_AFTER_MS);
  }

  /** Where the past lies, for whoever reads it in a thread of its own. */
  get dirs(): { readonly dir: string; readonly journalDir: string } {
    const { dir, journalDir } = this.#ports;
    return { dir, journalDir };
  }

  /** Begun now where it has not been yet; undefined while it is switched off. */
  get historian(): Historian | undefined {
    if (this.#settings.enabled && !this.#closed) this.#historian ??= this.#begin();
    return this.#historian;
  }

  #begin(): Historian {
    clearTimeout(this.#later);
    const { quotaMb, maxAgeDays } = this.#settings;
    const { dir, journalDir, journal } = this.#ports;
    const config = { dir, journalDir, quotaBytes: quotaMb * MEGABYTE, maxAgeUs: maxAgeDays * DAY_US };
    const historian = startHistorian(config, {
      journalRows: () => journal.health.durableRows,
      onDamage: (damage) => this.#ports.event('security', 'security.historian-damaged', { damage }),
    });
    historian.onPosition((seq) => journal.setCursor(HISTORIAN_CURSOR, seq));
    return historian;
  }

  /** Written to the disk since start. */
  get writtenBytes(): number {
    return this.#historian?.health.writtenBytes ?? 0;
  }

  /** Undefined before it has begun, too. */
  get status(): HistorianStatus | undefined {
    if (!this.#historian) return undefined;
    const { fault, oldestUs, newestUs, ...health } = this.#historian.health;
    return {
      ...health,
      position: this.#historian.position,
      ...(oldestUs !== undefined && { oldestUs }),
      ...(newestUs !== undefined && { newestUs }),
      ...(fault && { fault: faultStatus(fault) }),
    };
  }

  /** Losing the disk and getting it back are events. */
  look(): void {
    const fault = this.#historian?.health.fault;
    if (fault?.code === this.#fault) return;
    this.#fault = fault?.code;
    if (fault) this.#ports.event('system', 'system.historian-fault', detailOf(fault));
    else this.#ports.event('system', 'system.historian-recovered');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#later);
    await Promise.all([this.#historian?.[Symbol.asyncDispose](), this.reader[Symbol.asyncDispose]()]);
  }
}

const detailOf = ({ code, message, hint }: Fault): { readonly [key: string]: Json } => ({
  code,
  message,
  ...(hint !== undefined && { hint }),
});
