import type * as z from 'zod';
import type { Finding } from '#contract/findings.ts';
import type { Where } from '#contract/model.ts';
import { messageOf } from '#kernel/fault.ts';
import { nearest } from '#kernel/nearest.ts';

type Issue = z.core.$ZodIssue;

export interface CheckOptions {
  readonly where: Where;
  readonly asset?: string | undefined;
  readonly add: (finding: Finding) => void;
  /** Texts whose value is known only later (`${param}`, `{{ expression }}`): not judged. */
  readonly open?: (text: string) => boolean;
}

/** Validates with a schema; every issue becomes a finding in plain words at its own key or value. Never throws. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  options: CheckOptions,
): z.output<S> | undefined {
  const { where, add, asset } = options;
  try {
    const result = schema.safeParse(value, { error: knownKeys });
    if (result.success) return result.data;
    const issues = result.error.issues.flatMap(unfold).filter((issue) => !isOpen(issue, value, options.open));
    const told = issues.flatMap((issue) => explain(issue, value, where));
    // A misspelt key is one mistake: that the right one is missing says nothing more.
    const meant = new Set(told.map((finding) => finding.meant?.join('\n')));
    for (const { meant: _, ...finding } of told) {
      if (finding.end !== 'key' || !meant.has(finding.where.join('\n'))) add({ ...finding, asset });
    }
  } catch (error) {
    // A plugin's schema may throw; that must not take the check of all the rest with it.
    add({ where, asset, message: `this could not be checked: ${messageOf(error)}` });
  }
  return undefined;
}

/** A finding about an unknown key knows which one was meant. */
interface Told extends Finding {
  readonly meant?: Where | undefined;
}

/** Issues name the unknown key but not its neighbours: those travel in the message, for "did you mean". */
const knownKeys = (issue: z.core.$ZodRawIssue): string | undefined => {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const def = (issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def;
  return Object.keys(def?.shape ?? {}).join(' ');
};

/** A union fails with the issues of every branch: those of the branch that came closest are worth reading. */
function unfold(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) => branch.flatMap(unfold));
  const best = branches.reduce((a, b) => (closeness(b) > closeness(a) ? b : a));
  // Wrong at the top of every branch: no branch is nearer than the others.
  const wrong = (inner: Issue) => inner.code === 'invalid_type' || inner.code === 'invalid_value';
  if (best.some((inner) => inner.path.length === 0 && wrong(inner))) return [issue];
  return best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Deep issues mean that the outer keys matched; then fewer issues are better. */
function closeness(branch: readonly Issue[]): number {
  const depths = branch.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 0 : 1));
  const wrongTop = branch.some(({ code, path }) => path.length === 0 && code === 'invalid_type');
  return (wrongTop ? -1000 : 0) + Math.min(...depths) * 10 - branch.length;
}

function isOpen(issue: Issue, root: unknown, open: CheckOptions['open']): boolean {
  if (!open || issue.code === 'unrecognized_keys') return false;
  const value = valueAt(root, issue.path);
  if (typeof value === 'string') return open(value);
  const composed = issue.code === 'invalid_union' || issue.code === 'custom';
  return composed && textsIn(value).some(open);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as { [key: PropertyKey]: unknown })[step];
  }
  return value;
}

function explain(issue: Issue, root: unknown, base: Where): Told[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step));
  const where = [...base, ...path];
  const name = nameOf(where);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message === '' ? [] : issue.message.split(' ');
    return issue.keys.map((key) => unknownKey(key, known, where));
  }
  if (issue.code === 'invalid_key') return [badKey(issue, where)];
  const value = valueAt(root, issue.path);
  if (value === undefined) {
    const message = `${name} is missing`;
    return [{ where, end: 'key', message, hint: `add \`${name}:\` ${expectation(issue)}`.trimEnd() }];
  }
  // A rule over several fields: the map itself says nothing.
  if (issue.code === 'custom' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return [{ where, end: 'key', message: `${name}: ${reason(issue)}` }];
  }
  const found = value === null ? `${name} is empty` : `${name} is ${show(value)}`;
  return [{ where, end: 'value', message: `${found}: ${reason(issue)}`, hint: hintFor(issue, value) }];
}

function unknownKey(key: string, known: readonly string[], parent: Where): Told {
  const guess = nearest(key, known);
  const hint = guess
    ? `did you mean ${guess}?`
    : known.length > 0
      ? `keys here: ${known.join(', ')}`
      : 'remove it';
  const holder = parent.length === 0 ? 'at the top of the file' : `in ${nameOf(parent)}`;
  return {
    where: [...parent, key],
    end: 'key',
    message: `unknown key ${key} ${holder}`,
    hint,
    meant: guess === undefined ? undefined : [...parent, guess],
  };
}

