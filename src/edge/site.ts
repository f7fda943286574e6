import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { ClockWatch } from '#edge/clock-watch.ts';
import { type Core, composeCore } from '#edge/core.ts';
import { Heartbeats } from '#edge/heartbeat.ts';
import { leftOpen, OPEN_WRITES_STATE } from '#edge/open-writes.ts';
import { Peers } from '#edge/peers.ts';
import { knownSource } from '#edge/single-source.ts';
import type { SourceLoop } from '#edge/source-loop.ts';
import { readStatus } from '#edge/status.ts';
import { Ticker } from '#edge/ticker.ts';
import { warmUp } from '#edge/warm-up.ts';
import { WearMeter } from '#edge/wear.ts';
import { durable } from '#edge/writes.ts';
import type { AssetMode } from '#guard/api.ts';
import type { Item, StoredDeadLetter, StoredGap } from '#journal/api.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Log } from '#plugin/api.ts';
import { openTrust, type TrustStore, trustDir } from '#trust/store.ts';

export interface SiteOptions {
  readonly blueprint: Blueprint;
  readonly dataDir: string;
  readonly log: Log;
  readonly version: string;
  /** Given the steady time that the journal saw last; tests bring their own. */
  readonly clock?: (lastSteadyUs: number) => Clock;
}

export interface AssetChange {
  readonly mode?: AssetMode | undefined;
  /** True hangs the tag, false takes it away. */
  readonly tagOut?: boolean | undefined;
  readonly why?: string | undefined;
  readonly by: string;
}

/** The journal's folder within the data folder of a site. */
export const journalDir = (dataDir: string): string => join(dataDir, 'journal');

const MEGABYTE = 1024 * 1024;
const DAY_US = 86_400e6;
const CONFIG_STATE = 'config';
const LOOK_EVERY_US = 1_000_000;

/**
 * Opens the journal, takes up the state of the last run, and starts every source, whether its peer is up or down.
 * @throws Fault `journal.locked` when another process runs this data folder
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { journal: settings } = options.blueprint.model.settings;
  const opening = openJournal({
    dir: journalDir(options.dataDir),
    quotaBytes: settings.quotaMb * MEGABYTE,
    maxAgeUs: settings.maxAgeDays * DAY_US,
    commitMs: settings.commitMs,
  });
  const warm = warmUp(options.blueprint); // while the journal's thread opens the files
  const [journal] = await Promise.all([opening, warm]);
  try {
    const clock = (options.clock ?? systemClock)(journal.opened.lastSteadyUs);
    const lastSeq = journal.durableSeq;
    const peers = new Peers({
      ...options.blueprint,
      log: options.log,
      earlier: () => lastEntries(options.dataDir, lastSeq),
      stepped: () => site.stepped(),
    });
    const core = composeCore(options.blueprint, journal, clock, peers);
    const trust = openSiteTrust(options, core);
    const site = new Site(options, core, peers, trust);
    peers.attach(core, openFeed(journalDir(options.dataDir)), trust);
    site.start();
    return site;
  } catch (error) {
    await journal[Symbol.asyncDispose]();
    throw error;
  }
}

/** The certificates of this site's data folder; nothing is written before a peer shows one. */
function openSiteTrust({ dataDir, log }: SiteOptions, core: Core): TrustStore {
  return openTrust(trustDir(dataDir), {
    nowUs: () => core.clock.nowUs(),
    onEvent: (event) => core.path.event(event),
    onFault: (error) =>
      log.error({ hint: 'make room, or the folder writable' }, `certificates: ${messageOf(error)}`),
  });
}

/** Entries enough to hold all that a broker may have under way to a source. */
const LAST_ENTRIES = 8192;

function* lastEntries(dataDir: string, upTo: number): Iterable<Item> {
  using reader = openReader(journalDir(dataDir));
  for (const item of reader.items(Math.max(0, upTo - LAST_ENTRIES))) {
    if (item.seq > upTo) return;
    yield item;
  }
}

/** A running site: starting, the passing of time, status, and an orderly end. */
export class Site implements AsyncDisposable {
  readonly core: Core;
  readonly trust: TrustStore;
  readonly #options: SiteOptions;
  readonly #peers: Peers;
  readonly #watch: ClockWatch;
  readonly #heartbeats: Heartbeats;
  readonly #ticker: Ticker;
  readonly #startedUs: number;
  readonly #wear: WearMeter;
  #journalFault: string | undefined;
  #nextLookUs = 0;

  constructor(options: SiteOptions, core: Core, peers: Peers, trust: TrustStore) {
    this.core = core;
    this.trust = trust;
    this.#options = options;
    this.#peers = peers;
    this.#startedUs = core.clock.steadyUs();
    this.#wear = new WearMeter(this.#startedUs);
    this.#watch = new ClockWatch(core.clock);
    this.#heartbeats = new Heartbeats(options.blueprint.model.tags, core.table, core.clock, core.guard);
    this.#ticker = new Ticker(
      core.clock,
      () => Math.min(core.path.nextUs, this.#heartbeats.nextUs, this.#nextLookUs),
      () => this.#tick(),
    );
  }

  start(): void {
    this.#recordStart();
    this.#peers.start(this.core);
    this.#ticker.start();
  }

  stepped(): void {
    this.#ticker.arm();
  }

