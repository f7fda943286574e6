import type { TagModel } from '#contract/model.ts';
import type { Decisions, DerivedSpec } from '#decide/api.ts';
import { compileCalculation } from '#decide/calculation.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** What must be read to know some tags, and what makes the derived ones among them of it. */
export interface Inputs {
  /** Tags whose rows are read. */
  readonly read: readonly string[];
  /** Derived tags that are calculated anew from others, instead of read. */
  readonly calculated: readonly string[];
  /** Calculates them; undefined where there are none. */
  readonly decisions: Decisions | undefined;
  /** How much of the past before a moment they may rest on. */
  readonly windowUs: number;
}

/**
 * A derived tag is calculated wherever all that it rests on has a past: what its expression gives now is what a detector
 * will see, whatever it was before, and a new one has no past of its own.
 * @param hasPast whether a tag has samples in the historian
 */
export function inputsOf(
  wanted: Iterable<string>,
  tags: readonly TagModel[],
  table: TagTable,
  hasPast: (path: string) => boolean,
): Inputs {
  const byPath = new Map(tags.map((tag) => [tag.path, tag]));
  const read = new Set<string>();
  const derived = new Map<string, DerivedSpec>();
  let windowUs = 0;

  const own = (path: string): { readonly tags: readonly string[]; readonly windowUs: number } | undefined => {
    const tag = byPath.get(path);
    if (tag?.derive === undefined) return undefined;
    const compiled = compileCalculation(tag.derive, tag.asset, table);
    if ('problems' in compiled) return undefined;
    const { calculation } = compiled;
    return { tags: calculation.tags.map((one) => one.path), windowUs: calculation.windowUs };
  };
  const canCalculate = (path: string): boolean => {
    const rest = own(path);
    return rest ? rest.tags.every((one) => canCalculate(one) || hasPast(one)) : hasPast(path);
  };
  const want = (path: string): void => {
    if (read.has(path) || derived.has(path)) return;
    const rest = own(path);
    if (!rest || !canCalculate(path)) {
      read.add(path);
      return;
    }
    const { asset, derive } = byPath.get(path) as TagModel & { readonly derive: string };
    derived.set(path, { path, asset, derive });
    windowUs += rest.windowUs;
    for (const one of rest.tags) want(one);
  };
  for (const path of wanted) want(path);

  const { decisions } = compileDecisions({ derived: [...derived.values()], rules: [], alarms: [] }, table);
  return {
    read: [...read],
    calculated: [...derived.keys()],
    decisions: derived.size > 0 ? decisions : undefined,
    windowUs,
  };
}
