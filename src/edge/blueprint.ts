import { readFile } from 'node:fs/promises';
import { infoOf } from '#contract/check-peers.ts';
import { loadSite } from '#contract/load.ts';
import type { AlarmModel, Problem, RuleModel, SiteModel, TagModel } from '#contract/model.ts';
import type { DecisionSpec, ExpressionProblem } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import { compileDecisions } from '#decide/engine.ts';
import { type LoadedPlugins, loadPlugins } from '#edge/plugins.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { TagTable } from '#kernel/tag-table.ts';

/** A site file that holds: everything a site needs to start, nothing opened yet. */
export interface Blueprint {
  readonly model: SiteModel;
  readonly plugins: LoadedPlugins;
  readonly spec: DecisionSpec;
  /** Text as it was read: its digest names the configuration in the journal. */
  readonly text: string;
}

export interface Checked {
  /** Absent when there is an error among the problems. */
  readonly blueprint: Blueprint | undefined;
  readonly problems: readonly Problem[];
}

/** @throws Fault `site.unreadable` */
export async function readBlueprint(path: string): Promise<Checked> {
  return await checkSite(await readSiteFile(path));
}

/** @throws Fault `site.unreadable` */
export async function readSiteFile(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error) => {
    throw new Fault('site.unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'name a site file with --site; `holdfast schema` describes it',
      cause: error,
    });
  });
}

/** Every problem at once: form, meaning, and each expression compiled as the site would. */
export async function checkSite(text: string): Promise<Checked> {
  const plugins = await loadPlugins(text);
  const { model, draft, problems, located } = loadSite(text, plugins);
  if (!draft) return { blueprint: undefined, problems };
  const spec = specOf(draft.model);
  const all = [...problems];
  for (const problem of expressionProblems(draft.model, spec)) {
    const item = itemOf(draft.model, problem);
    if (item && (model || !draft.namesBroken(item, problem.field))) {
      all.push(located.problem(item, problem.field, problem));
    }
  }
  all.sort((a, b) => a.line - b.line || a.column - b.column);
  const failed = all.some((problem) => problem.severity === 'error');
  return { blueprint: failed || !model ? undefined : { model, plugins, spec, text }, problems: all };
}

/** What decisions are made of. */
export const specOf = ({ tags, rules, alarms }: SiteModel): DecisionSpec => ({
  derived: tags.flatMap((tag) => (tag.derive === undefined ? [] : [{ ...tag, derive: tag.derive }])),
  rules,
  alarms,
});

function* expressionProblems(model: SiteModel, spec: DecisionSpec): Iterable<ExpressionProblem> {
  const table = new TagTable();
  for (const tag of model.tags) table.declare(infoOf(tag));
  yield* compileDecisions(spec, table).problems;
  for (const tag of model.tags) {
    if (tag.write?.interlock === undefined) continue;
    const compiled = compileCondition(tag.write.interlock, tag.asset, table);
    if (!('problems' in compiled)) continue;
    const owner = { kind: 'tag', id: tag.path } as const;
    for (const problem of compiled.problems) yield { ...problem, owner, field: 'write.interlock' };
  }
}

function itemOf(
  model: SiteModel,
  { owner: { kind, id } }: ExpressionProblem,
): RuleModel | AlarmModel | TagModel | undefined {
  if (kind === 'rule') return model.rules.find((rule) => rule.id === id);
  if (kind === 'alarm') return model.alarms.find((alarm) => alarm.id === id);
  return model.tags.find((tag) => tag.path === id);
}
