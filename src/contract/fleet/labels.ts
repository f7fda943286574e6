import * as z from 'zod';

/**
 * One condition on the labels of a site. A label that a site does not have is equal to nothing: `!=` and `notin` hold
 * for it.
 */
export type LabelTerm =
  | { readonly op: 'in' | 'notin'; readonly label: string; readonly values: readonly string[] }
  | { readonly op: 'has' | 'lacks'; readonly label: string };

const NAME = '[A-Za-z0-9][A-Za-z0-9._/-]{0,62}';
const VALUE = '[^\\s,()!=]{1,200}';
const EQUAL = new RegExp(`^(${NAME})\\s*(=|==|!=)\\s*(${VALUE})$`);
const AMONG = new RegExp(`^(${NAME})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const THERE = new RegExp(`^(!?)\\s*(${NAME})$`);
const WHOLE_VALUE = new RegExp(`^${VALUE}$`);

/**
 * Reads a label expression, as Kubernetes writes them: `region=north,line!=2`, `region in (north, south)`, `camera`,
 * `!camera`; all of its conditions must hold.
 * @returns undefined for what is none
 */
export function labelTerms(text: string): LabelTerm[] | undefined {
  const terms = partsOf(text).map(termOf);
  return terms.every((term) => term !== undefined) ? terms : undefined;
}

/** Commas within parentheses separate values, not conditions. */
const partsOf = (text: string): string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim());

function termOf(text: string): LabelTerm | undefined {
  const [, equal, sign, value] = EQUAL.exec(text) ?? [];
  if (equal !== undefined && value !== undefined)
    return { op: sign === '!=' ? 'notin' : 'in', label: equal, values: [value] };
  const [, among, op, list = ''] = AMONG.exec(text) ?? [];
  if (among !== undefined) {
    const values = list.split(',').map((one) => one.trim());
    if (!values.every((one) => WHOLE_VALUE.test(one))) return undefined;
    return { op: op === 'in' ? 'in' : 'notin', label: among, values };
  }
  const [, not, label] = THERE.exec(text) ?? [];
  return label === undefined ? undefined : { op: not === '!' ? 'lacks' : 'has', label };
}

/** Whether labels fit an expression; none fit what is no expression. */
export function labelsFit(expression: string, labels: Readonly<Record<string, string>>): boolean {
  return (
    labelTerms(expression)?.every((term) => {
      const value = Object.hasOwn(labels, term.label) ? labels[term.label] : undefined;
      if (!('values' in term)) return (value !== undefined) === (term.op === 'has');
      return (value !== undefined && term.values.includes(value)) === (term.op === 'in');
    }) ?? false
  );
}

export const LabelExpression = z
  .string()
  .max(1000)
  .refine((text) => labelTerms(text) !== undefined, {
    error: 'no label expression; write region=north,line!=2, region in (north, south), camera, or !camera',
  })
  .describe(
    'Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`.',
  );
