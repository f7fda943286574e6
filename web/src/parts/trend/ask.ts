import type { Buckets, GapView, Series, SiteApi } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { type Piece, pieceOf } from './piece.ts';
import { lengthOf, moved, type Span } from './span.ts';

/** Where a line comes from: a tag, or a calculation over tags; from an earlier time where it is compared with one. */
export interface Origin {
  /** Names it among those that are shown together. */
  readonly key: string;
  readonly tag?: string;
  /** An expression as of a derived tag. */
  readonly calc?: string;
  /** Bare names in the expression are signals of it. */
  readonly asset?: string;
  /** How much earlier than what it is drawn over, in seconds. */
  readonly earlierS?: number;
}

/** What answers for the tags of one site: the site itself, or a hub for it. */
export type Archive = Pick<SiteApi, 'historyTrend' | 'historyBuckets' | 'historyGaps' | 'historyAt'>;

/** As fine as the API has them; of which two pixels show one. */
const LEAST_BUCKET_US = 1000;
const PIXELS_EACH = 2;
/** Fewer points than these are never asked for. */
const LEAST_POINTS = 16;

export const usOf = (seconds: number): number => Math.round(seconds * 1e6);

/**
 * Asks the site for one stretch of some lines, and gives each as soon as it is there.
 * @param points as many as pixels
 */
export async function askPieces(
  origins: readonly Origin[],
  span: Span,
  points: number,
  signal: AbortSignal,
  give: (key: string, piece: Piece) => void,
): Promise<void> {
  const most = pointsFor(points);
  const shifts = new Set(origins.map(({ earlierS = 0 }) => earlierS));
  await Promise.all(
    [...shifts].map(async (shiftS) => {
      const at = moved(span, -shiftS);
      const put = (key: string, piece: Piece) => give(key, shiftS === 0 ? piece : later(piece, shiftS));
      const together = origins.filter(({ earlierS = 0 }) => earlierS === shiftS);
      await Promise.all([
        askTags(api, together, at, most, signal, put),
        ...together.map((origin) => askCalculated(origin, at, most, signal, put)),
      ]);
    }),
  );
}

const ends = ({ from, to }: Span) => ({ from: String(usOf(from)), to: String(usOf(to)) });

const bucketOf = (span: Span, points: number): number =>
  Math.max(LEAST_BUCKET_US, Math.ceil((lengthOf(span) * 1e6 * PIXELS_EACH) / points));

/** How many points a picture so wide is asked for. */
export const pointsFor = (pixels: number): number => Math.max(LEAST_POINTS, Math.ceil(pixels));

/** Of tags alone, without calculations and without what was earlier. */
export async function askTags(
  archive: Archive,
  origins: readonly Origin[],
  span: Span,
  points: number,
  signal: AbortSignal,
  give: (key: string, piece: Piece) => void,
): Promise<void> {
  const tags = [...new Set(origins.flatMap(({ tag }) => tag ?? []))];
  if (tags.length === 0) return;
  const when = ends(span);
  const buckets = { tag: tags, ...when, bucketUs: bucketOf(span, points), aggregate: ['count'] } as const;
  const shared = Promise.all([
    byTag(archive.historyBuckets(buckets, signal)),
    archive.historyGaps({ tag: tags, ...when }, signal),
    archive.historyAt({ tag: tags, time: when.from }, signal),
  ]);
  await Promise.all([
    shared,
    ...tags.map(async (tag) => {
      const series = await archive.historyTrend({ tag, ...when, points }, signal);
      const [known, gaps, before] = await shared;
      const piece = pieceOf(
        {
          series,
          known: known.get(tag),
          gaps: gaps.filter((gap) => concerns(gap, tag)),
          before: before.find((one) => one.tag === tag),
        },
        span,
        points,
      );
      for (const one of origins) if (one.tag === tag) give(one.key, piece);
    }),
  ]);
}

const concerns = ({ tags }: GapView, tag: string): boolean => tags === 'all' || tags.includes(tag);

/** Of a calculation: what its inputs lack is in its own samples and in the share of time that is known. */
async function askCalculated(
  { key, calc, asset = '' }: Origin,
  span: Span,
  points: number,
  signal: AbortSignal,
  give: (key: string, piece: Piece) => void,
): Promise<void> {
  if (calc === undefined) return;
  const asked = { calc, asset, ...ends(span) };
  const bucketUs = bucketOf(span, points);
  const [series, known] = await Promise.all([
    rowsOf(api.historyCalculated({ ...asked, points }, signal)),
    byTag(api.historyCalculatedBuckets({ ...asked, bucketUs, aggregate: ['count'] }, signal)),
  ]);
  const [buckets] = known.values();
  give(key, pieceOf({ series, known: buckets, gaps: [], before: undefined }, span, points));
}

async function rowsOf(parts: AsyncIterable<Series>): Promise<Series> {
  const all: Series[] = [];
  for await (const part of parts) all.push(part);
  return {
    tag: all[0]?.tag ?? '',
    timeUs: all.flatMap(({ timeUs }) => timeUs),
    value: all.flatMap(({ value }) => value),
    quality: all.flatMap(({ quality }) => quality),
  };
}

async function byTag(parts: AsyncIterable<Buckets>): Promise<ReadonlyMap<string, Buckets>> {
  const found = new Map<string, Buckets>();
  for await (const part of parts) {
    const before = found.get(part.tag);
    found.set(part.tag, before ? joined(before, part) : part);
  }
  return found;
}

const joined = (a: Buckets, b: Buckets): Buckets => ({
  tag: a.tag,
  startUs: [...a.startUs, ...b.startUs],
  columns: { count: [...(a.columns.count ?? []), ...(b.columns.count ?? [])] },
  known: [...a.known, ...b.known],
});

function later(piece: Piece, byS: number): Piece {
  const shift = <T extends Span>(one: T): T => ({ ...one, from: one.from + byS, to: one.to + byS });
  return {
    ...shift(piece),
    times: piece.times.map((time) => time + byS),
    holes: piece.holes.map(shift),
    doubts: piece.doubts.map(shift),
  };
}
