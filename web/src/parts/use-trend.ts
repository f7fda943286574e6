import type { Buckets } from '#contract/client.ts';
import { api } from '../data/api.ts';
import { siteNowMs } from '../data/clock.ts';
import { type Polled, usePolled } from '../data/poll.ts';
import { type Line, lineOf, type Span } from './trend-data.ts';

/** Up to now, so long; or a stretch that stands still. */
export type Range = { readonly lastMs: number } | Span;

const POINTS = 1500;
/** As fine as a hole can be seen in a picture. */
const STRETCHES = 300;
const LEAST_STRETCH_US = 1000;
const FASTEST_MS = 2000;
/** Nothing new comes into a stretch that is over, but for what arrives late. */
const STILL_MS = 60_000;

export interface Past extends Line {
  readonly span: Span;
}

export const spanOf = (range: Range): Span => {
  if ('from' in range) return range;
  const to = siteNowMs() / 1000;
  return { from: to - range.lastMs / 1000, to };
};

/** The past of one tag as a picture needs it; goes on by itself where the range reaches to now. */
export function useTrend(tag: string, range: Range): Polled<Past> {
  const key = `trend ${tag} ${JSON.stringify(range)}`;
  const everyMs = 'from' in range ? STILL_MS : Math.max(FASTEST_MS, range.lastMs / 600);
  return usePolled(key, (signal) => askTrend(tag, spanOf(range), signal), everyMs);
}

async function askTrend(tag: string, span: Span, signal: AbortSignal): Promise<Past> {
  const ends = { from: String(Math.round(span.from * 1e6)), to: String(Math.round(span.to * 1e6)) };
  const bucketUs = Math.max(LEAST_STRETCH_US, Math.ceil(((span.to - span.from) * 1e6) / STRETCHES));
  const [series, known, gaps] = await Promise.all([
    api.historyTrend({ tag, ...ends, points: POINTS }, signal),
    knownOf(tag, ends, bucketUs, signal),
    api.historyGaps({ tag, ...ends }, signal),
  ]);
  return { span, ...lineOf(series, known, gaps, span) };
}

async function knownOf(
  tag: string,
  ends: { readonly from: string; readonly to: string },
  bucketUs: number,
  signal: AbortSignal,
): Promise<Buckets | undefined> {
  const parts: Buckets[] = [];
  for await (const part of api.historyBuckets({ tag, ...ends, bucketUs, aggregate: 'count' }, signal))
    parts.push(part);
  if (parts.length === 0) return undefined;
  return {
    tag,
    columns: {},
    startUs: parts.flatMap(({ startUs }) => startUs),
    known: parts.flatMap(({ known }) => known),
  };
}
