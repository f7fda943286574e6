import type {
  ActionSpec,
  AlarmSpec,
  DecisionSpec,
  DerivedSpec,
  ExpressionProblem,
  RuleSpec,
} from '#decide/api.ts';
import { type PlannedDetector, planDetector } from '#decide/detectors/plan.ts';
import type { DetectorSpec } from '#decide/detectors/spec.ts';
import { Compiler } from '#decide/expressions/compile.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Finding } from '#decide/expressions/rewrite.ts';
import { cycles, type Derived } from '#decide/graph.ts';
import { type Action, compileAction } from '#decide/rules/action.ts';
import { type CompiledAlert, compileAlert } from '#decide/rules/alert.ts';
import type { TagTable, TagType } from '#kernel/tag-table.ts';

type Owner = ExpressionProblem['owner'];

/** Everything compiled, nothing running yet. */
export interface Plan {
  readonly compiler: Compiler;
  /** By tag number, in the order of the specification. */
  readonly derived: ReadonlyMap<number, Derived>;
  readonly rules: readonly PlannedRule[];
  readonly alarms: readonly PlannedAlarm[];
  readonly detectors: readonly PlannedDetector[];
}

export interface PlannedRule {
  readonly spec: RuleSpec;
  readonly when: Expression;
  readonly actions: readonly Action[];
  readonly clear: readonly Action[];
  /** Undefined where the rule raises none; so does a shadow, whatever it says. */
  readonly alert: CompiledAlert | undefined;
}

export interface PlannedAlarm {
  readonly spec: AlarmSpec;
  readonly when: Expression;
  readonly suppressWhen: Expression | undefined;
}

/** Compiles all of a specification and reports every problem at once; the plan holds what had none. */
export function plan(
  spec: DecisionSpec,
  tags: TagTable,
): { readonly plan: Plan; readonly problems: readonly ExpressionProblem[] } {
  const planner = new Planner(tags);
  const derived = planner.derived(spec.derived);
  const rules = spec.rules.flatMap((rule) => planner.rule(rule));
  const alarms = spec.alarms.flatMap((alarm) => planner.alarm(alarm));
  const detectors = (spec.detectors ?? []).flatMap((detector) => planner.detector(detector));
  planner.checkIds(spec);
  const { compiler, problems } = planner;
  return { plan: { compiler, derived, rules, alarms, detectors }, problems };
}

class Planner {
  readonly compiler: Compiler;
  readonly problems: ExpressionProblem[] = [];

  constructor(tags: TagTable) {
    this.compiler = new Compiler(tags);
  }

  derived(specs: readonly DerivedSpec[]): Map<number, Derived> {
    const derived = new Map<number, Derived>();
    for (const spec of specs) {
      const one = this.#derivedTag(spec);
      if (one) derived.set(one.tag.number, one);
    }
    for (const cycle of cycles(derived)) {
      const paths = cycle.map(({ tag }) => tag.path);
      const message = `derived tags go in a circle: ${[...paths, paths[0]].join(' → ')}`;
      const hint = 'one of them must rest on something else';
      this.#report({ kind: 'tag', id: paths[0] as string }, 'derive', failure(message, hint));
    }
    return derived;
  }

