import type { TagValue } from '#contract/client.ts';
import { unitText } from '../unit.ts';

/** How one line is shown. */
export interface Curve {
  /** As its origin is named. */
  readonly key: string;
  readonly name: string;
  readonly unit: string;
  /** 0 and 2 stand on the left, 1 and 3 on the right. */
  readonly axis: number;
  /** Which of the traces: a colour and, from the fifth on, dashes. */
  readonly trace: number;
  /** Holds its value until the next sample: states and switches. */
  readonly stepped: boolean;
  /** Names of codes. */
  readonly states?: { readonly [code: string]: string } | undefined;
  readonly isHidden: boolean;
  /** A value that it is held against, as a dashed line across: a limit, or what is expected. */
  readonly level?: number | undefined;
  /** Of an earlier time, drawn thin beside what it is compared with. */
  readonly isEarlier?: boolean;
}

/** What is known of a tag that says how it is shown. */
export interface Kind {
  readonly type?: TagValue['type'] | undefined;
  readonly unit?: string | undefined;
  readonly states?: { readonly [code: string]: string } | undefined;
}

/** Of texts and structures there is no curve. What is not known yet is taken for a number. */
export const isDrawn = ({ type }: Kind): boolean => type !== 'text' && type !== 'structure';

const SWITCH = { 0: 'false', 1: 'true' };

/** What is not known yet is taken for a number. */
export const kindOf = ({ type, unit, states }: Kind): Pick<Curve, 'unit' | 'stepped' | 'states'> => ({
  unit: unitText(unit),
  stepped: type === 'boolean' || type === 'enum',
  states: type === 'boolean' ? SWITCH : type === 'enum' ? states : undefined,
});

export const AXES = 4;
const COLOURS = 4;
const DASHES = [[], [8, 4], [2, 3]] as const;
/** More lines than these cannot be told apart. */
export const MOST_CURVES = COLOURS * DASHES.length;

export const colourName = (trace: number): string =>
  trace % COLOURS === 0 ? '--trace' : `--trace-${(trace % COLOURS) + 1}`;

export const dashOf = (trace: number): readonly number[] => DASHES[Math.floor(trace / COLOURS)] ?? [];

/** What may share an axis: values of one unit, or of the same states. */
export const scaleOf = ({ unit, states }: Pick<Curve, 'unit' | 'states'>): string =>
  states ? `states ${JSON.stringify(states)}` : unit;

/**
 * Gives each its axis: the one that was chosen, otherwise that of its unit, as long as there are any; the last one is
 * shared by what is left.
 */
export function withAxes<T extends Pick<Curve, 'unit' | 'states'>>(
  curves: readonly (T & { readonly chosenAxis: number | undefined })[],
): (T & { readonly axis: number })[] {
  const owners = new Map<number, string>();
  for (const one of curves)
    if (one.chosenAxis !== undefined && !owners.has(one.chosenAxis)) owners.set(one.chosenAxis, scaleOf(one));
  return curves.map((one) => {
    if (one.chosenAxis !== undefined) return { ...one, axis: one.chosenAxis };
    const scale = scaleOf(one);
    const own = [...owners].find(([, owner]) => owner === scale)?.[0];
    if (own !== undefined) return { ...one, axis: own };
    const free = [...Array(AXES).keys()].find((axis) => !owners.has(axis)) ?? AXES - 1;
    owners.set(free, scale);
    return { ...one, axis: free };
  });
}
