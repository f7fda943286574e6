import { infoOf } from '#contract/check-peers.ts';
import { among } from '#contract/expand.ts';
import type { TagModel } from '#contract/model.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { prepareSource } from '#edge/prepare.ts';
import { SkewReport } from '#edge/skew.ts';
import { siteStages } from '#edge/stages.ts';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Batch } from '#kernel/batch.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { TagTable } from '#kernel/tag-table.ts';
import type { Deps, Log, PeerTrust, Point, Source, SourceDef } from '#plugin/api.ts';

/** One source of a site file without its site: nothing is decided, kept or written. */
export interface SingleSource {
  readonly id: string;
  readonly def: SourceDef;
  readonly config: unknown;
  readonly points: readonly Point[];
  /** Its tags as the site file has them. */
  readonly tags: ReadonlyMap<number, TagModel>;
  readonly deps: Deps;
  /** What arrives, as the site would see it: scaled, and of the type of the tag. */
  clean(batch: Batch): Batch;
  /** @throws Fault of the source */
  open(signal: AbortSignal): Promise<Source>;
}

export interface SingleOptions {
  readonly trust: PeerTrust;
  readonly log: Log;
  /** What the source tells of itself. */
  event?(event: SiteEvent): void;
  readonly clock?: Clock;
}

/**
 * Takes one source out of a blueprint, as a shadow: it reads beside whoever else reads the device, and never writes.
 * @throws Fault `source.unknown`
 */
export function singleSource(blueprint: Blueprint, id: string, options: SingleOptions): SingleSource {
  const { model, plugins } = blueprint;
  const peer = knownSource(new Map(model.sources.map((one) => [one.id, one])), id);
  const def = plugins.sources[peer.kind];
  if (!def)
    throw new Fault('site.unknown-kind', `there is no plugin of kind ${peer.kind}`, { retry: 'never' });
  const clock = options.clock ?? systemClock();
  const event = options.event ?? (() => {});
  const table = new TagTable();
  for (const tag of model.tags) table.declare(infoOf(tag));
  const stages = siteStages(
    model.tags,
    table,
    clock,
    model.settings.clock.maxAheadMs * 1000,
    new SkewReport(event),
  );
  const { config, points, deps } = prepareSource(peer, model.tags, plugins, {
    clock,
    log: options.log,
    trust: options.trust,
    table,
    owners: new TagOwners(model.tags.map((tag) => tag.path)),
    newestUs: () => 0,
    declared: (_, tag) => stages.declare(tag),
    event,
  });
  const shadow: Deps = { ...deps, mode: 'shadow' };
  return {
    id,
    def,
    config,
    points,
    tags: new Map(model.tags.map((tag) => [table.number(tag.path), tag])),
    deps: shadow,
    clean: (batch) => stages.clean(batch, id),
    open: (signal) => def.open(config, shadow, signal),
  };
}

/** @throws Fault `source.unknown` */
export function knownSource<T>(sources: ReadonlyMap<string, T>, id: string): T {
  const source = sources.get(id);
  if (source) return source;
  throw new Fault('source.unknown', `there is no source ${id}`, {
    retry: 'never',
    hint: among(id, sources.keys(), 'sources'),
  });
}
