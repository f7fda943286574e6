import { infoOf } from '#contract/check-peers.ts';
import type { TagModel } from '#contract/model.ts';
import type { Decisions } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import type { Change } from '#edge/change.ts';
import { keptDecisions } from '#edge/decision-state.ts';
import { SiteDetectors } from '#edge/detectors/site-detectors.ts';
import { guardedTags } from '#edge/guarded.ts';
import { Liveness } from '#edge/liveness.ts';
import { DecisionPath } from '#edge/path.ts';
import type { Peers } from '#edge/peers.ts';
import { RecentEvents } from '#edge/recent.ts';
import { ShadowRules } from '#edge/shadow-rules.ts';
import { SkewReport } from '#edge/skew.ts';
import { type Stages, siteStages } from '#edge/stages.ts';
import { PresentValues } from '#edge/values.ts';
import { GUARD_STATE, guardPorts } from '#edge/writes.ts';
import type { Guard, WriteState } from '#guard/api.ts';
import { createGuard } from '#guard/guard.ts';
import type { Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';
import type { Deps } from '#plugin/api.ts';

/** The inside of a site: what decides and keeps, with nothing yet that talks to a machine. */
export interface Core {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly table: TagTable;
  readonly values: PresentValues;
  readonly liveness: Liveness;
  readonly recent: RecentEvents;
  /** Those of the site file that runs now. */
  readonly decisions: Decisions;
  readonly guard: Guard;
  readonly shadows: ShadowRules;
  readonly detectors: SiteDetectors;
  readonly path: DecisionPath;
  /** How writes ended since start. */
  readonly writes: Readonly<Record<WriteState, number>>;
  /** Prepares the stages for a tag that appeared at run time. */
  declare(tag: Tag): void;
  /**
   * Everything about another site file that can fail, and nothing else: the core is as before.
   * @throws Fault `site.invalid`, `site.too-many-tags`
   */
  plan(next: Blueprint): CorePlan;
}

export interface CorePlan {
  /** The tags of the other file with the numbers that they will have. */
  readonly table: TagTable;
  /**
   * Goes over to the other file, between two batches.
   * @param changes what is different; parts that nothing of it concerns are not touched
   * @param redefined tags whose rows mean something else now
   * @returns resolves once the safe values have ended that tags of before were owed
   */
  apply(changes: readonly Change[], redefined: ReadonlySet<number>): Promise<void>;
}

/** Numbers are never given again: a site whose tags are renamed for ever must end somewhere. */
const MOST_NUMBERS = 2_000_000;

/**
 * Joins the parts around one journal; alarms, rules and leases go on from where the last run left them.
 * @param dataDir where detectors' learned files are; undefined where there are none
 * @param mode a shadow writes nothing
 */
export function composeCore(
  { model, spec }: Blueprint,
  journal: Journal,
  clock: Clock,
  peers: Peers,
  dataDir: string | undefined,
  mode: Deps['mode'] = 'live',
): Core {
  let { settings } = model;
  const table = new TagTable(journal.opened.tags, (tag) => journal.tag(tag));
  for (const tag of model.tags) table.declare(infoOf(tag));
  const values = new PresentValues();
  const liveness = new Liveness();
  const recent = new RecentEvents();
  const detectors = new SiteDetectors({
    dataDir,
    journal,
    clock,
    decisions: () => path.decisions,
    event: (event) => path.event(event),
    keep: () => path.keep(),
  });
  const decisions = compiled(
    { model, spec: detectors.withFiles(spec) },
    table,
    keptDecisions(journal.opened.state),
  );

  const writes = guardPorts({
    clock,
    journal,
    event: (event) => path.event(event),
    sourceOf: (tag) => peers.sourceOf(tag),
    remoteWrites: () => settings.remoteWrites,
    shadow: mode === 'shadow',
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
  const stages = siteStages(model.tags, table, clock, settings.clock.maxAheadMs * 1000, skew);
  const shadows = new ShadowRules();
  shadows.change(spec.rules, decisions.rules());
  const path = new DecisionPath({
    shadows,
    clock,
    table,
    stages,
    decisions,
    guard,
    journal,
    values,
    liveness,
    onEvent(event, seq) {
      recent.add(event, seq);
      detectors.findings.take(event);
    },
    send: (to, config, rule) => peers.send(core, to, config, rule),
  });
  detectors.change(spec);
  const apply = (
    next: Blueprint,
    decisions: Decisions,
    changes: readonly Change[],
    redefined: ReadonlySet<number>,
  ) => {
    for (const tag of next.model.tags) table.declare(infoOf(tag));
    settings = next.model.settings;
    stages.setMaxAhead(settings.clock.maxAheadMs * 1000);
    if (!changes.some(({ section }) => DECIDED.has(section))) return Promise.resolve();
    // Safe values leave while the sources of before still own their tags.
    const isShadow = new Set(next.spec.rules.filter(({ shadow }) => shadow).map(({ id }) => id));
    for (const { section, id, what } of changes) {
      if (section !== 'rules') continue;
      if (what === 'removed' || isShadow.has(id)) guard.release({ kind: 'rule', name: id });
    }
    const limits = guardedTags(next.model.tags, table);
    const safe = guard.reconfigure(limits, (tag) => values.get(tag), redefined);
    detectors.change(next.spec);
    path.swap(decisions, redefined);
    shadows.change(next.spec.rules, decisions.rules());
    changeStages(stages, table, next.model.tags, changes, redefined);
    return safe;
  };
  const core: Core = {
    clock,
    journal,
    table,
    values,
    liveness,
    recent,
    get decisions() {
      return path.decisions;
    },
    guard,
    shadows,
    detectors,
    path,
    writes: writes.ended,
    declare: stages.declare,
    plan(next) {
      const trial = new TagTable(table);
      for (const tag of next.model.tags) trial.declare(infoOf(tag));
      if (trial.size > MOST_NUMBERS) throw tooManyTags(trial.size);
      const spec = detectors.withFiles(next.spec);
      const decisions = compiled({ model: next.model, spec }, trial, path.decisions.snapshot());
      return { table: trial, apply: (changes, redefined) => apply(next, decisions, changes, redefined) };
    },
  };
  return core;
}

function changeStages(
  stages: Stages,
  table: TagTable,
  tags: readonly TagModel[],
  changes: readonly Change[],
  redefined: ReadonlySet<number>,
): void {
  const ofTags = changes.filter(({ section }) => section === 'tags');
  for (const { id, what } of ofTags) if (what === 'removed') stages.remove(table.number(id));
  const changed = new Set(ofTags.map(({ id }) => id));
  for (const tag of tags) if (changed.has(tag.path)) stages.change(tag);
  for (const tag of redefined) stages.forget(tag);
}

/** Sections of the site file that decisions and the guard are made of. */
export const DECIDED: ReadonlySet<string> = new Set(['tags', 'rules', 'alarms', 'detectors']);

/** @throws Fault `site.invalid`: a blueprint was checked, so this tells of a mistake of ours */
function compiled(
  { model, spec }: Pick<Blueprint, 'model' | 'spec'>,
  table: TagTable,
  snapshot: Json | undefined,
): Decisions {
  const { decisions, problems } = compileDecisions(spec, table, snapshot);
  const ofLocks = model.tags.flatMap(({ asset, write }) => {
    if (write?.interlock === undefined) return [];
    const lock = compileCondition(write.interlock, asset, table);
    return 'problems' in lock ? lock.problems : [];
  });
  if (decisions && ofLocks.length === 0) return decisions;
  const what = [...problems, ...ofLocks].map((one) => one.message).join('; ');
  throw new Fault('site.invalid', what, { retry: 'never' });
}

const tooManyTags = (count: number): Fault =>
  new Fault(
    'site.too-many-tags',
    `with these tags ${count} numbers would be in use; at most ${MOST_NUMBERS}`,
    {
      retry: 'never',
      hint: 'Numbers of tags that are gone are kept for the journal: begin with a new data folder.',
    },
  );
