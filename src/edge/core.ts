import { infoOf } from '#contract/check-peers.ts';
import type { Decisions } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { guardedTags } from '#edge/guarded.ts';
import { Liveness } from '#edge/liveness.ts';
import { DECISIONS_STATE, DecisionPath } from '#edge/path.ts';
import type { Peers } from '#edge/peers.ts';
import { RecentEvents } from '#edge/recent.ts';
import { SkewReport } from '#edge/skew.ts';
import { siteStages } from '#edge/stages.ts';
import { PresentValues } from '#edge/values.ts';
import { GUARD_STATE, guardPorts } from '#edge/writes.ts';
import type { Guard, WriteState } from '#guard/api.ts';
import { createGuard } from '#guard/guard.ts';
import type { Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';

/** The inside of a site: what decides and keeps, with nothing yet that talks to a machine. */
export interface Core {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly table: TagTable;
  readonly values: PresentValues;
  readonly liveness: Liveness;
  readonly recent: RecentEvents;
  readonly decisions: Decisions;
  readonly guard: Guard;
  readonly path: DecisionPath;
  /** How writes ended since start. */
  readonly writes: Readonly<Record<WriteState, number>>;
  /** Prepares the stages for a tag that appeared at run time. */
  declare(tag: Tag): void;
}

/** Joins the parts around one journal; alarms, rules and leases go on from where the last run left them. */
export function composeCore({ model, spec }: Blueprint, journal: Journal, clock: Clock, peers: Peers): Core {
  const table = new TagTable(journal.opened.tags, (tag) => journal.tag(tag));
  for (const tag of model.tags) table.declare(infoOf(tag));
  const values = new PresentValues();
  const liveness = new Liveness();
  const recent = new RecentEvents();
  const { decisions, problems } = compileDecisions(spec, table, journal.opened.state.get(DECISIONS_STATE));
  if (!decisions)
    throw new Fault('site.invalid', problems.map((one) => one.message).join('; '), { retry: 'never' });

  const writes = guardPorts({
    clock,
    journal,
    event: (event) => path.event(event),
    sourceOf: (tag) => peers.sourceOf(tag),
    remoteWrites: model.settings.remoteWrites,
  });
  const limits = guardedTags(model.tags, table);
  const guard = createGuard(
    limits,
    writes.ports,
    compileCondition,
    table,
    journal.opened.state.get(GUARD_STATE),
  );
  const skew = new SkewReport((event) => path.event(event));
  const stages = siteStages(model.tags, table, clock, model.settings.clock.maxAheadMs * 1000, skew);
  const path = new DecisionPath({
    clock,
    table,
    stages,
    decisions,
    guard,
    journal,
    values,
    liveness,
    onEvent: (event) => recent.add(event),
    send: (to, config, rule) => peers.send(to, config, rule),
  });
  return {
    clock,
    journal,
    table,
    values,
    liveness,
    recent,
    decisions,
    guard,
    path,
    writes: writes.ended,
    declare: stages.declare,
  };
}
