import type { PeerModel } from '#contract/model.ts';
import type { Core } from '#edge/core.ts';
import { HISTORIAN_CURSOR } from '#edge/history.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { type PeerContext, sinkDeps } from '#edge/prepare.ts';
import { SinkLoop } from '#edge/sink-loop.ts';
import type { Feed } from '#journal/api.ts';
import type { SinkDef } from '#plugin/api.ts';

export interface SinkOptions {
  readonly site: string;
  readonly peer: PeerModel;
  readonly def: SinkDef;
  readonly config: unknown;
  readonly feed: Feed;
  readonly context: PeerContext;
}

/** Makes the loop of a sink and its place in the journal; it does not run yet. */
export function makeSink(core: Core, { site, peer, def, config, feed, context }: SinkOptions): SinkLoop {
  // Known from the start: what it has not taken yet does not count as delivered because another sink has it.
  if (def.delivers !== 'best-effort') core.journal.setCursor(peer.id, 0);
  return new SinkLoop(peer.id, def, config, {
    clock: core.clock,
    log: context.log,
    deps: sinkDeps(peer.id, site, context),
    journal: core.journal,
    feed,
  });
}

/** A sink that is no longer in the site file must not hold back space for ever; that it went is on record. */
export function dropOldCursors(core: Core, sinks: ReadonlyMap<string, unknown>): void {
  for (const [name, seq] of core.journal.opened.cursors) {
    if (name !== HISTORIAN_CURSOR && name !== HUB_CURSOR && !sinks.has(name)) dropCursor(core, name, seq);
  }
}

/** @param confirmedSeq how far it had come, where that is known */
export function dropCursor(core: Core, name: string, confirmedSeq?: number): void {
  core.journal.dropCursor(name);
  core.path.event({
    kind: 'config',
    name: 'config.sink-removed',
    subject: name,
    timeUs: core.clock.nowUs(),
    detail: { ...(confirmedSeq !== undefined && { confirmedSeq }), lastSeq: core.journal.durableSeq },
  });
}
