import type { Decisions, ExpressionProblem } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import { Compiler } from '#decide/expressions/compile.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';

/** One derived tag and nothing else, for whoever shows it rows of the past. */
export interface Calculation {
  readonly decisions: Decisions;
  /** Tags that it reads, also through windows. */
  readonly tags: readonly Tag[];
  /** How much of the past before a moment its value may rest on: all its windows, one behind the other. */
  readonly windowUs: number;
}

/** No path of a site file is like this: the result is a tag of nobody else's. */
const RESULT = '=';
/** What an expression may give; the first one that fits. */
const TYPES = ['number', 'boolean', 'text', 'int64'] as const;

/**
 * Compiles an expression as the site would compile it for a derived tag: the same language, the same windows.
 * @param asset bare names are signals of it
 * @param known tags that the expression may name
 */
export function compileCalculation(
  text: string,
  asset: string,
  known: Iterable<Tag>,
): { readonly calculation: Calculation } | { readonly problems: readonly ExpressionProblem[] } {
  const tags = [...known];
  let first: readonly ExpressionProblem[] | undefined;
  for (const type of TYPES) {
    const table = new TagTable(tags);
    table.declare({ path: RESULT, type, access: 'read' });
    const spec = { derived: [{ path: RESULT, asset, derive: text }], rules: [], alarms: [] };
    const { decisions, problems } = compileDecisions(spec, table);
    if (decisions) return { calculation: { decisions, ...readBy(text, asset, table) } };
    first ??= problems.filter(({ severity }) => severity === 'error');
  }
  return { problems: first ?? [] };
}

function readBy(text: string, asset: string, table: TagTable): Pick<Calculation, 'tags' | 'windowUs'> {
  const compiler = new Compiler(table);
  const { expression } = compiler.compile(text, asset);
  const { windows } = compiler.inputs;
  const numbers = new Set([
    ...(expression?.tags ?? []),
    ...windows.flatMap((_, place) => compiler.inputs.tagsOf(place)),
  ]);
  return {
    tags: [...numbers].map((number) => table.get(number)),
    windowUs: windows.reduce((sum, { window }) => sum + window.lengthUs, 0),
  };
}
