import type { HISTORY_ROUTES } from '#contract/routes/history.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { gapIn } from '#edge/api/record.ts';
import type { CalculationQuery, HistoryReader, Span } from '#historian/api.ts';
import { alignedView, bucketsView, seriesView } from '#http/series.ts';
import { Fault } from '#kernel/fault.ts';
import { isWithin } from '#kernel/rights.ts';

/** Where a site finds the past of its tags; nothing where it keeps none. */
export type History = () => HistoryReader | undefined;

export type HistoryHandlers = Pick<
  Handlers,
  Exclude<keyof typeof HISTORY_ROUTES, 'historyExport' | 'historyImport'>
>;

/**
 * The past of tags: asked of the historian's own thread, streamed, and given up when the client goes away.
 * @param nowUs wall clock: the end of a span that has none
 */
export function historyHandlers(nowUs: () => number, history: History): HistoryHandlers {
  const reader = () => {
    const found = history();
    if (found) return found;
    throw new Fault('history.off', 'this site keeps no history', {
      retry: 'never',
      hint: 'give it room for one in the site file; live values are at /api/tags',
    });
  };
  const spanOf = ({ from, to }: { readonly from: number; readonly to?: number | undefined }): Span => ({
    fromUs: from,
    toUs: to ?? nowUs(),
  });
  const calculationOf = ({ calc, asset, stepUs, ...span }: CalculationGiven): CalculationQuery => ({
    ...spanOf(span),
    expression: calc,
    asset,
    ...(stepUs !== undefined && { stepUs }),
  });
  return {
    async historyTags(_asked, _signal, { caller: { areas } }) {
      const all = (await reader().tags()).filter(({ tag }) => isWithin(areas, tag.path));
      return all.map(({ tag: { path, type, access, unit, description }, ...rest }) => ({
        path,
        type,
        access,
        ...(unit !== undefined && { unit }),
        ...(description !== undefined && { description }),
        ...rest,
      }));
    },
    historyRaw: ({ query }, signal) => each(reader().raw(query.tag, spanOf(query), signal), seriesView),
    historyBuckets({ query: { tag: tags, bucketUs, aggregate: aggregates, state, ...span } }, signal) {
      const asked = { ...spanOf(span), tags, bucketUs, aggregates, ...(state !== undefined && { state }) };
      return each(reader().buckets(asked, signal), bucketsView);
    },
    historyTrend: async ({ query: { tag, points, ...span } }, signal) =>
      seriesView(await reader().trend({ ...spanOf(span), tag, points }, signal)),
    async historyAt({ query: { tag, time } }) {
      const found = await reader().valuesAt(tag, time);
      return [...found.values()].map(seriesView);
    },
    historyAligned({ query: { tag: tags, stepUs, fill, ...span } }, signal) {
      return each(reader().aligned({ ...spanOf(span), tags, stepUs, fill }, signal), alignedView);
    },
    historyCalculated({ query: { points, ...query } }, signal) {
      const asked = calculationOf(query);
      if (points === undefined) return each(reader().calculated(asked, signal), seriesView);
      const found = reader();
      return one(async () => seriesView(await found.calculatedTrend({ ...asked, points }, signal)));
    },
    historyCalculatedBuckets({ query: { bucketUs, aggregate: aggregates, state, ...query } }, signal) {
      const as = { bucketUs, aggregates, ...(state !== undefined && { state }) };
      return each(reader().calculatedBuckets({ ...calculationOf(query), ...as }, signal), bucketsView);
    },
    async historyGaps({ query: { tag, ...span } }, _signal, { caller: { areas } }) {
      const gaps = await reader().gaps(spanOf(span), tag);
      const seen = gaps.map((gap) => gapIn(areas, gap)).filter((gap) => gap !== undefined);
      return seen.map(({ count, tags, ...gap }) => ({
        ...gap,
        tags: tags === 'all' ? tags : [...tags],
        ...(count !== undefined && { count }),
      }));
    },
  };
}

interface CalculationGiven {
  readonly calc: string;
  readonly asset: string;
  readonly stepUs?: number | undefined;
  readonly from: number;
  readonly to?: number | undefined;
}

async function* one<A>(make: () => Promise<A>): AsyncIterable<A> {
  yield await make();
}

async function* each<A, B>(all: AsyncIterable<A>, view: (one: A) => B): AsyncIterable<B> {
  for await (const one of all) yield view(one);
}
