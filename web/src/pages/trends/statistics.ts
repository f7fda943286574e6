import { api } from '../../data/api.ts';
import { isLive, lengthOf, type Span, type When } from '../../parts/trend/span.ts';
import { type Chosen, keyOf } from './state.ts';
import { useAsked } from './use-asked.ts';

export interface Statistics {
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Weighed by time: a value counts for as long as it held. */
  readonly mean: number | undefined;
  readonly last: number | undefined;
}

const AGGREGATES = ['min', 'max', 'timeMean', 'last'] as const;
const REST_MS = 150;
const LONGEST_S = 366 * 86_400;

/** Of what is seen. @param beat changes when a live picture wants them anew */
export function useStatistics(
  chosen: readonly Chosen[],
  span: Span,
  when: When,
  beat: number,
): ReadonlyMap<string, Statistics> {
  const length = lengthOf(span);
  const time = isLive(when) ? `${when.lastS} ${beat}` : `${span.from} ${span.to}`;
  const isAsked = chosen.length > 0 && length <= LONGEST_S && length >= 0.001;
  const key = isAsked ? `${chosen.map(keyOf).join('\n')}\n${time}` : undefined;
  return useAsked(key, (signal) => ask(chosen, span, signal), REST_MS).data ?? NONE;
}

const NONE: ReadonlyMap<string, Statistics> = new Map();

async function ask(chosen: readonly Chosen[], span: Span, signal: AbortSignal): Promise<typeof NONE> {
  const bucketUs = Math.max(1000, Math.round(lengthOf(span) * 1e6));
  const fromUs = Math.round(span.from * 1e6);
  const common = { from: String(fromUs), to: String(fromUs + bucketUs), bucketUs, aggregate: AGGREGATES };
  const found = new Map<string, Statistics>();
  const take = async (key: (tag: string) => string, parts: ReturnType<typeof api.historyBuckets>) => {
    for await (const { tag, columns } of parts) {
      const [min, max, mean, last] = AGGREGATES.map((name) => columns[name]?.[0] ?? undefined);
      if (!found.has(key(tag))) found.set(key(tag), { min, max, mean, last });
    }
  };
  const tags = chosen.flatMap((one) => ('path' in one ? [one.path] : []));
  const calculated = chosen.flatMap((one) => ('calc' in one ? [one] : []));
  await Promise.all([
    tags.length > 0 && take((tag) => tag, api.historyBuckets({ tag: tags, ...common }, signal)),
    ...calculated.map(async (one) => {
      const { calc, asset } = one;
      // A calculation that is refused says so where it stands.
      await take(() => keyOf(one), api.historyCalculatedBuckets({ calc, asset, ...common }, signal)).catch(
        () => {},
      );
    }),
  ]);
  return found;
}
