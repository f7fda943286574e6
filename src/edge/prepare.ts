import type { PeerModel, TagModel } from '#contract/model.ts';
import { LoadMeter } from '#edge/load-meter.ts';
import type { LoadedPlugins } from '#edge/plugins.ts';
import type { TagOwners } from '#edge/tag-owners.ts';
import type { Clock } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';
import type { Tag, TagInfo, TagTable } from '#kernel/tag-table.ts';
import type { Deps, Log, PeerTrust, Point, SinkDeps } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';

/** What every plugin of a site is given, beside its own configuration. */
export interface PeerContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly table: TagTable;
  readonly owners: TagOwners;
  readonly trust: PeerTrust;
  /** A source asks whether the certificate of this peer is trusted. */
  met?(source: string, peer: string): void;
  /** Live when absent. */
  readonly mode?: Deps['mode'];
  /** See {@link Tags.newestUs}. */
  newestUs(tag: number): number;
  /** A tag that a source found at run time, for the first time in this run. @param staleAfterMs see {@link Tags.declare} */
  declared(source: string, tag: Tag, staleAfterMs?: number): void;
  event(event: SiteEvent): void;
}

export interface PreparedSource {
  readonly config: unknown;
  readonly points: readonly Point[];
  readonly deps: Deps;
  readonly load: LoadMeter;
}

/**
 * Configuration and addresses through the plugin's schemas once more: this time for their defaults.
 * @param table gives the tags their numbers
 * @param load goes on with what it has counted
 */
export function prepareSource(
  peer: PeerModel,
  tags: readonly TagModel[],
  plugins: LoadedPlugins,
  context: PeerContext,
  table: TagTable = context.table,
  load = new LoadMeter(),
): PreparedSource {
  const def = plugins.sources[peer.kind];
  const points = tags
    .filter((tag) => tag.source === peer.id)
    .map((tag) => ({
      tag: table.get(table.number(tag.path)),
      address: def?.address.parse(tag.address),
    }));
  return { config: def?.config.parse(peer.config), points, load, deps: deps(peer.id, points, load, context) };
}

/** What an actuator is given: it has no points and declares nothing. */
export function actuatorDeps(id: string, context: PeerContext): Deps {
  return deps(id, [], new LoadMeter(), context);
}

export function sinkDeps(id: string, site: string, context: PeerContext): SinkDeps {
  const { clock, log, table } = context;
  return {
    id,
    site,
    clock,
    log,
    tags: table,
    event: (event) =>
      context.event({ timeUs: clock.nowUs(), ...event, detail: { sink: id, ...event.detail } }),
  };
}

function deps(id: string, points: readonly Point[], load: LoadMeter, context: PeerContext): Deps {
  return {
    id,
    clock: context.clock,
    log: context.log,
    points,
    load,
    mode: context.mode ?? 'live',
    trust: {
      judge(peer, certificate, pinned) {
        context.met?.(id, peer);
        return context.trust.judge(peer, certificate, pinned);
      },
      identity: (request) => context.trust.identity(request),
    },
    inbox: createInbox,
    tags: {
      declare(info: TagInfo, staleAfterMs?: number): Tag {
        const isNew = context.owners.claim(info.path, id);
        const tag = context.table.declare(info);
        if (isNew) context.declared(id, tag, staleAfterMs);
        return tag;
      },
      newestUs: (tag) => context.newestUs(tag),
    },
    event: (event) =>
      context.event({
        timeUs: context.clock.nowUs(),
        ...event,
        detail: { source: id, ...event.detail },
      }),
  };
}
