import { readFile } from 'node:fs/promises';
import { infoOf } from '#contract/check-peers.ts';
import { type Draft, type Loaded, loadSite } from '#contract/load.ts';
import type { AlarmModel, DetectorModel, Problem, RuleModel, SiteModel, TagModel } from '#contract/model.ts';
import type { DecisionSpec, ExpressionProblem } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import { compileDecisions } from '#decide/engine.ts';
import { pictureProblems } from '#edge/pictures/check.ts';
import { folderOf } from '#edge/pictures/folder.ts';
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
  return await checkSite(await readSiteFile(path), folderOf(path));
}

/** @throws Fault `site.unreadable` */
export async function readSiteFile(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error) => {
    throw new Fault('site.unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'is its name right? `holdfast schema` describes a site file',
      cause: error,
    });
  });
}

/**
 * Every problem at once: form, meaning, and each expression compiled as the site would.
 * @param folder of the site file, where the drawings of its pictures are. Without it they are not looked at: a site
 *   must start, and its past be replayed, whatever became of a drawing
 */
export async function checkSite(text: string, folder?: string): Promise<Checked> {
  const plugins = await loadPlugins(text);
  const loaded = loadSite(text, plugins);
  const { model, draft, problems } = loaded;
  if (!draft) return { blueprint: undefined, problems };
  const spec = specOf(draft.model);
  const drawn =
    folder === undefined ? [] : await pictureProblems(draft.model.pictures, folder, loaded.located);
  // What a name leads to may have been told while loading: the same at the same place is one problem.
  const all = new Map(
    [...problems, ...ofExpressions(loaded, draft), ...drawn].map((one) => [identity(one), one]),
  );
  const inOrder = [...all.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  const failed = inOrder.some((problem) => problem.severity === 'error');
  return { blueprint: failed || !model ? undefined : { model, plugins, spec, text }, problems: inOrder };
}

const identity = ({ line, column, message }: Problem): string => `${line}:${column} ${message}`;

/** Those of entries that are wrong elsewhere too, as far as the text itself is to blame. */
function* ofExpressions({ model, located }: Loaded, draft: Draft): Iterable<Problem> {
  const { tags, rules, alarms } = draft.halves;
  const halves = new Set<Item>([...tags, ...rules, ...alarms]);
  const whole = draft.model;
  const all = {
    tags: [...whole.tags, ...tags],
    rules: [...whole.rules, ...rules],
    alarms: [...whole.alarms, ...alarms],
    detectors: whole.detectors,
  };
  for (const problem of expressionProblems(all, whole.tags)) {
    const item = itemOf(all, problem);
    const field = fieldOf(item, problem.field);
    if (!item || (halves.has(item) && !located.isText(item, field))) continue;
    if (problem.owner.kind === 'detector' && field.startsWith('tags')) continue; // told while loading
    if (model || !draft.namesBroken(item, problem.field)) yield located.problem(item, field, problem);
  }
}

/** What a detector derives is written as its expression. */
const fieldOf = (item: Item | undefined, field: string): string =>
  item && 'path' in item && item.detector !== undefined && field === 'derive' ? 'expression' : field;

type Items = Pick<SiteModel, 'tags' | 'rules' | 'alarms' | 'detectors'>;
type Item = RuleModel | AlarmModel | TagModel | DetectorModel;

/** What decisions are made of. What detectors learned is not in it: whoever keeps the files adds that. */
export const specOf = ({ tags, rules, alarms, detectors }: Items): DecisionSpec => {
  const promoted = new Map(alarms.flatMap((one) => (one.detector === undefined ? [] : [[one.id, one]])));
  return {
    derived: tags.flatMap((tag) => (tag.derive === undefined ? [] : [{ ...tag, derive: tag.derive }])),
    rules,
    alarms: alarms.filter(({ detector }) => detector === undefined),
    detectors: detectors.map((one) => ({ ...one, alarm: promoted.get(one.id) })),
  };
};

/** @param known tags that expressions may name */
function* expressionProblems(items: Items, known: readonly TagModel[]): Iterable<ExpressionProblem> {
  const table = new TagTable();
  for (const tag of known) table.declare(infoOf(tag));
  yield* compileDecisions(specOf(items), table).problems;
  for (const tag of items.tags) {
    if (tag.write?.interlock === undefined) continue;
    const compiled = compileCondition(tag.write.interlock, tag.asset, table);
    if (!('problems' in compiled)) continue;
    const owner = { kind: 'tag', id: tag.path } as const;
    for (const problem of compiled.problems) yield { ...problem, owner, field: 'write.interlock' };
  }
}

function itemOf(
  { tags, rules, alarms, detectors }: Items,
  { owner: { kind, id } }: ExpressionProblem,
): Item | undefined {
  if (kind === 'rule') return rules.find((rule) => rule.id === id);
  if (kind === 'alarm') return alarms.find((alarm) => alarm.id === id);
  if (kind === 'detector') return detectors.find((detector) => detector.id === id);
  return tags.find((tag) => tag.path === id);
}
