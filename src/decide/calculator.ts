import type { ExpressionProblem, Outcome } from '#decide/api.ts';
import { compileCalculation } from '#decide/calculation.ts';
import type { Batch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { type TagInfo, TagTable } from '#kernel/tag-table.ts';

/**
 * Calculates as the site would have, had the expression been a derived tag of its file: what the historian asks of whoever knows
 * a language (src/historian/reading/calculator.ts).
 * @throws Fault `history.expression`
 */
export function makeCalculator(expression: string, asset: string, known: readonly TagInfo[]) {
  const table = new TagTable();
  for (const tag of known) table.declare(tag);
  const compiled = compileCalculation(expression, asset, table);
  if ('problems' in compiled) throw wrong(expression, compiled.problems);
  const { decisions, tags, windowUs } = compiled.calculation;
  const derived = (outcome: Outcome) => outcome.derived;
  return {
    tags,
    windowUs,
    get nextUs() {
      return decisions.nextUs;
    },
    step: (batch: Batch) => derived(decisions.step(batch, batch.receivedUs)),
    pass: (atUs: number) => derived(decisions.advance(atUs)),
  };
}

function wrong(expression: string, problems: readonly ExpressionProblem[]): Fault {
  const lines = problems.map(({ offset, message, hint }) => {
    const before = expression.slice(0, offset).split('\n');
    const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    return `${place} ${message}${hint === undefined ? '' : `; ${hint}`}`;
  });
  return new Fault('history.expression', lines.join('\n'), {
    retry: 'never',
    hint: 'expressions are those of derived tags: tag("line1/pump/flow") * 2, mean(tag("…"), "5m")',
  });
}
