import { type ASTNode, type Environment, ParseError, serialize } from '@marcbachmann/cel-js';
import { Expression, type Part, type Slot } from '#decide/expressions/expression.ts';
import { Inputs } from '#decide/expressions/inputs.ts';
import { language, MAX_TEXT } from '#decide/expressions/language.ts';
import { type Edit, type Finding, rewrite, type Scope } from '#decide/expressions/rewrite.ts';
import { TagNames } from '#decide/expressions/tag-names.ts';
import { thresholdOf } from '#decide/expressions/threshold.ts';
import { messageOf } from '#kernel/fault.ts';
import type { TagTable } from '#kernel/tag-table.ts';

export type CompiledExpression =
  | { readonly expression: Expression; readonly findings: readonly Finding[] }
  | { readonly expression: undefined; readonly findings: readonly Finding[] };

type Parsed = ReturnType<Environment['parse']>;

/** Compiles expressions against one tag table; what they read is shared between them. */
export class Compiler {
  readonly inputs = new Inputs();
  readonly tags: TagTable;
  readonly names: TagNames;
  readonly #cel: Environment = language();
  /** What was parsed already: forty equal pumps have forty equal texts, and all the more once names have become slots. */
  readonly #parsed = new Map<string, Parsed>();

  constructor(tags: TagTable) {
    this.tags = tags;
    this.names = new TagNames(tags);
  }

  /**
   * Never throws.
   * @param type that the expression must have; any when absent
   */
  compile(text: string, asset: string, type?: 'bool'): CompiledExpression {
    return this.#compile(text, asset, type, false);
  }

  #compile(text: string, asset: string, type: 'bool' | undefined, insideWindow: boolean): CompiledExpression {
    if (text.length > MAX_TEXT) {
      const message = `the expression has ${text.length} characters; at most ${MAX_TEXT} are allowed`;
      return failed([{ offset: 0, message, hint: 'split it by derived tags', severity: 'error' }]);
    }
    const findings: Finding[] = [];
    try {
      const { ast } = this.#parse(text);
      const scope = this.#scope(text, asset, insideWindow, findings);
      const rewritten = rewrite(ast, scope);
      findings.push(...rewritten.findings);
      const edits = [...rewritten.edits].sort((a, b) => a.start - b.start);
      if (findings.some(({ severity }) => severity === 'error')) return failed(findings);
      return this.#typed(apply(text, edits), edits, rewritten.slots, type, findings);
    } catch (error) {
      return failed([...findings, syntaxFinding(error)]);
    }
  }

  #typed(
    text: string,
    edits: readonly Edit[],
    slots: readonly Slot[],
    type: string | undefined,
    findings: readonly Finding[],
  ): CompiledExpression {
    const parsed = this.#parse(text);
    const checked = parsed.check();
    if (!checked.valid || checked.type === undefined) {
      return failed([...findings, typeFinding(checked.error, edits, slots)]);
    }
    if (type !== undefined && checked.type !== type && checked.type !== 'dyn') {
      const message = `this gives ${words(checked.type)}; a condition must be true or false`;
      return failed([
        ...findings,
        { offset: 0, message, hint: 'compare it with a limit', severity: 'error' },
      ]);
    }
    const threshold = thresholdOf(parsed.ast, slots);
    const made = {
      key: this.#key(serialize(parsed.ast), slots),
      type: checked.type,
      text,
      slots,
      threshold,
      tags: this.#tags(slots),
    };
    return { expression: new Expression(made, this.#part(parsed.ast, slots)), findings };
  }

  /** @throws ParseError */
  #parse(text: string): Parsed {
    const known = this.#parsed.get(text);
    if (known) return known;
    const parsed = this.#cel.parse(text);
    this.#parsed.set(text, parsed);
    return parsed;
  }

  /** Takes logic out of CEL's hands, which knows no unknown. */
  #part(node: ASTNode, slots: readonly Slot[]): Part {
    switch (node.op) {
      case '&&':
      case '||': {
        const [left, right] = node.args;
        const op = node.op === '&&' ? 'and' : 'or';
        return { op, left: this.#part(left, slots), right: this.#part(right, slots) };
      }
      case '!_':
        return { op: 'not', of: this.#part(node.args, slots) };
      case '?:': {
        const [when, then, otherwise] = node.args.map((arg) => this.#part(arg, slots)) as [Part, Part, Part];
        return { op: 'choose', when, then, otherwise };
      }
      default: {
        const text = standalone(node);
        const used = slots.flatMap((slot, i) => (new RegExp(`\\b${slot.name}`).test(text) ? [i] : []));
        return { op: 'cel', run: this.#parse(text), slots: used };
      }
    }
  }

  #scope(text: string, asset: string, insideWindow: boolean, findings: Finding[]): Scope {
    return {
      asset,
      tags: this.tags,
      names: this.names,
      insideWindow,
      placeOf: (tag) => this.inputs.present.want(tag.number),
      sampleWindow: (tag, lengthUs) => this.inputs.sampleWindow(tag.number, lengthUs),
      stateWindow: (from, to, lengthUs) => {
        const inner = this.#compile(text.slice(from, to), asset, 'bool', true);
        findings.push(...inner.findings.map((found) => ({ ...found, offset: found.offset + from })));
        return inner.expression && this.inputs.stateWindow(inner.expression, lengthUs);
      },
    };
  }

  /** Names what an expression computes, from what: in numbers of tags and lengths, so that compilations compare. */
  #key(text: string, slots: readonly Slot[]): string {
    const named = (slot: Slot): string =>
      slot.kind === 'tag'
        ? `#${slot.tag.number}:${slot.type}`
        : `~${slot.fn}[${this.inputs.definition(slot.window)}]`;
    return slots.reduce((out, slot) => out.replaceAll(slot.name, named(slot)), text);
  }

  #tags(slots: readonly Slot[]): readonly number[] {
    const numbers = slots.flatMap((slot) =>
      slot.kind === 'tag' ? [slot.tag.number] : this.inputs.tagsOf(slot.window),
    );
    return [...new Set(numbers)].sort((a, b) => a - b);
  }
}

