import type { Compiler } from '#decide/expressions/compile.ts';
import type { CelValue, Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import type { Finding } from '#decide/expressions/rewrite.ts';
import type { Value } from '#kernel/batch.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** Text with expressions in `{{ }}`. */
export interface Template {
  /** Plain text and expressions in turn. */
  readonly parts: readonly (string | Expression)[];
  /** The expression, where the text is that and nothing else: its value keeps its type. */
  readonly whole: Expression | undefined;
}

export interface CompiledTemplate {
  /** Undefined when there is an error among the findings. */
  readonly template: Template | undefined;
  readonly findings: readonly Finding[];
}

export const expressionsOf = (template: Template): Expression[] =>
  template.parts.filter((part) => typeof part !== 'string');

/** Most digits of a number in a text: what a 32-bit float of a device really holds. */
const DIGITS = 7;

/** Never throws; offsets of findings are places in the whole text. */
export function compileTemplate(compiler: Compiler, text: string, asset: string): CompiledTemplate {
  const parts: (string | Expression)[] = [];
  const findings: Finding[] = [];
  let from = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const close = endOfExpression(text, open + 2);
    if (close < 0) {
      const hint = 'end the expression with }}';
      findings.push({ offset: open, message: '{{ is not closed', hint, severity: 'error' });
      return { template: undefined, findings };
    }
    if (open > from) parts.push(text.slice(from, open));
    const compiled = compiler.compile(text.slice(open + 2, close), asset);
    findings.push(...compiled.findings.map((found) => ({ ...found, offset: found.offset + open + 2 })));
    if (compiled.expression) parts.push(compiled.expression);
    from = close + 2;
  }
  if (from < text.length) parts.push(text.slice(from));
  if (findings.some(({ severity }) => severity === 'error')) return { template: undefined, findings };
  const only = parts.length === 1 ? parts[0] : undefined;
  return { template: { parts, whole: typeof only === 'string' ? undefined : only }, findings };
}

/** Place of the closing `}}`, quoted text skipped; −1 when there is none. */
function endOfExpression(text: string, from: number): number {
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const sign = text[i] as string;
    if (quote !== '') {
      if (sign === '\\') i++;
      else if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '}' && text[i + 1] === '}') return i;
  }
  return -1;
}

/** The text as people read it: unknown values as `unknown`, states of enums by name, numbers to 7 digits. */
export function renderText(template: Template, inputs: Inputs, nowUs: number): string {
  return template.parts
    .map((part) => (typeof part === 'string' ? part : words(part.evaluate(inputs, nowUs), loneEnum(part))))
    .join('');
}

function words(value: CelValue, tag: Tag | undefined): string {
  if (value === undefined) return 'unknown';
  if (typeof value === 'bigint') return tag?.states?.[Number(value)] ?? value.toString();
  if (typeof value === 'number') return String(Number(value.toPrecision(DIGITS)));
  return typeof value === 'object' ? JSON.stringify(plain(value)) : String(value);
}

/** The enum tag that an expression consists of, if it does. */
function loneEnum(expression: Expression): Tag | undefined {
  const [slot] = expression.slots;
  const lone = expression.slots.length === 1 && slot?.kind === 'tag' && expression.text.trim() === slot.name;
  return lone && slot.tag.type === 'enum' ? slot.tag : undefined;
}

/** CEL's maps and 64-bit integers as JSON has them. */
export function plain(value: Value): Value {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
