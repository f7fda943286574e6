// Long because start, changes, the passing of time and the end of a site share one state.
import type { AccessStatus, ConfigStatus, SiteStatus } from '#contract/api.ts';
import type { TagModel } from '#contract/model.ts';
import { usageOf } from '#edge/api/usage.ts';
import { AutonomyWatch } from '#edge/autonomy/watch.ts';
import { RestoredNotice } from '#edge/backup/restored.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { type Change, siteChanges } from '#edge/change.ts';
import { endedAlarms, mustBeHot, redefinedTags } from '#edge/change-effects.ts';
import { CLOCK_STATE, ClockKeeper, lastClocks } from '#edge/clock-record.ts';
import { ClockWatch } from '#edge/clock-watch.ts';
import { type Cause, CONFIG_STATE, digestOf, recordChanged } from '#edge/config-record.ts';
import { type Core, composeCore } from '#edge/core.ts';
import { checkMode, historianDir, journalDir, lastEntries } from '#edge/data-folder.ts';
import { DayRate } from '#edge/day-rate.ts';
import { DECISIONS_SEQ_STATE } from '#edge/decision-state.ts';
import { Heartbeats } from '#edge/heartbeat.ts';
import { SiteHistory } from '#edge/history.ts';
import type { HubLinkPorts } from '#edge/hub-link.ts';
import { NoticeDesk } from '#edge/notice-desk.ts';
import { leftOpen, OPEN_WRITES_STATE } from '#edge/open-writes.ts';
import { Peers } from '#edge/peers.ts';
import { knownSource } from '#edge/single-source.ts';
import type { SourceLoop } from '#edge/source-loop.ts';
import { readStatus, statusOf } from '#edge/status.ts';
import { Ticker } from '#edge/ticker.ts';
import { warmUp } from '#edge/warm-up.ts';
import { durable } from '#edge/writes.ts';
import type { AssetMode } from '#guard/api.ts';
import type { Feed, StoredDeadLetter, StoredGap } from '#journal/api.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { type Clock, type ClockRecord, systemClock } from '#kernel/clock.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Deps, Log } from '#plugin/api.ts';
import type { CarriedState } from '#trust/hub/carried.ts';
import { openTrust, type TrustStore, trustDir } from '#trust/store.ts';

export interface SiteOptions {
  readonly blueprint: Blueprint;
  readonly dataDir: string;
  readonly log: Log;
  readonly version: string;
  /** Live when absent. A shadow reads and decides in a data folder of its own, and acts on nothing. */
  readonly mode?: Deps['mode'] | undefined;
  /** Given how the clocks stood at the end of the last run; tests bring their own. */
  readonly clock?: (last: ClockRecord | undefined) => Clock;
}

export interface AssetChange {
  readonly mode?: AssetMode | undefined;
  /** True hangs the tag, false takes it away. */
  readonly tagOut?: boolean | undefined;
  readonly why?: string | undefined;
  readonly by: string;
}

const MEGABYTE = 1024 * 1024;
const DAY_US = 86_400e6;
const LOOK_EVERY_US = 1_000_000;

