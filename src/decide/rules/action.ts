import type { ActionSpec } from '#decide/api.ts';
import type { Compiler } from '#decide/expressions/compile.ts';
import type { CelValue, Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import { type Finding, stateCode } from '#decide/expressions/rewrite.ts';
import { compileTemplate, expressionsOf, plain, renderText, type Template } from '#decide/rules/template.ts';
import type { Value } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** A compiled action of a rule. */
export type Action = WriteAction | SendAction;

export interface WriteAction {
  readonly kind: 'write';
  readonly tag: Tag;
  readonly leaseMs: number | undefined;
  readonly reads: readonly Expression[];
  /** In the form that rows have: booleans as 0/1, enums by code. Undefined when unknown or no value of the tag. */
  value(inputs: Inputs, nowUs: number): number | Value | undefined;
}

export interface SendAction {
  readonly kind: 'send';
  readonly to: string;
  readonly reads: readonly Expression[];
  config(inputs: Inputs, nowUs: number): Json;
}

/** Told of every finding; `field` is the place below the action, such as `write.value`. */
export type Report = (field: string, finding: Finding) => void;

/** @returns undefined when something was reported that is an error */
export function compileAction(
  spec: ActionSpec,
  asset: string,
  compiler: Compiler,
  report: Report,
): Action | undefined {
  return 'write' in spec
    ? compileWrite(spec.write, asset, compiler, report)
    : compileSend(spec.send, asset, compiler, report);
}

function compileWrite(
  spec: Extract<ActionSpec, { readonly write: unknown }>['write'],
  asset: string,
  compiler: Compiler,
  report: Report,
): WriteAction | undefined {
  const tag = compiler.tags.find(spec.tag);
  if (!tag) {
    const hint = compiler.names.suggest(spec.tag, asset);
    report('write.tag', error(`there is no tag ${spec.tag}`, hint));
    return undefined;
  }
  const base = { kind: 'write' as const, tag, leaseMs: spec.leaseMs };
  if (typeof spec.value === 'string' && spec.value.includes('{{')) {
    return templateWrite(base, spec.value, asset, compiler, report);
  }
  const value = rowValue(tag, spec.value);
  if (value === undefined) {
    report('write.value', error(`${JSON.stringify(spec.value)} is no value of ${spec.tag}`, wanted(tag)));
    return undefined;
  }
  return { ...base, reads: [], value: () => value };
}

function templateWrite(
  base: Pick<WriteAction, 'kind' | 'tag' | 'leaseMs'>,
  text: string,
  asset: string,
  compiler: Compiler,
  report: Report,
): WriteAction | undefined {
  const { template, findings } = compileTemplate(compiler, text, asset);
  for (const finding of findings) report('write.value', finding);
  if (!template) return undefined;
  const { tag } = base;
  const { whole } = template;
  if (!whole && tag.type !== 'text') {
    report(
      'write.value',
      error(`${tag.path} is no text`, `write one expression and nothing else: ${wanted(tag)}`),
    );
    return undefined;
  }
  if (whole && !suits(whole.type, tag)) {
    report('write.value', error(`this gives ${whole.type}, which ${tag.path} does not take`, wanted(tag)));
    return undefined;
  }
  const reads = expressionsOf(template);
  if (whole)
    return { ...base, reads, value: (inputs, nowUs) => rowValue(tag, whole.evaluate(inputs, nowUs)) };
  return { ...base, reads, value: (inputs, nowUs) => knownText(template, inputs, nowUs) };
}

/** A text that is written to a machine is complete or is not written. */
function knownText(template: Template, inputs: Inputs, nowUs: number): string | undefined {
  const unknown = expressionsOf(template).some((part) => part.evaluate(inputs, nowUs) === undefined);
  return unknown ? undefined : renderText(template, inputs, nowUs);
}

const SUITING: { readonly [type in Tag['type']]: readonly string[] } = {
  number: ['double', 'int', 'uint'],
  boolean: ['bool'],
  enum: ['int', 'string'],
  int64: ['int'],
  text: ['string'],
  structure: [],
};
const suits = (type: string, tag: Tag): boolean => type === 'dyn' || SUITING[tag.type].includes(type);

/** The value as rows of the tag hold it; undefined when it is none. */
function rowValue(tag: Tag, value: CelValue): number | Value | undefined {
  switch (tag.type) {
    case 'number':
      return finite(value);
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : undefined;
    case 'enum': {
      const code = typeof value === 'string' ? stateCode(tag, value) : finite(value);
      if (code === undefined || !Number.isInteger(code)) return undefined;
      return tag.states === undefined || tag.states[code] !== undefined ? code : undefined;
    }
    case 'int64':
      if (typeof value === 'bigint') return value;
      return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'structure':
      return undefined;
  }
}

function finite(value: CelValue): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  return Number.isFinite(Number(value)) ? Number(value) : undefined;
}

function wanted(tag: Tag): string {
  if (tag.type === 'enum') {
    return `it takes one of ${Object.entries(tag.states ?? {})
      .map(([code, name]) => `${code} or "${name}"`)
      .join(', ')}`;
  }
  if (tag.type === 'structure') return 'structures cannot be written';
  const forms = { number: 'a number', boolean: 'true or false', int64: 'an integer', text: 'text' } as const;
  return `it takes ${forms[tag.type]}`;
}

/** Every text below the message may hold expressions; `to` may not. */
function compileSend(
  { to, ...fields }: Extract<ActionSpec, { readonly send: unknown }>['send'],
  asset: string,
  compiler: Compiler,
  report: Report,
): SendAction | undefined {
  const reads: Expression[] = [];
  let failed = false;
  type Make = (inputs: Inputs, nowUs: number) => Json;

  const build = (value: unknown, field: string): Make => {
    if (isFixed(value)) {
      const fixed = frozen((value ?? null) as Json);
      return () => fixed;
    }
    if (typeof value === 'string') {
      const { template, findings } = compileTemplate(compiler, value, asset);
      for (const finding of findings) report(field, finding);
      if (!template) failed = true;
      else reads.push(...expressionsOf(template));
      return (inputs, nowUs) => (template ? sent(template, inputs, nowUs) : null);
    }
    if (Array.isArray(value)) {
      const items = value.map((item, i) => build(item, `${field}.${i}`));
      return (inputs, nowUs) => items.map((item) => item(inputs, nowUs));
    }
    const entries = Object.entries(value as object).map(
      ([key, item]) => [key, build(item, `${field}.${key}`)] as const,
    );
    return (inputs, nowUs) => Object.fromEntries(entries.map(([key, item]) => [key, item(inputs, nowUs)]));
  };

  const config = build(fields, 'send');
  return failed ? undefined : { kind: 'send', to, reads, config };
}

/** Whether there is no expression in it: then the same object is sent each time. */
function isFixed(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('{{');
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((inner) => inner !== undefined && isFixed(inner));
}

/** A copy that nobody can change. */
function frozen(json: Json): Json {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return Object.freeze(json.map(frozen));
  return Object.freeze(Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, frozen(inner)])));
}

function sent(template: Template, inputs: Inputs, nowUs: number): Json {
  if (!template.whole) return renderText(template, inputs, nowUs);
  const value = template.whole.evaluate(inputs, nowUs);
  return value === undefined ? 'unknown' : valueToJson(plain(value));
}

const error = (message: string, hint?: string): Finding => ({
  offset: 0,
  message,
  ...(hint !== undefined && { hint }),
  severity: 'error',
});
