import { setImmediate as turn } from 'node:timers/promises';
import { makeCalculator } from '#decide/calculator.ts';
import type { Buckets, Series as CalculatedSeries, CalculationQuery } from '#historian/api.ts';
import type { Rows } from '#historian/format/rows.ts';
import { calculation } from '#historian/reading/calculation.ts';
import type { CalculatedAs } from '#historian/reading/question.ts';
import type { Stretch } from '#historian/reading/stretch.ts';
import type { Database } from '#hub/database/database.ts';
import { Fault } from '#kernel/fault.ts';
import type { GapReason } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { mustBeKept } from '../telemetry/passing.ts';
import { findPast } from '../telemetry/past.ts';
import { findSiteGaps } from './gaps.ts';
import { seriesOf } from './history.ts';
import { lastUntil } from './history-steps.ts';

/** Of all inputs: they lie in memory as they are stored, about two bytes each, and a million takes a second or two. */
const MOST_ROWS = 10_000_000;
/** Connections are served by the same thread. */
const TURN_MS = 20;

type Parts = AsyncIterable<CalculatedSeries | Buckets>;

/**
 * A calculation over what the hub has of a site, by the code and in the language of the site itself.
 * @throws Fault `history.expression`, `hub.too-much-history`, `hub.samples-elsewhere`
 */
export async function* calculatedOf(
  { pool, queries }: Pick<Database, 'pool' | 'queries'>,
  site: string,
  query: CalculationQuery,
  as: CalculatedAs,
): Parts {
  const { fromUs, toUs } = query;
  await mustBeKept(pool, toUs);
  const calculator = makeCalculator(query.expression, query.asset, await tagsOf(pool, site));
  const inputs = new Map<string, Input>();
  const startUs = fromUs - calculator.windowUs;
  let left = MOST_ROWS;
  for (const { path } of calculator.tags) {
    const all = await seriesOf(pool, site, path);
    const before = await lastUntil(pool, all, startUs - 1);
    const past = await findPast(pool, all, { fromUs: startUs, toUs });
    left -= past.extent.rows;
    if (left < 0) throw tooMuch();
    const stretches = await Array.fromAsync(past.stretches());
    const holes = await findSiteGaps(queries, site, { fromUs: before?.timeUs[0] ?? startUs, toUs }, [path]);
    // Reasons that a later version of the site has hold nothing, either.
    const named = holes.map(({ fromUs: at, reason }) => ({ fromUs: at, reason: reason as GapReason }));
    inputs.set(path, { before, stretches, extent: past.extent, holes: named });
  }
  const of = (path: string) => inputs.get(path) ?? NOTHING;
  const past = {
    lastUntil: (path: string) => of(path).before,
    stretches: (path: string) => of(path).stretches,
    extent: (path: string) => of(path).extent,
    holes: (_: unknown, tags: readonly string[]) => tags.flatMap((path) => of(path).holes),
  };
  let turnAt = performance.now() + TURN_MS;
  for (const part of calculation(past, calculator, query, as)) {
    if (part) yield part;
    if (performance.now() < turnAt) continue;
    await turn();
    turnAt = performance.now() + TURN_MS;
  }
}

interface Input {
  readonly before: Rows | undefined;
  readonly stretches: readonly Stretch[];
  readonly extent: { rows: number; fromUs: number; toUs: number };
  readonly holes: readonly { readonly fromUs: number; readonly reason: GapReason }[];
}

const NOTHING: Input = {
  before: undefined,
  stretches: [],
  extent: { rows: 0, fromUs: 0, toUs: 0 },
  holes: [],
};

/** As the box has them that spoke last; those of earlier ones, where it has none of that name. */
async function tagsOf(pool: Database['pool'], site: string): Promise<TagInfo[]> {
  const { rows } = await pool.query<{ body: TagInfo & { readonly number?: number } }>(
    'SELECT t.body FROM site_tags t JOIN journals j ON j.id = t.journal WHERE j.site = $1 ORDER BY j.began, t.number',
    [site],
  );
  const all = new Map<string, TagInfo>();
  for (const {
    body: { number: _, ...info },
  } of rows)
    all.set(info.path, info);
  return [...all.values()];
}

const tooMuch = (): Fault =>
  new Fault('hub.too-much-history', `the inputs have more than ${MOST_ROWS} samples in that span`, {
    retry: 'never',
    hint: 'ask for a shorter span, or ask the site itself',
  });