/**
 * Opens the journal, takes up the state of the last run, and starts every source, whether its peer is up or down.
 * @throws Fault `journal.locked` when another process runs this data folder
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { journal: settings } = options.blueprint.model.settings;
  const config = {
    dir: journalDir(options.dataDir),
    quotaBytes: settings.quotaMb * MEGABYTE,
    maxAgeUs: settings.maxAgeDays * DAY_US,
    commitMs: settings.commitMs,
  };
  const found = Promise.withResolvers<void>();
  const opening = openJournal(config, { onStateFound: found.resolve });
  const warm = warmUp(options.blueprint); // while the journal's thread opens the files
  const [journal] = await Promise.all([opening, warm]);
  try {
    checkMode(options, journal);
    const clock = (options.clock ?? systemClock)(lastClocks(journal));
    const lastSeq = journal.durableSeq;
    const mode = options.mode ?? 'live';
    const peers = new Peers({
      log: options.log,
      mode,
      earlier: () => lastEntries(options.dataDir, lastSeq),
      stepped: () => site.stepped(),
    });
    const core = composeCore(options.blueprint, journal, clock, peers, options.dataDir, mode);
    const trust = openSiteTrust(options, core);
    const site = new Site(options, core, peers, trust, found.promise);
    peers.attach(core, options.blueprint, openFeed(journalDir(options.dataDir)), trust);
    trust.onDecided((peer, state) => peers.decided(peer, state === 'trusted'));
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

/** A running site: starting, the passing of time, status, and an orderly end. */
export class Site implements AsyncDisposable {
  readonly core: Core;
  /** What whoever looks after the site file knows of it. */
  fileStatus: (() => Omit<ConfigStatus, 'digest' | 'sinceUs'>) | undefined;
  /** What whoever lets people in knows of them. */
  accessStatus: (() => AccessStatus) | undefined;
  readonly trust: TrustStore;
  /** Resolves once the state of the last run, which could not be read at start, can be: a new start takes it up. */
  readonly stateFound: Promise<void>;
  readonly history: SiteHistory;
  readonly #options: SiteOptions;
  #blueprint: Blueprint;
  #digest: string;
  #sinceUs: number;
  readonly #peers: Peers;
  /** Who is told of alarms; a shadow tells nobody. */
  readonly notices: NoticeDesk | undefined;
  readonly restored: RestoredNotice;
  readonly autonomy: AutonomyWatch;
  readonly #watch: ClockWatch;
  readonly #clocks: ClockKeeper;
  readonly #heartbeats: Heartbeats;
  readonly #ticker: Ticker;
  readonly #startedUs: number;
  readonly #wear: DayRate;
  #journalFault: string | undefined;
  #nextLookUs = 0;

