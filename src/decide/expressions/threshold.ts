import type { ASTNode } from '@marcbachmann/cel-js';
import type { Slot } from '#decide/expressions/expression.ts';

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** A tag compared with a constant: what needs no expression engine. */
export interface Threshold {
  readonly tag: number;
  readonly op: Comparison;
  readonly limit: number;
}

/** The same comparison with its sides exchanged. */
const MIRRORED: { readonly [op in Comparison]: Comparison } = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

/** `tag OP constant`, `constant OP tag`, a boolean tag alone or negated; undefined for everything richer. */
export function thresholdOf(ast: ASTNode, slots: readonly Slot[]): Threshold | undefined {
  if (ast.op === '!_') return comparison(ast.args, '==', 0, slots, 'bool');
  if (ast.op === 'id') return comparison(ast, '!=', 0, slots, 'bool');
  if (!(ast.op in MIRRORED)) return undefined;
  const op = ast.op as Comparison;
  const [left, right] = ast.args as [ASTNode, ASTNode];
  const limit = constant(right);
  if (limit !== undefined) return comparison(left, op, limit, slots);
  const mirrored = constant(left);
  return mirrored === undefined ? undefined : comparison(right, MIRRORED[op], mirrored, slots);
}

function comparison(
  node: ASTNode,
  op: Comparison,
  limit: number,
  slots: readonly Slot[],
  type?: 'bool',
): Threshold | undefined {
  if (node.op !== 'id') return undefined;
  const slot = slots.find(({ name }) => name === node.args);
  // 64-bit integers do not fit the column of doubles that kernels run over.
  if (slot?.kind !== 'tag' || !['number', 'boolean', 'enum'].includes(slot.tag.type)) return undefined;
  if (type !== undefined && slot.type !== type) return undefined;
  return { tag: slot.tag.number, op, limit };
}

function constant(node: ASTNode): number | undefined {
  if (node.op === '-_') {
    const value = constant(node.args);
    return value === undefined ? undefined : -value;
  }
  if (node.op !== 'value') return undefined;
  if (typeof node.args === 'boolean' || typeof node.args === 'number') return Number(node.args);
  return typeof node.args === 'bigint' && Number.isSafeInteger(Number(node.args))
    ? Number(node.args)
    : undefined;
}