  rule(spec: RuleSpec): PlannedRule[] {
    const owner: Owner = { kind: 'rule', id: spec.id };
    const when = this.#condition(owner, 'when', spec.when, spec.asset);
    const actions = this.#actions(owner, 'do', spec.do, spec.asset);
    const clear = this.#actions(owner, 'clear', spec.clear, spec.asset);
    const alert = compileAlert(spec, when, this.compiler, (found) => this.#report(owner, 'alert', found));
    const isComplete = spec.alert === undefined || alert !== undefined;
    if (!(when && actions && clear && isComplete)) return [];
    return [{ spec, when, actions, clear, alert: spec.shadow ? undefined : alert }];
  }

  alarm(spec: AlarmSpec): PlannedAlarm[] {
    const owner: Owner = { kind: 'alarm', id: spec.id };
    const when = this.#condition(owner, 'when', spec.when, spec.asset);
    const given = spec.suppressWhen !== undefined;
    const suppressWhen =
      spec.suppressWhen === undefined
        ? undefined
        : this.#condition(owner, 'suppressWhen', spec.suppressWhen, spec.asset);
    if (when && spec.deadband > 0 && !takesDeadband(when)) {
      const message = `a deadband of ${spec.deadband} means nothing for this condition`;
      const hint = 'a deadband needs one tag compared with a limit by <, <=, > or >=; use offDelayMs instead';
      this.#report(owner, 'deadband', failure(message, hint));
    }
    return when && (!given || suppressWhen) ? [{ spec, when, suppressWhen }] : [];
  }

  detector(spec: DetectorSpec): PlannedDetector[] {
    const owner: Owner = { kind: 'detector', id: spec.id };
    const { restWhen, asset } = spec;
    const rests = restWhen === undefined ? undefined : this.#condition(owner, 'restWhen', restWhen, asset);
    const planned = planDetector(spec, rests, this.compiler.tags, (field, message, hint) =>
      this.#report(owner, field, failure(message, hint)),
    );
    return planned ? [planned] : [];
  }

  /** Ids are how people and snapshots name rules and alarms. */
  checkIds(spec: DecisionSpec): void {
    const { detectors = [] } = spec;
    const alarms = [
      ...spec.alarms.map(({ id }) => ({ id, owner: { kind: 'alarm', id } as const })),
      ...spec.rules
        .filter(({ onBad }) => onBad === 'alarm')
        .map(({ id }) => ({ id: inputAlarmId(id), owner: { kind: 'rule', id } as const })),
      ...detectors.flatMap(({ id, alarm }) =>
        alarm ? [{ id, owner: { kind: 'detector', id } as const }] : [],
      ),
    ];
    const rules = spec.rules.map(({ id }) => ({ id, owner: { kind: 'rule', id } as const }));
    for (const named of [alarms, rules]) {
      const seen = new Set<string>();
      for (const { id, owner } of named) {
        if (seen.has(id))
          this.#report(owner, 'id', failure(`${id} is there twice`, 'give one of them another name'));
        seen.add(id);
      }
    }
  }

  #derivedTag(spec: DerivedSpec): Derived | undefined {
    const owner: Owner = { kind: 'tag', id: spec.path };
    const expression = this.#expression(owner, 'derive', spec.derive, spec.asset);
    const tag = this.compiler.tags.find(spec.path);
    if (!tag) {
      const hint = this.compiler.names.suggest(spec.path, spec.asset);
      this.#report(owner, 'path', failure(`there is no tag ${spec.path}`, hint));
      return undefined;
    }
    if (!expression) return undefined;
    const takes = DERIVES[tag.type];
    if (expression.type === 'dyn' || takes.includes(expression.type)) return { spec, tag, expression };
    const hint = takes.length > 0 ? `it must be ${takes.join(' or ')}` : 'structures cannot be derived';
    const message = `the expression gives ${expression.type}, but the tag is declared as ${tag.type}`;
    this.#report(owner, 'derive', failure(message, hint));
    return undefined;
  }

  #actions(owner: Owner, list: string, specs: readonly ActionSpec[], asset: string): Action[] | undefined {
    const actions = specs.map((spec, i) =>
      compileAction(spec, asset, this.compiler, (field, finding) =>
        this.#report(owner, `${list}.${i}.${field}`, finding),
      ),
    );
    return actions.every((action) => action !== undefined) ? actions : undefined;
  }

  #condition(owner: Owner, field: string, text: string, asset: string): Expression | undefined {
    return this.#expression(owner, field, text, asset, 'bool');
  }

  #expression(
    owner: Owner,
    field: string,
    text: string,
    asset: string,
    type?: 'bool',
  ): Expression | undefined {
    const { expression, findings } = this.compiler.compile(text, asset, type);
    for (const finding of findings) this.#report(owner, field, finding);
    return expression;
  }

  #report(owner: Owner, field: string, finding: Finding): void {
    this.problems.push({ owner, field, ...finding });
  }
}

/** Id of the alarm that a rule with `onBad: alarm` raises. */
export const inputAlarmId = (rule: string): string => `${rule}/input`;

const DERIVES: { readonly [type in TagType]: readonly string[] } = {
  number: ['double', 'int'],
  boolean: ['bool'],
  enum: ['int'],
  int64: ['int'],
  text: ['string'],
  structure: [],
};

const takesDeadband = ({ threshold }: Expression): boolean =>
  threshold !== undefined && threshold.op !== '==' && threshold.op !== '!=';

const failure = (message: string, hint: string | undefined): Finding => ({
  offset: 0,
  message,
  ...(hint !== undefined && { hint }),
  severity: 'error',
});

/** What a rule with `onBad: alarm` raises while it cannot decide: medium, as the process itself is not yet off. */
export function inputAlarmSpec({ id, asset, when }: RuleSpec): AlarmSpec {
  return {
    id: inputAlarmId(id),
    asset,
    when,
    priority: 'medium',
    consequence: `Rule ${id} cannot decide and keeps its state.`,
    response: 'Find out why its inputs are bad: sensor, wiring, device, connection.',
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    latched: false,
    shelveMaxMin: 480,
  };
}
