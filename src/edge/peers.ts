import { isDeepStrictEqual as isSame } from 'node:util';
import type { PeerModel, SiteModel } from '#contract/model.ts';
import type { ActuatorLoop } from '#edge/actions.ts';
import { makeActuator, recordUnsent } from '#edge/actuators.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import type { Core } from '#edge/core.ts';
import type { HubLink } from '#edge/hub-link.ts';
import { HubSeat } from '#edge/hub-seat.ts';
import { NewestTimes } from '#edge/newest-times.ts';
import type { Tell } from '#edge/notice-desk.ts';
import { OwnedTags } from '#edge/owned-tags.ts';
import { type PeerContext, prepareSource } from '#edge/prepare.ts';
import type { SinkLoop } from '#edge/sink-loop.ts';
import { dropCursor, dropOldCursors, makeSink } from '#edge/sinks.ts';
import { SourceLoop } from '#edge/source-loop.ts';
import { type PlannedSource, sourceDifference } from '#edge/source-plan.ts';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Feed, Item } from '#journal/api.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag, TagTable } from '#kernel/tag-table.ts';
import { within } from '#kernel/within.ts';
import type { ActuatorDef, Deps, Log, PeerTrust, SinkDef } from '#plugin/api.ts';

export interface PeersOptions {
  readonly log: Log;
  /** Live when absent. A shadow opens no actuator and no sink, and only sources that bear a second session. */
  readonly mode?: Deps['mode'];
  /** The last entries of earlier runs. */
  earlier?(): Iterable<Item>;
  /** A deadline may have moved closer. */
  stepped(): void;
}

interface PlannedPeer<Def> {
  readonly peer: PeerModel;
  readonly def: Def;
  readonly config: unknown;
}

/** What the peers of a site are to be; made without touching any. */
export interface PeersPlan {
  readonly model: SiteModel;
  readonly sources: ReadonlyMap<string, PlannedSource>;
  readonly actuators: ReadonlyMap<string, PlannedPeer<ActuatorDef>>;
  readonly sinks: ReadonlyMap<string, PlannedPeer<SinkDef>>;
}

interface Loop extends AsyncDisposable {
  start(): void;
}

/** A removed peer that does not let itself be closed holds up those that come in its place no longer than this. */
const CLOSE_LIMIT_MS = 5000;

