import type { DerivedSpec } from '#decide/api.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** A derived tag with its compiled expression. */
export interface Derived {
  readonly spec: DerivedSpec;
  readonly tag: Tag;
  readonly expression: Expression;
}

/**
 * How many derived tags stand in line before a value is there: 0 for what machines send. Whoever reads a tag is
 * computed after it.
 */
export class Levels {
  readonly #of = new Map<number, number>();
  readonly #derived: ReadonlyMap<number, Derived>;
  readonly #inputs: Inputs;

  /** @param derived by tag number, free of cycles */
  constructor(derived: ReadonlyMap<number, Derived>, inputs: Inputs) {
    this.#derived = derived;
    this.#inputs = inputs;
  }

  /** Level at which the expression can be computed. */
  ofExpression(expression: Expression): number {
    let level = 0;
    for (const slot of expression.slots) {
      const from = slot.kind === 'tag' ? this.#ofTag(slot.tag.number) : this.ofWindow(slot.window) + 1;
      level = Math.max(level, from);
    }
    return level;
  }

  /** Level at which a window is brought up to date. */
  ofWindow(window: number): number {
    const entry = this.#inputs.windows[window];
    if (entry?.kind === 'state') return this.ofExpression(entry.condition);
    return Math.max(0, ...this.#inputs.tagsOf(window).map((tag) => this.#ofTag(tag) - 1));
  }

  #ofTag(tag: number): number {
    const derived = this.#derived.get(tag);
    if (!derived) return 0;
    const known = this.#of.get(tag);
    if (known !== undefined) return known;
    const level = this.ofExpression(derived.expression) + 1;
    this.#of.set(tag, level);
    return level;
  }
}

/** Cycles among derived tags, each once, as the paths in their order. */
export function cycles(derived: ReadonlyMap<number, Derived>): Derived[][] {
  const found: Derived[][] = [];
  const state = new Map<number, 'open' | 'done'>();
  const path: Derived[] = [];

  const visit = (one: Derived): void => {
    state.set(one.tag.number, 'open');
    path.push(one);
    for (const tag of one.expression.tags) {
      const next = derived.get(tag);
      if (!next) continue;
      const seen = state.get(tag);
      if (seen === undefined) visit(next);
      if (seen === 'open') found.push(path.slice(path.indexOf(next)));
    }
    path.pop();
    state.set(one.tag.number, 'done');
  };

  for (const one of derived.values()) if (!state.has(one.tag.number)) visit(one);
  return found;
}