  constructor(
    options: SiteOptions,
    core: Core,
    peers: Peers,
    trust: TrustStore,
    stateFound: Promise<void> = new Promise(() => {}),
  ) {
    this.core = core;
    this.stateFound = stateFound;
    this.trust = trust;
    this.#options = options;
    this.#blueprint = options.blueprint;
    this.#digest = digestOf(options.blueprint.text);
    this.#sinceUs = core.clock.nowUs();
    this.history = new SiteHistory(options.blueprint.model.settings.historian, {
      dir: historianDir(options.dataDir),
      journalDir: journalDir(options.dataDir),
      journal: core.journal,
      event: (kind, name, detail) => this.#event(kind, name, detail),
    });
    this.#peers = peers;
    if (options.mode !== 'shadow') this.notices = new NoticeDesk(core, options.blueprint, peers.tell);
    this.restored = new RestoredNotice(core);
    this.#startedUs = core.clock.steadyUs();
    this.#wear = new DayRate(this.#startedUs);
    this.#watch = new ClockWatch(core.clock);
    this.#clocks = new ClockKeeper(core.clock, (state) => core.journal.state(CLOCK_STATE, state));
    this.autonomy = new AutonomyWatch({
      dataDir: options.dataDir,
      clock: core.clock,
      journal: core.journal,
      trust,
      model: () => this.#blueprint.model,
      sinks: () => statusOf(this.#peers.outlets),
      historian: () => this.history.status,
      writtenBytes: () => this.#writtenBytes,
      corrected: () => this.#watch.corrected,
      event: (name, detail) => this.#event('system', name, detail),
    });
    this.#heartbeats = new Heartbeats(this.#beating(), core.table, core.clock, core.guard);
    this.#ticker = new Ticker(
      core.clock,
      () => Math.min(core.path.nextUs, this.#heartbeats.nextUs, this.#nextLookUs),
      () => this.#tick(),
    );
  }

  start(): void {
    this.#recordStart();
    // What this start's file does not take over of the last run is gone for good: a later start must not find it again.
    this.core.path.keep();
    this.#peers.start(this.core);
    this.notices?.align();
    this.history.start();
    this.#ticker.start();
  }

  stepped(): void {
    this.#ticker.arm();
  }

  /** The box has joined a hub, or has another certificate for it. */
  connectHub(dial: HubLinkPorts['dial'], events?: HubLinkPorts['events']): void {
    const { log, version: software } = this.#options;
    const { feed, hub } = this.#peers;
    if (!feed) return;
    hub.connect({
      ...{ site: this.#blueprint.model.site, software, core: this.core, feed, log, dial },
      ...(events && { events }),
      status: () => this.status(),
      model: () => this.#blueprint.model,
      reads: (alarm) => usageOf(this).readBy(alarm, 'alarm'),
    });
  }

  /** The hub has the samples up to there, as a receipt says that was carried back. @returns false while it is too early */
  hubConfirmed(history: number): boolean {
    return this.#peers.hub.confirmed(history);
  }

  /** What was given away by hand, and is not confirmed. */
  carriedToHub(sent: CarriedState['sent']): void {
    this.#peers.hub.carried(sent);
  }

  /** Samples up to there were given away by hand, and nothing has said that they have come; undefined: none were. */
  get sentToHub(): number | undefined {
    return this.#peers.hub.sentUpTo;
  }

  status(): SiteStatus {
    const upS = Math.round((this.core.clock.steadyUs() - this.#startedUs) / 1e6);
    return readStatus(this.core, this.#peers, {
      site: this.#blueprint.model.site,
      timeZone: this.#blueprint.model.settings.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      version: this.#options.version,
      mode: this.#options.mode ?? 'live',
      config: { digest: this.#digest, sinceUs: this.#sinceUs, watched: false, ...this.fileStatus?.() },
      upS,
      notices: this.notices?.status(),
      restored: this.restored.status,
      clockJumps: this.#watch.jumps,
      writtenPerDay: this.#wear.perDay,
      historian: this.history.status,
      access: this.accessStatus?.(),
      autonomy: this.autonomy.summary,
    });
  }

  get dataDir(): string {
    return this.#options.dataDir;
  }

  get journalDir(): string {
    return journalDir(this.#options.dataDir);
  }

  /** The site file that runs. */
  get blueprint(): Blueprint {
    return this.#blueprint;
  }

  get digest(): string {
    return this.#digest;
  }

  /**
   * Goes over to another site file while everything runs: for decisions, limits and liveness between two batches, then
   * for sources, actuators and sinks. What the file does not change is not touched.
   * @param save called once nothing of the plan can fail any more, and before the first change; may throw
   * @returns what was different; empty where only the text was
   * @throws Fault `config.needs-restart`, `site.invalid`, `site.too-many-tags`, what `save` throws: nothing has changed
   */
  apply(next: Blueprint, cause: Cause, save: () => void = () => {}): readonly Change[] {
    const changes = siteChanges(this.#blueprint, next);
    mustBeHot(changes);
    const { core } = this;
    const plan = core.plan(next);
    const peers = this.#peers.plan(next, plan.table);
    save();
    const { site } = next.model;
    const before = this.#digest;
    recordChanged(core, {
      site,
      text: next.text,
      before,
      changes,
      endedAlarms: endedAlarms(core, changes),
      cause,
    });
    const redefined = redefinedTags(changes, plan.table);
    const safe = plan.apply(changes, redefined);
    this.#peers.apply(core, peers, redefined, safe);
    this.#blueprint = next;
    this.#digest = digestOf(next.text);
    this.#sinceUs = core.clock.nowUs();
    this.#heartbeats.change(this.#beating(), core.table);
    this.notices?.change(next);
    this.stepped();
    return changes;
  }

  /** Tags that the site file names, and those found at run time; not those of earlier files. */
  tags(): Iterable<Tag> {
    return this.#peers.tags(this.core);
  }

  /** The tag of this path where {@link tags} has it. */
  tagAt(path: string): Tag | undefined {
    return this.#peers.tagAt(this.core, path);
  }

  get tagCount(): number {
    return this.#peers.tagCount;
  }

  /** Numbers of the tags that are read from a source. @throws Fault `source.unknown` */
  tagsOf(source: string): readonly number[] {
    this.source(source);
    return this.#peers.tagsOf(source);
  }

  /** Sources that met a certificate of this peer since the start. */
  metAt(peer: string): readonly string[] {
    return this.#peers.metAt(peer);
  }

  /** @throws Fault `source.unknown` */
  source(id: string): SourceLoop {
    return knownSource(this.#peers.sources, id);
  }

  /** Reads the journal in a thread of its own. @throws Fault `journal.closed` before it runs */
  get feed(): Feed {
    const { feed } = this.#peers;
    if (feed) return feed;
    throw new Fault('journal.closed', 'the journal is not read yet');
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

  securityEvent(name: string, subject: string, detail: { readonly [key: string]: Json }, by?: string): void {
    const timeUs = this.core.clock.nowUs();
    const who = by === undefined ? {} : { by };
    this.core.path.event({ kind: 'security', name, subject, timeUs, ...who, detail });
  }

  configEvent(name: string, subject: string, detail: { readonly [key: string]: Json }, by: string): void {
    this.core.path.event({ kind: 'config', name, subject, timeUs: this.core.clock.nowUs(), by, detail });
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
    const told = {
      by,
      ...(mode && { mode }),
      ...(tagOut !== undefined && { tagOut }),
      ...(why !== undefined && { why }),
    };
    this.securityEvent('security.asset-changed', asset, told, by);
  }

  /**
   * Goes on without the state of the last run, which could not be read: tag-outs, modes, leases and alarm states that
   * it held no longer count, and writes leave again. @throws Fault `site.state-known` when nothing is missing
   */
  giveUpState(by: string, why: string): void {
    const { journal } = this.core;
    if (journal.unread === undefined) {
      throw new Fault('site.state-known', 'the state of the last run is known: there is nothing to give up', {
        retry: 'never',
      });
    }
    this.securityEvent('security.state-given-up', this.#blueprint.model.site, { by, why });
    journal.giveUpState();
  }

  /** What was accepted is durable before this resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticker[Symbol.dispose]();
    await this.#peers[Symbol.asyncDispose]();
    this.core.path.keep();
    this.autonomy.keep();
    await this.trust.saved();
    this.#event('system', 'system.stopped');
    await this.history[Symbol.asyncDispose]();
    await this.core.journal[Symbol.asyncDispose]();
  }

  /** Tags with a heartbeat: a shadow must not keep a device believing in a site that does not write. */
  #beating(): readonly TagModel[] {
    return this.#options.mode === 'shadow' ? [] : this.#blueprint.model.tags;
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
    this.#clocks.look();
    this.#wear.note(nowUs, this.#writtenBytes);
    this.history.look();
    this.autonomy.look(nowUs);
    this.#tellJournalFault(journal.health.fault);
    this.notices?.advance();
  }

  get #writtenBytes(): number {
    return this.core.journal.health.writtenBytes + this.history.writtenBytes;
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
      mode: this.#options.mode ?? 'live',
      epoch: opened.epoch,
      lastSeenUs: opened.lastWallUs,
      decisionsSeq: opened.state.get(DECISIONS_SEQ_STATE) ?? null,
    });
    this.restored.record();
    for (const event of leftOpen(opened.state.get(OPEN_WRITES_STATE), this.core.clock.nowUs()))
      path.event(event);
    journal.state(OPEN_WRITES_STATE, []);
    for (const damage of opened.damage) this.#event('security', 'security.journal-damaged', { damage });
    this.#tellUnread(journal.unread);
    const jump = this.#watch.atStart(lastClocks(journal));
    if (jump) path.event(jump);
    this.#clocks.look();
    const before = (opened.state.get(CONFIG_STATE) ?? null) as string | null;
    if (before === this.#digest) return;
    const { text, model } = this.#blueprint;
    recordChanged(this.core, { site: model.site, text, before, cause: { by: 'start' } });
  }

  #tellUnread(reason: string | undefined): void {
    if (reason === undefined) return;
    const hint = 'It is taken up once the disk gives it; `holdfast without-state` goes on without it.';
    const text = `the state of the last run cannot be read, and nothing is written to machines: ${reason}`;
    this.#options.log.error({ code: 'site.state-unread', hint }, text);
    this.#event('security', 'security.state-unread', { reason });
  }

  #event(kind: SiteEvent['kind'], name: string, detail?: { readonly [key: string]: Json }): void {
    const { site } = this.#blueprint.model;
    const timeUs = this.core.clock.nowUs();
    this.core.path.event({ kind, name, subject: site, timeUs, ...(detail && { detail }) });
  }
}
