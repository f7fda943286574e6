import type { SiteModel, TagModel } from '#contract/model.ts';
import { ActuatorLoop } from '#edge/actions.ts';
import type { Core } from '#edge/core.ts';
import { NewestTimes } from '#edge/newest-times.ts';
import type { LoadedPlugins } from '#edge/plugins.ts';
import { actuatorDeps, type PeerContext, prepareSource } from '#edge/prepare.ts';
import type { SinkLoop } from '#edge/sink-loop.ts';
import { dropOldCursors, makeSinks } from '#edge/sinks.ts';
import { SourceLoop } from '#edge/source-loop.ts';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Feed, Item } from '#journal/api.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { GapReason } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Action, Log, PeerTrust } from '#plugin/api.ts';

export interface PeersOptions {
  readonly model: SiteModel;
  readonly plugins: LoadedPlugins;
  readonly log: Log;
  /** The last entries of earlier runs. */
  earlier?(): Iterable<Item>;
  /** A deadline may have moved closer. */
  stepped(): void;
}

/** All sources, actuators and sinks of a site, and which of them owns a tag. */
export class Peers implements AsyncDisposable {
  readonly sources = new Map<string, SourceLoop>();
  readonly actuators = new Map<string, ActuatorLoop>();
  sinks: ReadonlyMap<string, SinkLoop> = new Map();
  /** Tags of each source, for liveness; grows with those found at run time. */
  readonly #tags = new Map<string, number[]>();
  readonly #owner = new Map<number, SourceLoop>();
  readonly #options: PeersOptions;
  #feed: Feed | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  sourceOf(tag: number): SourceLoop | undefined {
    return this.#owner.get(tag);
  }

  send(to: string, config: Json, by: string): void {
    this.actuators.get(to)?.send(config, by);
  }

  /**
   * Makes the loops; none runs before `start`.
   * @param feed reads the journal for sinks; ended with them
   * @param trust certificates of peers
   * @throws Fault `site.unknown-kind`
   */
  attach(core: Core, feed: Feed, trust: PeerTrust): void {
    const { model, plugins, log } = this.#options;
    const newest = new NewestTimes(this.#options.earlier ?? (() => []), (error) =>
      log.warn({ error: messageOf(error) }, 'earlier rows cannot be read: what is sent again is kept twice'),
    );
    const context: PeerContext = {
      clock: core.clock,
      log,
      table: core.table,
      trust,
      owners: new TagOwners(model.tags.map((tag) => tag.path)),
      newestUs: (tag) => newest.of(tag),
      declared: (source, tag) => {
        core.declare(tag);
        this.#tags.get(source)?.push(tag.number);
        core.liveness.watch(tag.number, Number.POSITIVE_INFINITY, core.clock.steadyUs());
      },
      event: (event) => core.path.event(event),
    };
    for (const peer of model.sources) {
      const def = known(plugins.sources[peer.kind], peer.kind);
      const prepared = prepareSource(peer, model.tags, plugins, context);
      const numbers = prepared.points.map((point) => point.tag.number);
      // Nobody reads what can only be written: it cannot go silent.
      const read = prepared.points.filter((point) => point.tag.access !== 'write');
      this.#tags.set(
        peer.id,
        read.map((point) => point.tag.number),
      );
      const loop = new SourceLoop(peer.id, def, prepared.config, {
        clock: core.clock,
        log,
        deps: prepared.deps,
        load: prepared.load,
        accept: (delivery) => {
          newest.take(delivery.batch);
          core.path.accept(peer.id, delivery);
          this.#options.stepped();
        },
        room: () => core.journal.room(),
        lost: () => this.#lost(core, peer.id),
        downSinceUs: core.journal.opened.lastSteadyUs || undefined,
        resumed: (fromUs, toUs, reason) => this.#resumed(core, peer.id, fromUs, toUs, reason),
      });
      for (const number of numbers) this.#owner.set(number, loop);
      this.sources.set(peer.id, loop);
      const everyMs = (prepared.config as { readonly everyMs?: number }).everyMs;
      for (const tag of model.tags) {
        if (tag.source !== peer.id || tag.access === 'write') continue;
        core.liveness.watch(core.table.number(tag.path), staleAfterUs(tag, everyMs), core.clock.steadyUs());
      }
    }
    for (const peer of model.actuators) {
      const def = known(plugins.actuators[peer.kind], peer.kind);
      const loop = new ActuatorLoop(peer.id, def, def.config.parse(peer.config), {
        clock: core.clock,
        log,
        deps: actuatorDeps(peer.id, context),
        asked: (action) => recordAction(core, peer.id, action, 'intent'),
        done: (action, { state, reason }) => recordAction(core, peer.id, action, state, reason),
      });
      this.actuators.set(peer.id, loop);
    }
    this.#feed = feed;
    this.sinks = makeSinks(core, { site: model.site, sinks: model.sinks, plugins, feed, context });
  }

  /** Tags of the file in its order, then those that sources found at run time. */
  *tags(core: Core, model: SiteModel): Iterable<Tag> {
    const named = new Set<number>();
    for (const { path } of model.tags) {
      const number = core.table.number(path);
      named.add(number);
      yield core.table.get(number);
    }
    for (const numbers of this.#tags.values()) {
      for (const number of numbers) if (!named.has(number)) yield core.table.get(number);
    }
  }

  start(core: Core): void {
    dropOldCursors(core, this.sinks);
    for (const loops of [this.sources, this.actuators, this.sinks]) {
      for (const loop of loops.values()) loop.start();
    }
  }

  /** Tags that have been silent for too long turn bad, source by source. */
  checkAges(core: Core): void {
    for (const [source, tags] of this.#tags) {
      const batch = core.liveness.overdue(tags, core.clock.steadyUs(), core.clock.nowUs());
      if (batch) core.path.say(source, batch);
    }
  }

  /** Sources first, so that nothing more arrives. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const loops of [this.sources, this.actuators, this.sinks]) {
      await Promise.all([...loops.values()].map((loop) => loop[Symbol.asyncDispose]()));
    }
    await this.#feed?.[Symbol.asyncDispose]();
  }

  #lost(core: Core, source: string): void {
    const batch = core.liveness.lost(this.#tags.get(source) ?? [], core.clock.nowUs());
    if (batch) core.path.say(source, batch);
    this.#options.stepped();
  }

  /** What the device would have told us meanwhile is a hole of unknown size, in wall time as rows are. */
  #resumed(core: Core, source: string, fromUs: number, toUs: number, reason: GapReason): void {
    const wallUs = core.clock.nowUs() - toUs;
    core.journal.gap({
      source,
      tags: [...(this.#tags.get(source) ?? [])],
      fromUs: fromUs + wallUs,
      toUs: toUs + wallUs,
      count: undefined,
      reason,
    });
  }
}

function recordAction(core: Core, actuator: string, { id, by }: Action, name: string, reason?: string): void {
  core.path.event({
    kind: 'system',
    name: `action.${name}`,
    subject: actuator,
    by: `rule:${by}`,
    timeUs: core.clock.nowUs(),
    detail: { action: id, ...(reason !== undefined && { reason }) },
  });
}

/** Five polls without an answer, at least 5 s; tags that speak only when something happens wait for ever. */
function staleAfterUs(tag: TagModel, sourceEveryMs: number | undefined): number {
  if (tag.staleAfterMs !== undefined) return tag.staleAfterMs * 1000;
  const everyMs = (tag.address as { readonly everyMs?: number } | undefined)?.everyMs ?? sourceEveryMs;
  return everyMs === undefined ? Number.POSITIVE_INFINITY : Math.max(everyMs * 5, 5000) * 1000;
}

function known<T>(def: T | undefined, kind: string): T {
  if (def) return def;
  throw new Fault('site.unknown-kind', `there is no plugin of kind ${kind}`, { retry: 'never' });
}
