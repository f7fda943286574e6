import type { ASTNode } from '@marcbachmann/cel-js';
import { MATH_FUNCTIONS, WINDOW_FUNCTIONS, type WindowFunction } from '#decide/expressions/language.ts';
import { WAVEFORM_FUNCTIONS } from '#decide/expressions/waveform.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** What a number is made of: `literal` are whole numbers as written, which may become either kind. */
export type NumberKind = 'double' | 'int' | 'literal' | 'other';

const ARITHMETIC = new Set<string>(['+', '-', '*', '/', '%']);
export const isArithmetic = (op: string): boolean => ARITHMETIC.has(op);

/** @param tagOf the tag that a node names by itself, if it does */
export function numberKind(node: ASTNode, tagOf: (node: ASTNode) => Tag | undefined): NumberKind {
  const kind = (one: ASTNode): NumberKind => numberKind(one, tagOf);
  switch (node.op) {
    case 'value':
      return typeof node.args === 'bigint' ? 'literal' : typeof node.args === 'number' ? 'double' : 'other';
    case 'id':
      return kindOfTag(tagOf(node));
    case '.':
    case '[]':
      return isInStructure(node.args[0], tagOf) ? 'double' : 'other';
    case '-_':
      return kind(node.args);
    case '?:':
      return both(kind(node.args[1]), kind(node.args[2]));
    case 'call':
      return node.args[0] === 'tag' ? kindOfTag(tagOf(node)) : kindOfCall(node.args[0], node.args[1]);
    default: {
      if (!isArithmetic(node.op)) return 'other';
      const [left, right] = node.args as [ASTNode, ASTNode];
      return both(kind(left), kind(right));
    }
  }
}

/** The number that a node is written as; undefined where it is computed. */
export function literalNumber(node: ASTNode): number | undefined {
  if (node.op === '-_') {
    const value = literalNumber(node.args);
    return value === undefined ? undefined : -value;
  }
  const known = node.op === 'value' && (typeof node.args === 'number' || typeof node.args === 'bigint');
  return known ? Number(node.args) : undefined;
}

/** Whole numbers in a node of kind `literal`. */
export function literalsOf(node: ASTNode): ASTNode[] {
  if (node.op === 'value') return typeof node.args === 'bigint' ? [node] : [];
  if (node.op === '-_') return literalsOf(node.args);
  if (node.op === '?:') return node.args.slice(1).flatMap((branch) => literalsOf(branch as ASTNode));
  return isArithmetic(node.op) ? (node.args as ASTNode[]).flatMap(literalsOf) : [];
}

/** `min` and `max` are windows when a length of time follows, `rms` unless it stands alone with a waveform; the other names always are. */
export function isWindow(name: string, args: readonly ASTNode[]): name is WindowFunction {
  if (!(WINDOW_FUNCTIONS as readonly string[]).includes(name) || isWaveform(name, args)) return false;
  return !MATH_FUNCTIONS.includes(name) || args.length !== 2 || literalText(args[1]) !== undefined;
}

export const isWaveform = (name: string, args: readonly ASTNode[]): boolean =>
  Object.hasOwn(WAVEFORM_FUNCTIONS, name) && (name !== 'rms' || args.length === 1);

export const literalText = (node: ASTNode | undefined): string | undefined =>
  node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;

function kindOfCall(name: string, args: readonly ASTNode[]): NumberKind {
  if (name === 'size' || name === 'int') return 'int';
  const isNumber = isWindow(name, args) || isWaveform(name, args) || MATH_FUNCTIONS.includes(name);
  return isNumber || name === 'double' ? 'double' : 'other';
}

/** Numbers inside structures come from JSON: they are doubles. */
function isInStructure(node: ASTNode, tagOf: (node: ASTNode) => Tag | undefined): boolean {
  if (node.op === '.' || node.op === '[]') return isInStructure(node.args[0], tagOf);
  return tagOf(node)?.type === 'structure';
}

function kindOfTag(tag: Tag | undefined): NumberKind {
  if (tag?.type === 'number') return 'double';
  return tag?.type === 'enum' || tag?.type === 'int64' ? 'int' : 'other';
}

function both(a: NumberKind, b: NumberKind): NumberKind {
  if (a === 'double' || b === 'double') return 'double';
  if (a === 'literal' && b === 'literal') return 'literal';
  return a === 'other' || b === 'other' ? 'other' : 'int';
}