const failed = (findings: readonly Finding[]): CompiledExpression => ({ expression: undefined, findings });

/** What a parenthesis may hide in. */
const QUOTED =
  /"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\/\/[^\n]*/g;

/**
 * The text of a part, to be compiled by itself. Parentheses belong to no node, so a part may begin inside some and
 * end inside others: those are put back. (Not written anew by `serialize`: that cannot write 1e-7.)
 */
function standalone({ input, start, end }: ASTNode): string {
  const text = input.slice(start, end);
  let depth = 0;
  let lowest = 0;
  for (const sign of text.replace(QUOTED, '')) {
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    lowest = Math.min(lowest, depth);
  }
  return `${'('.repeat(-lowest)}${text}\n${')'.repeat(depth - lowest)}`;
}

function apply(text: string, edits: readonly Edit[]): string {
  let out = '';
  let from = 0;
  for (const edit of edits) {
    out += text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return out + text.slice(from);
}

/** Place in the original text of a place in the rewritten one. */
function original(offset: number, edits: readonly Edit[]): number {
  let shift = 0;
  for (const edit of edits) {
    const start = edit.start + shift;
    if (offset < start) break;
    if (offset < start + edit.text.length) return edit.start;
    shift += edit.text.length - (edit.end - edit.start);
  }
  return offset - shift;
}

function syntaxFinding(error: unknown): Finding {
  const offset = error instanceof ParseError ? (error.range?.start ?? 0) : 0;
  const message = error instanceof ParseError ? error.summary : messageOf(error);
  if (/^Exceeded/.test(message)) {
    return {
      offset,
      message: `the expression is too large: ${message}`,
      hint: 'split it by derived tags',
      severity: 'error',
    };
  }
  return { offset, message: `this is no expression: ${message}`, severity: 'error' };
}

function typeFinding(
  error: { readonly summary: string; readonly range?: { readonly start: number } } | undefined,
  edits: readonly Edit[],
  slots: readonly Slot[],
): Finding {
  const summary = error?.summary ?? 'the types do not fit';
  const message = slots.reduce(
    (text, slot) => text.replaceAll(slot.name, slot.kind === 'tag' ? slot.tag.path : slot.fn),
    summary,
  );
  const mixed = /\b(double . int|int . double|double == int|int == double)\b/.test(summary);
  return {
    offset: original(error?.range?.start ?? 0, edits),
    message,
    ...(mixed && { hint: 'double(x) makes an integer a number with decimals' }),
    severity: 'error',
  };
}

const WORDS: { readonly [type: string]: string } = {
  double: 'a number',
  int: 'an integer',
  string: 'text',
};
const words = (type: string): string => WORDS[type] ?? type;
