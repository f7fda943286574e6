import type { Origin } from '../../parts/trend/ask.ts';
import { type Curve, kindOf, withAxes } from '../../parts/trend/curve.ts';
import { type Chosen, keyOf } from './state.ts';
import type { Details } from './tags.ts';

/** Key of the line of the earlier time that a line is compared with. */
export const earlierKey = (key: string): string => `${key} earlier`;

export function originsOf(chosen: readonly Chosen[], earlierS: number | undefined): Origin[] {
  const now = chosen.map(
    (one): Origin =>
      'path' in one
        ? { key: keyOf(one), tag: one.path }
        : { key: keyOf(one), calc: one.calc, asset: one.asset },
  );
  if (earlierS === undefined) return now;
  return [...now, ...now.map((one) => ({ ...one, key: earlierKey(one.key), earlierS }))];
}

/** @param details of tags; what is not known yet is taken for a number */
export function curvesOf(chosen: readonly Chosen[], earlierS: number | undefined, details: Details): Curve[] {
  const names = namesOf(chosen);
  const curves = withAxes(
    chosen.map((one, trace) => ({
      ...kindOf(('path' in one && details.get(one.path)) || {}),
      key: keyOf(one),
      name: names[trace] as string,
      trace,
      chosenAxis: one.axis,
      isHidden: one.isHidden ?? false,
    })),
  );
  if (earlierS === undefined) return curves;
  const earlier = curves.map((one) => ({ ...one, key: earlierKey(one.key), isEarlier: true }));
  return [...earlier, ...curves];
}

/** As short as they can be told apart: the signal, with its asset where two are called alike. */
function namesOf(chosen: readonly Chosen[]): string[] {
  const ends = (parts: number) =>
    chosen.map((one) => ('path' in one ? one.path.split('/').slice(-parts).join('/') : one.calc));
  const short = ends(1);
  const longer = ends(2);
  return chosen.map((one, i) => {
    const isOnly = short.filter((name) => name === short[i]).length === 1;
    if (isOnly) return short[i] as string;
    const isTold = longer.filter((name) => name === longer[i]).length === 1;
    return isTold || !('path' in one) ? (longer[i] as string) : one.path;
  });
}
