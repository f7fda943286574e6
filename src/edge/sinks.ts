import type { PeerModel } from '#contract/model.ts';
import type { Core } from '#edge/core.ts';
import type { LoadedPlugins } from '#edge/plugins.ts';
import { type PeerContext, sinkDeps } from '#edge/prepare.ts';
import { SinkLoop } from '#edge/sink-loop.ts';
import type { Feed } from '#journal/api.ts';
import { Fault } from '#kernel/fault.ts';

export interface SinksOptions {
  readonly site: string;
  readonly sinks: readonly PeerModel[];
  readonly plugins: LoadedPlugins;
  readonly feed: Feed;
  readonly context: PeerContext;
}

/** Makes the loops of all sinks and their places in the journal; none runs yet. @throws Fault `site.unknown-kind` */
export function makeSinks(core: Core, options: SinksOptions): Map<string, SinkLoop> {
  const { context, feed, plugins } = options;
  const loops = new Map<string, SinkLoop>();
  for (const { id, kind, config } of options.sinks) {
    const def = plugins.sinks[kind];
    if (!def) throw new Fault('site.unknown-kind', `there is no sink of kind ${kind}`, { retry: 'never' });
    // Known from the start: what it has not taken yet does not count as delivered because another sink has it.
    if (def.delivers !== 'best-effort') core.journal.setCursor(id, 0);
    const ports = {
      clock: core.clock,
      log: context.log,
      deps: sinkDeps(id, options.site, context),
      journal: core.journal,
      feed,
    };
    loops.set(id, new SinkLoop(id, def, def.config.parse(config), ports));
  }
  return loops;
}

/** A sink that is no longer in the site file must not hold back space for ever; that it went is on record. */
export function dropOldCursors(core: Core, sinks: ReadonlyMap<string, unknown>): void {
  for (const [name, seq] of core.journal.opened.cursors) {
    if (sinks.has(name)) continue;
    core.journal.dropCursor(name);
    core.path.event({
      kind: 'config',
      name: 'config.sink-removed',
      subject: name,
      timeUs: core.clock.nowUs(),
      detail: { confirmedSeq: seq, lastSeq: core.journal.durableSeq },
    });
  }
}