/** All sources, actuators and sinks of a site, and which of them owns a tag. */
export class Peers implements AsyncDisposable {
  readonly sources = new Map<string, SourceLoop>();
  readonly actuators = new Map<string, ActuatorLoop>();
  readonly sinks = new Map<string, SinkLoop>();
  readonly hub = new HubSeat();
  readonly #options: PeersOptions;
  readonly #owned = new OwnedTags();
  /** On their way out. */
  readonly #closing = new Set<Promise<void>>();
  readonly #newest: NewestTimes;
  /** Sources by the peer whose certificate they met. */
  readonly #metAt = new Map<string, Set<string>>();
  #plan: PeersPlan | undefined;
  #context: PeerContext | undefined;
  /** Reads the journal for sinks; ends with them. */
  feed: Feed | undefined;
  #started = false;
  #closed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#newest = new NewestTimes(options.earlier ?? (() => []), (error) =>
      options.log.warn(
        { error: messageOf(error) },
        'earlier rows cannot be read: what is sent again is kept twice',
      ),
    );
  }

  sourceOf(tag: number): SourceLoop | undefined {
    return this.sources.get(this.#owned.ownerOf(tag) ?? '');
  }

  send(core: Core, to: string, config: Json, by: string): void {
    if (this.#options.mode === 'shadow') recordUnsent(core, to, config, `rule:${by}`);
    else this.actuators.get(to)?.send(config, `rule:${by}`);
  }

  /** Tells people, and says how that ended; a shadow tells nobody. */
  readonly tell: Tell = (to, config, by, ended) => {
    const actuator = this.actuators.get(to);
    if (actuator) actuator.send(config, by, ended);
    else ended({ state: 'failed', reason: `there is no actuator ${to}` });
  };

  /**
   * Makes the loops; none runs before `start`.
   * @param feed reads the journal for sinks; ended with them
   * @param trust certificates of peers
   * @throws Fault `site.unknown-kind`
   */
  attach(core: Core, blueprint: Blueprint, feed: Feed, trust: PeerTrust): void {
    this.feed = feed;
    this.#context = {
      clock: core.clock,
      log: this.#options.log,
      table: core.table,
      trust,
      met: (source, peer) => void this.#metAt.set(peer, (this.#metAt.get(peer) ?? new Set()).add(source)),
      mode: this.#options.mode ?? 'live',
      owners: new TagOwners([]),
      newestUs: (tag) => this.#newest.of(tag),
      declared: (source, tag, staleAfterMs) => {
        core.declare(tag);
        this.#owned.found(core, source, tag.number, staleAfterMs);
      },
      event: (event) => core.path.event(event),
    };
    this.apply(core, this.plan(blueprint, core.table), new Set(), Promise.resolve());
  }

  /**
   * Everything about a site file's peers that can fail; touches none.
   * @param table with the tags of that file
   * @throws Fault `site.unknown-kind`; ZodError of a plugin's schema
   */
  plan({ model, plugins }: Blueprint, table: TagTable): PeersPlan {
    const context = this.#context as PeerContext;
    const sources = model.sources.map((peer) => {
      const def = known(plugins.sources[peer.kind], peer.kind);
      const before = this.#plan?.sources.get(peer.id);
      const load = before?.peer.kind === peer.kind ? before.load : undefined;
      return [
        peer.id,
        { peer, def, ...prepareSource(peer, model.tags, plugins, context, table, load) },
      ] as const;
    });
    const isLive = this.#options.mode !== 'shadow';
    return {
      model,
      sources: new Map(sources),
      actuators: planned(isLive ? model.actuators : [], plugins.actuators),
      sinks: planned(isLive ? model.sinks : [], plugins.sinks),
    };
  }

  /**
   * Makes the peers what was planned, and touches only those that differ. Synchronous: what takes time (closing,
   * reconfiguring, opening) goes on behind it.
   * @param redefined tags whose rows mean something else now
   * @param safe resolves once the last values have ended that removed sources have to write
   */
  apply(core: Core, plan: PeersPlan, redefined: ReadonlySet<number>, safe: Promise<void>): void {
    const context = this.#context as PeerContext;
    const finders = context.owners.rename(plan.model.tags.map((tag) => tag.path));
    const leaving = [...this.#leave(core, plan, safe)];
    const starting = [...this.#applySources(core, plan, finders), ...this.#applyOthers(core, plan)];
    this.#owned.assign(core, plan, redefined);
    this.hub.apply(plan.model);
    this.#plan = plan;
    if (this.#started) void this.#replace(core, leaving, starting);
  }

  /** People decided on the certificate of this peer: that holds at once, not with the next attempt. */
  decided(peer: string, isTrusted: boolean): void {
    for (const id of this.#metAt.get(peer) ?? []) {
      const source = this.sources.get(id);
      if (source && !(isTrusted && source.status.state === 'running')) void source.reopen();
    }
  }

  /** Where rows go: the sinks of the file, and the hub. */
  get outlets(): ReadonlyMap<string, SinkLoop | HubLink> {
    return new Map<string, SinkLoop | HubLink>([...this.sinks, ...this.hub]);
  }

  /** Tags of the file in its order, then those that sources found at run time. */
  *tags(core: Core): Iterable<Tag> {
    for (const number of this.#owned.all()) yield core.table.get(number);
  }

  /** The tag of this path where {@link tags} has it. */
  tagAt(core: Core, path: string): Tag | undefined {
    const tag = core.table.find(path);
    return tag && this.#owned.has(tag.number) ? tag : undefined;
  }

  /** Numbers of the tags that are read from a source. */
  tagsOf(source: string): readonly number[] {
    return this.#owned.bySource.get(source) ?? [];
  }

  /** Sources that met a certificate of this peer since the start. */
  metAt(peer: string): readonly string[] {
    return [...(this.#metAt.get(peer) ?? [])];
  }

  get tagCount(): number {
    return this.#owned.count;
  }

  start(core: Core): void {
    if (this.#options.mode !== 'shadow') dropOldCursors(core, this.sinks);
    this.#started = true;
    for (const loops of [this.sources, this.actuators, this.sinks]) {
      for (const loop of loops.values()) loop.start();
    }
  }

  /** Tags that have been silent for too long turn bad, source by source. */
  checkAges(core: Core): void {
    for (const [source, tags] of this.#owned.bySource) {
      const batch = core.liveness.overdue(tags, core.clock.steadyUs(), core.clock.nowUs());
      if (batch) core.path.say(source, batch);
    }
  }

  /** Sources first, so that nothing more arrives. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const loops of [this.sources, this.actuators, this.outlets]) {
      await Promise.all([...loops.values()].map((loop) => loop[Symbol.asyncDispose]()));
    }
    await Promise.all(this.#closing);
    await this.feed?.[Symbol.asyncDispose]();
  }

  /** Takes out what is planned no more, or as another kind. */
  *#leave(core: Core, plan: PeersPlan, safe: Promise<void>): Iterable<Promise<void>> {
    const isGone = (loop: { readonly kind: string }, next: PlannedPeer<unknown> | undefined) =>
      next?.peer.kind !== loop.kind;
    for (const [id, loop] of this.sources) {
      if (!isGone(loop, plan.sources.get(id))) continue;
      this.sources.delete(id);
      this.#release(core, id);
      yield this.#retire(core, loop, safe);
    }
    for (const [id, loop] of this.actuators) {
      if (!isGone(loop, plan.actuators.get(id))) continue;
      this.actuators.delete(id);
      yield loop[Symbol.asyncDispose]();
    }
    for (const [id, loop] of this.sinks) {
      if (!isGone(loop, plan.sinks.get(id))) continue;
      this.sinks.delete(id);
      if (!plan.sinks.has(id)) dropCursor(core, id);
      yield loop[Symbol.asyncDispose]();
    }
  }

  async #retire(core: Core, loop: SourceLoop, safe: Promise<void>): Promise<void> {
    await loop.retire(safe);
    // What it still found on its way out would belong to nobody, and stand in the way of others.
    if (!this.sources.has(loop.id)) this.#release(core, loop.id);
  }

  /** @param finders sources that found tags which the file names now @returns those to be started */
  *#applySources(core: Core, plan: PeersPlan, finders: ReadonlySet<string>): Iterable<Loop> {
    const named = new Set(plan.model.tags.map((tag) => tag.path));
    for (const [id, next] of plan.sources) {
      const loop = this.sources.get(id);
      const before = this.#plan?.sources.get(id);
      if (!loop || !before) {
        const added = this.#source(core, next);
        this.sources.set(id, added);
        yield added;
        continue;
      }
      const { config, pointsChanged, stale } = sourceDifference(before, next, (path) => named.has(path));
      if (config === 'same' && !pointsChanged && !finders.has(id)) continue;
      const taken = this.#owned.foundAndNamed(core, id, named).map((tag) => ({ tag, kept: true }));
      // What it found under another configuration it finds anew: nobody else knows whether it still reads it.
      if (config !== 'same') this.#release(core, id);
      const { deps } = next;
      const anew = config === 'needs-opening';
      loop.change({ config: next.config, deps, anew, stale: [...stale, ...taken] });
    }
  }

  *#applyOthers(core: Core, plan: PeersPlan): Iterable<Loop> {
    const context = this.#context as PeerContext;
    for (const [id, { def, config }] of plan.actuators) {
      const loop = this.actuators.get(id);
      if (loop && isSame(config, this.#plan?.actuators.get(id)?.config)) continue;
      if (loop) void loop.change(config);
      else yield* add(this.actuators, id, makeActuator(core, id, { def, config, context }));
    }
    for (const [id, { peer, def, config }] of plan.sinks) {
      const loop = this.sinks.get(id);
      if (loop && isSame(config, this.#plan?.sinks.get(id)?.config)) continue;
      if (loop) loop.change(config);
      else {
        const options = { site: plan.model.site, peer, def, config, feed: this.feed as Feed, context };
        yield* add(this.sinks, id, makeSink(core, options));
      }
    }
  }

  /** Those that leave may hold what those that come need: the one connection that a device bears, a client id. */
  async #replace(core: Core, leaving: readonly Promise<void>[], starting: readonly Loop[]): Promise<void> {
    if (leaving.length > 0) {
      for (const one of leaving) {
        const closing: Promise<void> = one.finally(() => this.#closing.delete(closing));
        this.#closing.add(closing);
      }
      await within(Promise.all(leaving), CLOSE_LIMIT_MS, undefined, core.clock);
    }
    if (!this.#closed) for (const loop of starting) loop.start();
  }

  #release(core: Core, source: string): void {
    (this.#context as PeerContext).owners.release(source);
    this.#owned.release(core, source);
  }

  #source(core: Core, { peer: { id }, def, config, deps, load }: PlannedSource): SourceLoop {
    const shadowed =
      this.#options.mode === 'shadow' && !def.secondSession ? oneSession(id, def.kind) : undefined;
    return new SourceLoop(id, def, config, {
      clock: core.clock,
      log: this.#options.log,
      deps,
      load,
      shadowed,
      accept: (delivery) => {
        this.#newest.take(delivery.batch);
        core.path.accept(id, delivery);
        this.#options.stepped();
      },
      room: () => core.journal.room(),
      lost: () => this.#lost(core, id),
      // A source that was added since was not away with the site.
      downSinceUs: this.#started ? undefined : core.journal.opened.lastSteadyUs || undefined,
      resumed: (fromUs, toUs, reason, but) => {
        const tags = (this.#owned.bySource.get(id) ?? []).filter((tag) => !but.has(tag));
        if (tags.length > 0) this.#resumed(core, id, tags, { fromUs, toUs, reason });
      },
    });
  }

  #lost(core: Core, source: string): void {
    const batch = core.liveness.lost(this.#owned.bySource.get(source) ?? [], core.clock.nowUs());
    if (batch) core.path.say(source, batch);
    this.#options.stepped();
  }

  /** What the device would have told us meanwhile is a hole of unknown size, in wall time as rows are. */
  #resumed(core: Core, source: string, tags: readonly number[], absence: Absence): void {
    const { fromUs, toUs, reason } = absence;
    const wallUs = core.clock.nowUs() - toUs;
    core.journal.gap({
      source,
      tags,
      fromUs: fromUs + wallUs,
      toUs: toUs + wallUs,
      count: undefined,
      reason,
    });
  }
}

/** Without rows, in steady µs. */
type Absence = Pick<Gap, 'fromUs' | 'toUs' | 'reason'>;

function* add<L extends Loop>(loops: Map<string, L>, id: string, loop: L): Iterable<Loop> {
  loops.set(id, loop);
  yield loop;
}

function planned<Def extends ActuatorDef | SinkDef>(
  peers: readonly PeerModel[],
  kinds: { readonly [kind: string]: Def },
): Map<string, PlannedPeer<Def>> {
  return new Map(
    peers.map((peer) => {
      const def = known(kinds[peer.kind], peer.kind);
      return [peer.id, { peer, def, config: def.config.parse(peer.config) }];
    }),
  );
}

const oneSession = (id: string, kind: string): Fault =>
  new Fault('source.shadowed', `a ${kind} device bears one session, which the live site has: not opened`, {
    retry: 'never',
    hint: `What reads ${id} is decided on by the live site only.`,
  });

function known<T>(def: T | undefined, kind: string): T {
  if (def) return def;
  throw new Fault('site.unknown-kind', `there is no plugin of kind ${kind}`, { retry: 'never' });
}
