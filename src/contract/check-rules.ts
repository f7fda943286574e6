import { type Complain, complainOf, resolveTag, valueProblem } from '#contract/check-tags.ts';
import { among, type Expanded } from '#contract/expand.ts';
import { check, show } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import type { PeerModel, RuleModel, TagModel } from '#contract/model.ts';
import type { Plugins } from '#contract/plugins.ts';

type Action = RuleModel['do'][number];
type Write = Extract<Action, { write: unknown }>['write'];

export interface RuleContext {
  readonly site: Expanded;
  readonly actuators: ReadonlyMap<string, PeerModel>;
  /** Ids that exist but could not be read. */
  readonly brokenActuators: ReadonlySet<string>;
  readonly plugins: Plugins;
  readonly add: (finding: Finding) => void;
}

/** Resolves the tags of the actions and checks what they write and send. */
export function checkRule(rule: RuleModel, context: RuleContext): RuleModel {
  const complain = complainOf(rule, context.add);
  const resolved = (list: 'do' | 'clear') =>
    rule[list].map((action, i): Action => {
      if ('send' in action) {
        checkSend(action.send, rule, [list, i, 'send'], context);
        return action;
      }
      return { write: checkWrite(action.write, rule, [list, i, 'write'], context, complain) };
    });
  const insteadOf = checkShadow(rule, context.site, complain);
  return {
    ...rule,
    do: resolved('do'),
    clear: resolved('clear'),
    ...(insteadOf !== undefined && { insteadOf }),
  };
}

/** @returns full id of the rule that it is held against */
function checkShadow(rule: RuleModel, site: Expanded, complain: Complain): string | undefined {
  const { shadow, insteadOf, onBad, asset } = rule;
  if (shadow && onBad === 'alarm') {
    complain(['onBad'], 'a shadow raises no alarm', 'write hold or safe, or take shadow away');
  }
  if (insteadOf === undefined) return undefined;
  if (!shadow) {
    complain(['insteadOf'], 'only a shadow stands instead of a rule', 'add shadow: true, or take it away');
    return insteadOf;
  }
  const others = site.rules.filter(({ id }) => id !== rule.id);
  const near = asset === '' ? insteadOf : `${asset}/${insteadOf}`;
  const found = others.find(({ id }) => id === near) ?? others.find(({ id }) => id === insteadOf);
  if (found) return found.id;
  const hint = among(
    insteadOf,
    others.map(({ id }) => id),
    'rules',
  );
  complain(['insteadOf'], `there is no other rule ${insteadOf}`, hint);
  return insteadOf;
}

function checkWrite(
  write: Write,
  rule: RuleModel,
  at: Finding['where'],
  context: RuleContext,
  complain: Complain,
): Write {
  const found = resolveTag(context.site, rule.asset, write.tag);
  if (!found) return write;
  if ('hint' in found) {
    complain([...at, 'tag'], `there is no tag ${write.tag}`, found.hint);
    return write;
  }
  const { tag } = found;
  const problem = writableProblem(tag);
  if (problem) complain([...at, 'tag'], ...problem);
  else {
    const { value } = write;
    const why = isExpression(value) ? undefined : valueProblem(tag, value);
    if (why)
      complain(
        [...at, 'value'],
        `${tag.path} cannot take ${show(value)}: ${why}`,
        'write a value within its limits, or "{{ an expression }}"',
      );
    checkLease(write, tag, at, complain);
  }
  return { ...write, tag: tag.path };
}

const isExpression = (value: unknown): boolean => typeof value === 'string' && value.includes('{{');

function writableProblem(tag: TagModel): [message: string, hint: string] | undefined {
  if (tag.safety) {
    return [
      `${tag.path} belongs to a safety function: Holdfast never writes to one`,
      'write to a tag of the process control',
    ];
  }
  if (tag.derive !== undefined)
    return [`${tag.path} is derived: it cannot be written`, 'write to the tags that it is made of'];
  if (tag.access !== 'read') return undefined;
  return [`${tag.path} is read-only`, 'give the tag `access: readWrite` and limits under `write:`'];
}

function checkLease({ leaseMs }: Write, tag: TagModel, at: Finding['where'], complain: Complain): void {
  if (leaseMs === undefined) return;
  const lease = tag.write?.lease;
  if (!lease) {
    complain(
      [...at, 'leaseMs'],
      `${tag.path} has no lease, so nothing says which value is safe`,
      'add write.lease {maxMs, safe} to the tag, or remove leaseMs',
    );
  } else if (leaseMs > lease.maxMs) {
    complain(
      [...at, 'leaseMs'],
      `leaseMs is ${leaseMs}: ${tag.path} may be held at most ${lease.maxMs} ms`,
      `write ${lease.maxMs} or less; a lease is renewed while the rule is on`,
    );
  }
}

function checkSend(
  send: { readonly to: string; readonly [field: string]: unknown },
  rule: RuleModel,
  at: Finding['where'],
  { actuators, brokenActuators, plugins, add }: RuleContext,
): void {
  const { to, ...fields } = send;
  const where = [...rule.where, ...at];
  const actuator = actuators.get(to);
  if (!actuator) {
    if (brokenActuators.has(to)) return;
    const hint = among(to, actuators.keys(), 'actuators');
    add({ where: [...where, 'to'], message: `there is no actuator ${to}`, hint, asset: rule.asset });
    return;
  }
  const schema = plugins.actuators[actuator.kind]?.action;
  if (schema) check(schema, fields, { where, add, asset: rule.asset, open: isExpression });
}
