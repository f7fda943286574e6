import type { ASTNode } from '@marcbachmann/cel-js';
import type { Slot } from '#decide/expressions/expression.ts';
import type { SlotType, WindowFunction } from '#decide/expressions/language.ts';
import { FUNCTIONS, MATH_FUNCTIONS, MAX_SLOTS, slotName } from '#decide/expressions/language.ts';
import {
  isArithmetic,
  isWaveform,
  isWindow,
  literalsOf,
  literalText,
  type NumberKind,
  numberKind,
} from '#decide/expressions/number-kind.ts';
import type { TagNames } from '#decide/expressions/tag-names.ts';
import { waveformProblems } from '#decide/expressions/waveform-call.ts';
import { parseDuration } from '#decide/windows/duration.ts';
import type { SampleFunction } from '#decide/windows/sample-window.ts';
import { nearest } from '#kernel/nearest.ts';
import type { Tag, TagTable, TagType } from '#kernel/tag-table.ts';

/** A finding at a place of the text. */
export interface Finding {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
  readonly severity: 'error' | 'hint';
}

/** A stretch of the text that is replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What the rewriting asks of its surroundings. */
export interface Scope {
  readonly asset: string;
  readonly tags: TagTable;
  readonly names: TagNames;
  placeOf(tag: Tag): number;
  sampleWindow(tag: Tag, lengthUs: number): number;
  /** Compiles a stretch of the text as the condition of a time in state. @returns undefined when it has problems, which are reported there */
  stateWindow(from: number, to: number, lengthUs: number): number | undefined;
  /** Windows inside windows have no meaning. */
  readonly insideWindow: boolean;
}

export interface Rewritten {
  readonly edits: readonly Edit[];
  readonly slots: readonly Slot[];
  readonly findings: readonly Finding[];
}

const SLOT_TYPE: { readonly [type in TagType]: SlotType } = {
  number: 'double',
  boolean: 'bool',
  enum: 'int',
  int64: 'int',
  text: 'string',
  structure: 'dyn',
};
const COMPARISON = new Set<string>(['<', '<=', '>', '>=', '==', '!=']);
/** Calls that bind a name in their first argument. */
const BINDING = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);

/**
 * Replaces names of tags and window calls by slots, names of enum states by their codes, and integers beside doubles
 * by doubles, so that CEL can type and run the rest.
 */
export function rewrite(ast: ASTNode, scope: Scope): Rewritten {
  const rewriter = new Rewriter(scope);
  rewriter.walk(ast, NO_NAMES);
  return rewriter;
}

const NO_NAMES: ReadonlySet<string> = new Set();

