import type { TagDetail } from '#contract/client.ts';
import { number } from './format.ts';
import { unitText } from './unit.ts';

export interface Limit {
  readonly name: string;
  readonly text: string;
}

/** Limits that the guard holds writes of a tag to, as the site file names them, in words. */
export function limitsOf({ write, unit, range }: TagDetail): readonly Limit[] {
  const limits = (typeof write === 'object' && write !== null ? write : {}) as Limits;
  const behind = unitText(unit) === '' ? '' : ` ${unitText(unit)}`;
  const allowed = limits.range ?? range;
  return [
    ...(allowed ? [{ name: 'Range', text: `${number(allowed[0])} to ${number(allowed[1])}${behind}` }] : []),
    ...(limits.maxStep ? [{ name: 'Step', text: `${number(limits.maxStep)}${behind} at most` }] : []),
    ...(limits.ratePerS
      ? [{ name: 'Rate', text: `${number(limits.ratePerS)}${behind} a second at most` }]
      : []),
    ...(limits.interlock ? [{ name: 'Interlock', text: limits.interlock }] : []),
    ...(limits.feedback ? [{ name: 'Confirmed by', text: limits.feedback.tag.split('/').at(-1) ?? '' }] : []),
  ];
}

/** Of `write` of a tag, what is shown. */
interface Limits {
  readonly range?: readonly [number, number];
  readonly maxStep?: number;
  readonly ratePerS?: number;
  readonly interlock?: string;
  readonly feedback?: { readonly tag: string };
}