function badKey(issue: Issue & { code: 'invalid_key' }, where: Where): Finding {
  const name = String(where.at(-1));
  const message = `the name ${JSON.stringify(name)} is not allowed: ${issue.issues[0]?.message ?? issue.message}`;
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9_/-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return {
    where,
    end: 'key',
    message,
    hint: better === '' ? 'begin with a letter' : `for example ${better}`,
  };
}

/** The last name on the way with the indices behind it: `range[0]`. */
function nameOf(where: Where): string {
  const last = where.findLastIndex((step) => typeof step === 'string');
  const indices = where.slice(last + 1).map((index) => `[${index}]`);
  return `${last < 0 ? 'the file' : where[last]}${indices.join('')}`;
}

/** A value as it is quoted in a message, never long. */
export function show(value: unknown): string {
  if (Array.isArray(value))
    return value.length > 4 ? `a list of ${value.length}` : short(JSON.stringify(value));
  if (typeof value === 'object' && value !== null) return `a map (${short(Object.keys(value).join(', '))})`;
  return typeof value === 'string' ? short(JSON.stringify(value)) : String(value);
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

const KINDS: { readonly [expected: string]: string } = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map (key: value)',
  record: 'a map (key: value)',
  array: 'a list',
  tuple: 'a list',
};

/** The values that a choice takes; zod keeps the options of a discriminated union out of its type. */
function choices(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return ((issue as { readonly options?: readonly unknown[] }).options ?? []).map(String);
}

/** What belongs here, for "expected …" and for what is missing. */
function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  return choices(issue).join(' | ');
}

function reason(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${expectation(issue)}`;
    case 'invalid_value':
    case 'invalid_union': {
      const known = choices(issue);
      if (known.length > 0) return `expected ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}`;
      return `expected ${issue.code === 'invalid_union' ? branches(issue) : 'something else'}`;
    }
    case 'too_small':
      return bound('at least', 'more than', issue.minimum, issue.inclusive ?? true, issue.origin);
    case 'too_big':
      return bound('at most', 'less than', issue.maximum, issue.inclusive ?? true, issue.origin);
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  }
}

function branches(issue: Issue & { code: 'invalid_union' }): string {
  const all = issue.errors
    .flat()
    .filter((inner) => inner.path.length === 0)
    .map(expectation);
  return [...new Set(all.filter((text) => text !== ''))].join(' or ') || 'something else';
}

function bound(
  closed: string,
  open: string,
  limit: number | bigint,
  inclusive: boolean,
  origin: string,
): string {
  const counted =
    origin === 'string' ? ' characters' : origin === 'array' || origin === 'tuple' ? ' entries' : '';
  if (counted === ' characters' && limit === 1 && inclusive) return 'it must not be empty';
  return `${inclusive ? closed : open} ${limit}${counted}`;
}

function hintFor(issue: Issue, value: unknown): string | undefined {
  if (value === null) return 'write a value, or remove the line (an empty map is {}, an empty list [])';
  const guess = nearest(String(value), choices(issue));
  if (guess) return `did you mean ${guess}?`;
  return issue.code === 'invalid_type' ? typeHint(issue.expected, value) : undefined;
}

function typeHint(expected: string, value: unknown): string | undefined {
  if (expected === 'string') return typeof value === 'object' ? undefined : `put it in quotes: "${value}"`;
  if (expected === 'int' && typeof value === 'number') return `write ${Math.round(value)}`;
  if (typeof value !== 'string') return undefined;
  if (expected === 'boolean') {
    if (/^(yes|on|true|y)$/i.test(value)) return 'write true (without quotes)';
    return /^(no|off|false|n)$/i.test(value) ? 'write false (without quotes)' : undefined;
  }
  return expected === 'number' || expected === 'int' ? numberHint(value) : undefined;
}

const MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function numberHint(text: string): string | undefined {
  const plain = text
    .replaceAll('_', '')
    .replace(/^(\d+),(\d+)$/, '$1.$2')
    .trim();
  if (plain !== '' && Number.isFinite(Number(plain))) return `write ${Number(plain)} (without quotes)`;
  const [, amount, unit] = /^([\d.]+)\s*(ms|s|min|h|d)$/.exec(plain) ?? [];
  return amount && unit
    ? `units stand in the name of the key; in ms this is ${Number(amount) * (MS[unit] ?? 1)}`
    : undefined;
}
