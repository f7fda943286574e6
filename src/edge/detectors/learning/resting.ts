import { compileCalculation } from '#decide/calculation.ts';
import { compileCondition } from '#decide/condition.ts';
import type { Batch } from '#kernel/batch.ts';
import type { TagTable } from '#kernel/tag-table.ts';

export interface RestSpec {
  /** CEL; bare names are signals of the asset. */
  readonly when: string;
  readonly asset: string;
  readonly forMs: number;
}

/** Whether a detector rests: while its condition holds or is not known, and a while after. */
export interface Resting {
  /** Tags that the condition reads, by path. */
  readonly tags: readonly string[];
  /** How much of the past before a moment its condition may rest on. */
  readonly windowUs: number;
  observe(batch: Batch, atUs: number): void;
  at(atUs: number): boolean;
  /** Whether the rest that {@link at} told of last is one that is known: not just that nobody knows. */
  readonly isKnown: boolean;
}

/** @throws RangeError for a condition that does not compile: whoever checked the site file let none pass */
export function restingOf({ when, asset, forMs }: RestSpec, table: TagTable): Resting {
  const compiled = compileCondition(when, asset, table);
  const calculated = compileCalculation(when, asset, table);
  if ('problems' in compiled || 'problems' in calculated)
    throw new RangeError(`restWhen does not compile: ${when}`);
  const { condition } = compiled;
  const { tags, windowUs } = calculated.calculation;
  const read = new Set(condition.tags);
  let holds = false;
  let isKnown = false;
  let untilUs = Number.NEGATIVE_INFINITY;
  const look = (atUs: number): boolean => {
    const did = holds;
    const truth = condition.value(atUs);
    holds = truth !== false;
    if (truth === true) isKnown = true;
    if (did && !holds) untilUs = atUs + forMs * 1000;
    return holds;
  };
  return {
    tags: tags.map(({ path }) => path),
    windowUs,
    observe(batch, atUs) {
      if (!batch.tag.some((tag) => read.has(tag))) return;
      condition.observe(batch, atUs);
      look(atUs);
    },
    at(atUs) {
      const rests = look(atUs) || atUs < untilUs;
      if (!rests) isKnown = false;
      return rests;
    },
    get isKnown() {
      return isKnown;
    },
  };
}