  status(): SiteStatus {
    const upS = Math.round((this.core.clock.steadyUs() - this.#startedUs) / 1e6);
    const { model } = this.#options.blueprint;
    return readStatus(this.core, this.#peers, {
      site: model.site,
      version: this.#options.version,
      upS,
      clockJumps: this.#watch.jumps,
      writtenPerDay: this.#wear.bytesPerDay,
    });
  }

  /** Tags that the site file names, and those found at run time; not those of earlier files. */
  tags(): Iterable<Tag> {
    return this.#peers.tags(this.core, this.#options.blueprint.model);
  }

  /** @throws Fault `source.unknown` */
  source(id: string): SourceLoop {
    return knownSource(this.#peers.sources, id);
  }

  gaps(limit: number): readonly StoredGap[] {
    using reader = openReader(journalDir(this.#options.dataDir));
    return reader.gaps(limit);
  }

  deadLetters(limit: number): readonly StoredDeadLetter[] {
    using reader = openReader(journalDir(this.#options.dataDir));
    return reader.deadLetters(limit);
  }

  /** @throws Fault of the journal when the disk refuses */
  durable(): Promise<void> {
    return durable(this.core.journal);
  }

  securityEvent(name: string, subject: string, detail: { readonly [key: string]: Json }): void {
    this.core.path.event({ kind: 'security', name, subject, timeUs: this.core.clock.nowUs(), detail });
  }

  /** An asset, or an area or line that has some below it. @throws Fault of the guard, `asset.no-reason` … */
  setAsset(asset: string, change: AssetChange): void {
    const { guard } = this.core;
    const { mode, tagOut, why, by } = change;
    if (mode === undefined && tagOut === undefined) {
      throw new Fault('asset.no-change', `nothing is asked of ${asset}`, {
        hint: 'name a mode, or hang or remove a tag-out; `holdfast assets` shows how it is',
      });
    }
    if (tagOut && !why) throw new Fault('asset.no-reason', 'a tag-out needs a reason', { hint: 'say why' });
    // What may be refused comes first, so that a refusal leaves everything as it was.
    if (tagOut === false) guard.removeTagOut(asset, by);
    if (tagOut) guard.tagOut(asset, by, why ?? '');
    if (mode) guard.setMode(asset, mode, by);
    this.securityEvent('security.asset-changed', asset, {
      by,
      ...(mode && { mode }),
      ...(tagOut !== undefined && { tagOut }),
      ...(why !== undefined && { why }),
    });
  }

  /** What was accepted is durable before this resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticker[Symbol.dispose]();
    await this.#peers[Symbol.asyncDispose]();
    this.core.path.keep();
    await this.trust.saved();
    this.#event('system', 'system.stopped');
    await this.core.journal[Symbol.asyncDispose]();
  }

  #tick(): void {
    const { path } = this.core;
    path.advance();
    this.#heartbeats.advance();
    const nowUs = this.core.clock.steadyUs();
    if (nowUs < this.#nextLookUs) return;
    this.#nextLookUs = nowUs + LOOK_EVERY_US;
    this.#look(nowUs);
  }

  /** What has no deadline of its own, and walks over every tag: once a second, however often a window or a lease is due. */
  #look(nowUs: number): void {
    const { journal, path } = this.core;
    this.#peers.checkAges(this.core);
    const jump = this.#watch.check();
    if (jump) path.event(jump);
    const { writtenBytes, fault } = journal.health;
    this.#wear.note(nowUs, writtenBytes);
    this.#tellJournalFault(fault);
  }

  /** Losing the disk and getting it back are events; the events themselves wait in memory meanwhile. */
  #tellJournalFault(fault: Fault | undefined): void {
    if (fault?.code === this.#journalFault) return;
    this.#journalFault = fault?.code;
    if (fault) {
      this.#options.log.error({ code: fault.code, hint: fault.hint }, fault.message);
      this.#event('system', 'system.journal-fault', { code: fault.code, message: fault.message });
    } else {
      this.#options.log.info({}, 'the journal is writing again');
      this.#event('system', 'system.journal-recovered');
    }
  }

  #recordStart(): void {
    const { journal, path } = this.core;
    const { opened } = journal;
    this.#event('system', 'system.started', {
      version: this.#options.version,
      epoch: opened.epoch,
      lastSeenUs: opened.lastWallUs,
    });
    for (const event of leftOpen(opened.state.get(OPEN_WRITES_STATE), this.core.clock.nowUs()))
      path.event(event);
    journal.state(OPEN_WRITES_STATE, []);
    for (const damage of opened.damage) this.#event('security', 'security.journal-damaged', { damage });
    const jump = this.#watch.atStart(opened.lastWallUs);
    if (jump) path.event(jump);
    const digest = createHash('sha256').update(this.#options.blueprint.text).digest('hex');
    const before = opened.state.get(CONFIG_STATE) ?? null;
    if (before === digest) return;
    // The whole text, so that what an earlier configuration decided can be replayed; watchers get its digest.
    const { text, model } = this.#options.blueprint;
    const changed = {
      kind: 'config',
      name: 'config.changed',
      subject: model.site,
      timeUs: this.core.clock.nowUs(),
    } as const;
    journal.event({ ...changed, detail: { digest, before, text } }, this.core.clock.steadyUs());
    this.core.recent.add({ ...changed, detail: { digest, before } });
    journal.state(CONFIG_STATE, digest);
  }

  #event(kind: SiteEvent['kind'], name: string, detail?: { readonly [key: string]: Json }): void {
    const { site } = this.#options.blueprint.model;
    const timeUs = this.core.clock.nowUs();
    this.core.path.event({ kind, name, subject: site, timeUs, ...(detail && { detail }) });
  }
}
