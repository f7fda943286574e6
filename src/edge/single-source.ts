import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiAddress } from '#contract/api.ts';
import { infoOf } from '#contract/check-peers.ts';
import { among } from '#contract/expand.ts';
import type { TagModel } from '#contract/model.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { OPEN_MS } from '#edge/kept-open.ts';
import { prepareSource } from '#edge/prepare.ts';
import { SkewReport } from '#edge/skew.ts';
import { siteStages } from '#edge/stages.ts';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Batch } from '#kernel/batch.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { isAlive } from '#platform/process.ts';
import type { Deps, Log, Point, Source, SourceDef } from '#plugin/api.ts';
import { openTrust, trustDir } from '#trust/store.ts';

/** One source of a site file without its site: nothing is decided, kept or written. */
export interface SingleSource extends AsyncDisposable {
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
  /** Data folder of the site, for its certificates; absent: those of this one use. */
  readonly dataDir?: string | undefined;
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
  const ownDir = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'holdfast-trust-')) : undefined;
  const trust = openTrust(ownDir ?? trustDir(options.dataDir ?? ''), {
    nowUs: () => clock.nowUs(),
    mayKeep: () => options.dataDir === undefined || !siteRunsIn(options.dataDir),
  });
  const { config, points, deps } = prepareSource(peer, model.tags, plugins, {
    clock,
    log: options.log,
    trust,
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
    async [Symbol.asyncDispose]() {
      await trust.saved();
      if (ownDir !== undefined) await rm(ownDir, { recursive: true, force: true });
    },
  };
}

/** A site that runs keeps its certificates itself, and nobody writes beside it. */
function siteRunsIn(dataDir: string): boolean {
  try {
    const text = readFileSync(join(dataDir, 'api.json'), 'utf8');
    return isAlive(ApiAddress.parse(JSON.parse(text)).pid);
  } catch {
    return false;
  }
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

/** Opens it as a site would: a peer that never answers is given up. @throws Fault of the source, `source.timeout` */
export async function openWithin(single: SingleSource, signal: AbortSignal): Promise<Source> {
  const ms = single.def.openMs?.(single.config) ?? OPEN_MS;
  const done = new AbortController();
  const late = new AbortController();
  single.deps.clock.sleep(ms, done.signal).then(
    () => late.abort(new Fault('source.timeout', `source ${single.id} was not open within ${ms / 1000} s`)),
    () => {},
  );
  try {
    return await single.open(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    throw Fault.from(error, 'source.failed', `source ${single.id}`);
  } finally {
    done.abort();
  }
}