class Rewriter implements Rewritten {
  readonly edits: Edit[] = [];
  readonly slots: Slot[] = [];
  readonly findings: Finding[] = [];
  readonly #scope: Scope;
  readonly #used = new Map<SlotType, number>();
  readonly #promoted = new Set<number>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  walk(node: ASTNode, bound: ReadonlySet<string>): void {
    switch (node.op) {
      case 'value':
        return;
      case 'id':
        if (!bound.has(node.args)) this.#tagSlot(node, this.#sibling(node));
        return;
      case 'call':
        this.#call(node, node.args[0], node.args[1], bound);
        return;
      case 'rcall':
        this.#method(node, node.args, bound);
        return;
      case '.':
      case '.?':
        this.walk(node.args[0], bound);
        return;
      case '!_':
      case '-_':
        this.walk(node.args, bound);
        return;
      case 'list':
        for (const item of node.args) this.walk(item, bound);
        return;
      case 'map':
        for (const [key, value] of node.args) {
          this.walk(key, bound);
          this.walk(value, bound);
        }
        return;
      case '?:':
        for (const part of node.args) this.walk(part, bound);
        this.#balance(node.args[1], node.args[2], true, bound);
        return;
      default:
        this.#binary(node, node.args, bound);
        return;
    }
  }

  #binary(node: ASTNode, [left, right]: [ASTNode, ASTNode], bound: ReadonlySet<string>): void {
    if (node.op === '==' || node.op === '!=' || node.op === 'in') this.#stateNames(left, right, bound);
    if (node.op === '==' || node.op === '!=') this.#stateNames(right, left, bound);
    this.walk(left, bound);
    this.walk(right, bound);
    if (isArithmetic(node.op)) this.#balance(left, right, true, bound);
    if (COMPARISON.has(node.op)) this.#balance(left, right, false, bound);
    if (node.op === 'in' && right.op === 'list' && this.#kind(left, bound) === 'double') {
      for (const item of right.args) if (this.#kind(item, bound) === 'literal') this.#promote(item);
    }
  }

  #call(node: ASTNode, name: string, args: readonly ASTNode[], bound: ReadonlySet<string>): void {
    if (name === 'tag') {
      this.#tagSlot(node, this.#tagCall(node, args));
      return;
    }
    if (isWindow(name, args)) {
      this.#windowSlot(node, name, args, bound);
      return;
    }
    if (!FUNCTIONS.includes(name)) this.#unknownFunction(node, name);
    const ofWave = isWaveform(name, args);
    if (ofWave) this.findings.push(...waveformProblems(node, name, args, (one) => this.#tagOf(one, bound)));
    for (const arg of args) {
      this.walk(arg, bound);
      const takesDoubles = ofWave || MATH_FUNCTIONS.includes(name);
      if (takesDoubles && this.#kind(arg, bound) === 'literal') this.#promote(arg);
    }
  }

  #method(
    node: ASTNode,
    [name, receiver, args]: [string, ASTNode, ASTNode[]],
    bound: ReadonlySet<string>,
  ): void {
    if (name === 'matches') {
      this.#error(node, 'matches() is refused: a pattern may take seconds', {
        hint: 'use contains(), startsWith() or endsWith()',
      });
      return;
    }
    const namespace = receiver.op === 'id' && receiver.args === 'cel' && name === 'bind';
    if (!namespace) this.walk(receiver, bound);
    const first = args[0];
    if (!BINDING.has(name) || first?.op !== 'id') {
      for (const arg of args) this.walk(arg, bound);
      return;
    }
    const inner = new Set(bound).add(first.args);
    for (const arg of args.slice(1)) this.walk(arg, inner);
  }

  /** Makes an integer beside a double a double. CEL compares the two, but does not calculate with them: that gets a hint. */
  #balance(left: ASTNode, right: ASTNode, hint: boolean, bound: ReadonlySet<string>): void {
    const kinds = [this.#kind(left, bound), this.#kind(right, bound)];
    if (!kinds.includes('double') || !kinds.includes('literal')) return;
    const literal = kinds[0] === 'literal' ? left : right;
    const text = literal.input.slice(literal.start, literal.end);
    this.#promote(literal);
    if (!hint) return;
    this.findings.push({
      offset: literal.start,
      message: `${text} is taken as a number with decimals, as it stands beside one`,
      hint:
        literal.op === 'value'
          ? `write ${asDouble(text)}`
          : `write the numbers in ${text} with a decimal point`,
      severity: 'hint',
    });
  }

  #promote(node: ASTNode): void {
    for (const { start, end, args } of literalsOf(node)) {
      if (this.#promoted.has(start)) continue;
      this.#promoted.add(start);
      this.edits.push({ start, end, text: asDouble(String(args)) });
    }
  }

  #kind(node: ASTNode, bound: ReadonlySet<string>): NumberKind {
    return numberKind(node, (one) => this.#tagOf(one, bound));
  }

  /** The tag that a node names by itself, if it does. */
  #tagOf(node: ASTNode, bound: ReadonlySet<string>): Tag | undefined {
    if (node.op === 'id') return bound.has(node.args) ? undefined : this.#find(this.#siblingPath(node.args));
    if (node.op === 'call' && node.args[0] === 'tag') return this.#find(literalText(node.args[1][0]) ?? '');
    return undefined;
  }

  /** `state == "running"`, `state in ["idle", "running"]`: the name of a state stands for its code. */
  #stateNames(node: ASTNode, beside: ASTNode, bound: ReadonlySet<string>): void {
    const tag = this.#tagOf(node, bound);
    if (tag?.type !== 'enum') return;
    for (const item of beside.op === 'list' ? beside.args : [beside]) {
      const text = literalText(item);
      if (text !== undefined) this.#stateName(item, text, tag);
    }
  }

  #stateName(node: ASTNode, text: string, tag: Tag): void {
    const code = stateCode(tag, text);
    if (code !== undefined) {
      this.edits.push({ start: node.start, end: node.end, text: String(code) });
      return;
    }
    const names = Object.values(tag.states ?? {});
    const near = nearest(text, names);
    const known =
      names.length > 0
        ? `its states are ${names.map((name) => `"${name}"`).join(', ')}`
        : 'it names no states';
    this.#error(node, `${tag.path} has no state "${text}"`, {
      hint: near ? `did you mean "${near}"?` : known,
    });
    this.edits.push({ start: node.start, end: node.end, text: '0' });
  }

  #sibling(node: ASTNode & { readonly op: 'id' }): Tag | undefined {
    const path = this.#siblingPath(node.args);
    const tag = this.#find(path);
    if (!tag) this.#unknownTag(node, path);
    return tag;
  }

  #tagCall(node: ASTNode, args: readonly ASTNode[]): Tag | undefined {
    const path = args.length === 1 ? literalText(args[0]) : undefined;
    if (path === undefined) {
      this.#error(node, 'tag() takes one path as literal text', {
        hint: 'write tag("area/line/asset/signal")',
      });
      return undefined;
    }
    const tag = this.#find(path);
    if (!tag) this.#unknownTag(args[0] as ASTNode, path);
    return tag;
  }

  #unknownTag(node: ASTNode, path: string): void {
    const hint = this.#scope.names.suggest(path, this.#scope.asset);
    this.#error(node, `there is no tag ${path}`, hint === undefined ? {} : { hint });
  }

  #unknownFunction(node: ASTNode, name: string): void {
    const near = nearest(name, FUNCTIONS);
    this.#error(
      node,
      `there is no function ${name}()`,
      near === undefined ? {} : { hint: `did you mean ${near}()?` },
    );
  }

  #windowSlot(node: ASTNode, fn: WindowFunction, args: readonly ASTNode[], bound: ReadonlySet<string>): void {
    const [of, length] = args;
    const text = literalText(length);
    if (args.length !== 2 || of === undefined || text === undefined) {
      this.#badWindow(node, `${fn}() takes a tag and a length of time`, `write ${fn}(signal, "10s")`);
      return;
    }
    if (this.#scope.insideWindow) {
      this.#badWindow(node, `${fn}() inside a window`, 'make the inner one a derived tag');
      return;
    }
    const lengthUs = parseDuration(text);
    if (typeof lengthUs === 'string') {
      this.#badWindow(
        length as ASTNode,
        lengthUs,
        'write a number and ms, s, m, h or d: "500ms", "10s", "8h"',
        node,
      );
      return;
    }
    if (fn === 'time_in_state') {
      // Parentheses belong to no node: the argument is what stands between the call's own and the comma.
      const from = node.input.indexOf('(', node.start) + 1;
      const to = node.input.lastIndexOf(',', (length as ASTNode).start);
      const window = this.#scope.stateWindow(from, to, lengthUs);
      this.#addSlot(node, 'double', window === undefined ? undefined : { kind: 'window', window, fn });
      return;
    }
    this.#sampleSlot(node, fn, of, lengthUs, bound);
  }

  #sampleSlot(
    node: ASTNode,
    fn: SampleFunction,
    of: ASTNode,
    lengthUs: number,
    bound: ReadonlySet<string>,
  ): void {
    const named = of.op === 'id' ? !bound.has(of.args) : of.op === 'call' && of.args[0] === 'tag';
    if (!named) {
      const hint = 'make the expression a derived tag and use that';
      this.#badWindow(of, `${fn}() works on a tag, not on an expression`, hint, node);
      return;
    }
    const tag = of.op === 'id' ? this.#sibling(of) : this.#tagCall(of, (of.args as [string, ASTNode[]])[1]);
    if (tag && tag.type !== 'number' && tag.type !== 'boolean') {
      const hint =
        tag.type === 'enum' ? 'time_in_state(state == "name", "10m") works on states' : 'use a number';
      this.#badWindow(of, `${fn}() needs a number; ${tag.path} is ${tag.type}`, hint, node);
      return;
    }
    const slot = tag && { kind: 'window' as const, window: this.#scope.sampleWindow(tag, lengthUs), fn };
    this.#addSlot(node, 'double', slot);
  }

  #badWindow(at: ASTNode, message: string, hint: string, call: ASTNode = at): void {
    this.#error(at, message, { hint });
    this.#addSlot(call, 'double', undefined);
  }

  #tagSlot(node: ASTNode, tag: Tag | undefined): void {
    if (!tag) {
      this.#addSlot(node, 'dyn', undefined);
      return;
    }
    const known = this.slots.find((slot) => slot.kind === 'tag' && slot.tag === tag);
    if (known) {
      this.edits.push({ start: node.start, end: node.end, text: known.name });
      return;
    }
    this.#addSlot(node, SLOT_TYPE[tag.type], { kind: 'tag', tag, place: this.#scope.placeOf(tag) });
  }

  /** @param from absent where the source has a problem: CEL then still sees a value of that type */
  #addSlot(node: ASTNode, type: SlotType, from: SlotSource | undefined): void {
    const index = this.#used.get(type) ?? 0;
    if (index === MAX_SLOTS)
      this.#error(node, 'the expression reads too much', { hint: 'split it by derived tags' });
    const name = slotName(type, Math.min(index, MAX_SLOTS - 1));
    this.#used.set(type, index + 1);
    this.edits.push({ start: node.start, end: node.end, text: name });
    if (from) this.slots.push({ name, type, ...from });
  }

  #siblingPath(name: string): string {
    return this.#scope.asset === '' ? name : `${this.#scope.asset}/${name}`;
  }

  #find(path: string): Tag | undefined {
    return this.#scope.tags.find(path);
  }

  #error(node: ASTNode, message: string, more: { readonly hint?: string } = {}): void {
    this.findings.push({ offset: node.start, message, ...more, severity: 'error' });
  }
}

type SlotSource = Slot extends infer S ? (S extends Slot ? Omit<S, 'name' | 'type'> : never) : never;

/** Code of an enum's state by its name. */
export function stateCode(tag: Tag, name: string): number | undefined {
  const entry = Object.entries(tag.states ?? {}).find(([, state]) => state === name);
  return entry && Number(entry[0]);
}

const asDouble = (integer: string): string => `${BigInt(integer)}.0`;
