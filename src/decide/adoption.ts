import { isDeepStrictEqual } from 'node:util';
import type { AlarmSpec, Reading, RuleSpec } from '#decide/api.ts';
import type { PlannedDetector } from '#decide/detectors/plan.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Plan, PlannedAlarm, PlannedRule } from '#decide/plan.ts';
import type { TagType } from '#kernel/tag-table.ts';

/** What an expression computes, from which tags: enough to tell whether it is still the same. */
type Computed = Pick<Expression, 'key' | 'tags'>;

/** What was compiled, as far as a later compilation of a changed specification must know it. */
export interface Compilation {
  /** By tag number, of all tags of the table then. */
  readonly types: readonly (TagType | undefined)[];
  /** By tag number. */
  readonly derived: ReadonlyMap<number, Computed>;
  /** Conditions by name. */
  readonly conditions: ReadonlyMap<string, Computed>;
}

type ConditionKind = 'rule' | 'alarm' | 'suppression' | 'rest';
/** Names of conditions, unique within a machine. */
const named =
  (kind: ConditionKind) =>
  (id: string): string =>
    `${kind} ${id}`;
export const ruleName = named('rule');
export const alarmName = named('alarm');
export const suppressionName = named('suppression');
/** Of the condition under which a detector rests. */
export const restName = named('rest');

export function compilationOf({ compiler, derived, rules, alarms, detectors }: Plan): Compilation {
  const types: TagType[] = [];
  for (const { number, type } of compiler.tags) types[number] = type;
  const computed = ({ key, tags }: Expression): Computed => ({ key, tags });
  const ofRule = ({ spec, when }: PlannedRule) => [ruleName(spec.id), computed(when)] as const;
  const ofAlarm = ({ spec, when, suppressWhen }: PlannedAlarm) => [
    [alarmName(spec.id), computed(when)] as const,
    ...(suppressWhen ? [[suppressionName(spec.id), computed(suppressWhen)] as const] : []),
  ];
  const ofRest = ({ spec, restWhen }: PlannedDetector) =>
    restWhen ? [[restName(spec.id), computed(restWhen)] as const] : [];
  return {
    types,
    derived: new Map([...derived].map(([tag, { expression }]) => [tag, computed(expression)])),
    conditions: new Map([...rules.map(ofRule), ...alarms.flatMap(ofAlarm), ...detectors.flatMap(ofRest)]),
  };
}

export function* readingsOf({ derived, conditions }: Compilation): Iterable<Reading> {
  for (const [tag, { tags }] of derived) yield { kind: 'tag', tag, tags };
  for (const [name, { tags }] of conditions) {
    const space = name.indexOf(' ');
    const kind = name.slice(0, space) as ConditionKind;
    yield { kind: kind === 'rest' ? 'detector' : kind, id: name.slice(space + 1), tags };
  }
}

/**
 * Tags whose values begin anew: those given, those of another type than before, those that are derived otherwise, and
 * all that are derived from any of them.
 */
export function freshTags(
  now: Compilation,
  before: Compilation,
  given: ReadonlySet<number>,
): ReadonlySet<number> {
  const fresh = new Set(given);
  for (const [tag, type] of before.types.entries()) {
    if (type !== undefined && now.types[tag] !== type) fresh.add(tag);
  }
  for (const tag of before.derived.keys()) if (!now.derived.has(tag)) fresh.add(tag);
  const looked = new Set<number>();
  const isFresh = (tag: number): boolean => {
    const derived = now.derived.get(tag);
    if (!derived || fresh.has(tag) || looked.has(tag)) return fresh.has(tag);
    looked.add(tag);
    const rests = derived.tags.filter(isFresh).length > 0;
    if (rests || before.derived.get(tag)?.key !== derived.key) fresh.add(tag);
    return fresh.has(tag);
  };
  for (const tag of now.derived.keys()) isFresh(tag);
  return fresh;
}

/** Whether the condition of this name computes the same as before, from the same. */
export function sameCondition(
  name: string,
  now: Compilation,
  before: Compilation,
  fresh: ReadonlySet<number>,
): boolean {
  const computed = now.conditions.get(name);
  if (computed?.key !== before.conditions.get(name)?.key) return false;
  return !computed?.tags.some((tag) => fresh.has(tag));
}

/** Whether a rule does as before; its alert may be worded otherwise. */
export const actsAlike = ({ alert, ...a }: RuleSpec, { alert: before, ...b }: RuleSpec): boolean =>
  (alert === undefined) === (before === undefined) && isDeepStrictEqual(a, b);

/** Whether an alarm behaves as before; what it tells people may be written otherwise. */
export function behavesAlike(a: AlarmSpec, b: AlarmSpec): boolean {
  return isDeepStrictEqual(behaviour(a), behaviour(b));
}

const behaviour = ({ asset, when, suppressWhen, deadband, onDelayMs, offDelayMs, latched }: AlarmSpec) => [
  asset,
  when,
  suppressWhen,
  deadband,
  onDelayMs,
  offDelayMs,
  latched,
];
