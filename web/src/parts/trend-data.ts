import type { Buckets, GapView, Series } from '#contract/client.ts';
import { classOfCode } from './quality.ts';

/** A stretch of time, in seconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a picture of one tag is drawn from. */
export interface Line {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** null breaks the line. */
  readonly values: readonly (number | null)[];
  /** Where nothing is known: no usable sample, or a counted hole. */
  readonly holes: readonly Span[];
  /** Where values are of uncertain quality. */
  readonly doubts: readonly Span[];
}

const SECOND_US = 1e6;
/** Between two times, so that a line ends there: far below what a picture can show. */
const INSTANT_S = 1e-6;

/**
 * What is drawn: the samples, with the line broken wherever something is missing. A line across a hole would tell of
 * values that nobody has measured.
 * @param known shares of stretches of time for which a usable value was known
 */
export function lineOf(
  series: Series,
  known: Buckets | undefined,
  gaps: readonly GapView[],
  end: Span,
): Line {
  const holes = merged([...unknownIn(known, end), ...gaps.map((gap) => spanOf(gap, end))]);
  const times: number[] = [];
  const values: (number | null)[] = [];
  let hole = 0;
  let before = Number.NEGATIVE_INFINITY;
  series.timeUs.forEach((timeUs, i) => {
    const time = timeUs / SECOND_US;
    while (hole < holes.length && (holes[hole] as Span).to <= before) hole++;
    const next = holes[hole];
    if (times.length > 0 && next && next.from < time && next.to > before) {
      times.push(before + INSTANT_S);
      values.push(null);
    }
    times.push(time);
    values.push(numberOf(series.value[i], series.quality[i] ?? 0));
    before = time;
  });
  return { times, values, holes, doubts: doubtsOf(series) };
}

const numberOf = (value: unknown, quality: number): number | null => {
  if (classOfCode(quality) === 'bad') return null;
  if (typeof value === 'boolean') return Number(value);
  const given = typeof value === 'string' ? Number(value) : value; // 64-bit integers come as text
  return typeof given === 'number' && Number.isFinite(given) ? given : null;
};

function spanOf({ fromUs, toUs }: GapView, end: Span): Span {
  return { from: Math.max(end.from, fromUs / SECOND_US), to: Math.min(end.to, toUs / SECOND_US) };
}

/** Runs of stretches in which nothing was known at all. */
function unknownIn(known: Buckets | undefined, end: Span): Span[] {
  if (!known) return [];
  return known.startUs.flatMap((startUs, i) => {
    if (known.known[i] !== 0) return [];
    const to = known.startUs[i + 1];
    return [{ from: startUs / SECOND_US, to: to === undefined ? end.to : to / SECOND_US }];
  });
}

/** In their order, and those that touch as one. */
export function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const span of spans.filter(({ from, to }) => to > from).toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && span.from <= last.to)
      found[found.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else found.push(span);
  }
  return found;
}

/** From each uncertain sample to the next one, which says how it went on. */
function doubtsOf({ timeUs, quality }: Series): Span[] {
  const spans = timeUs.flatMap((one, i) => {
    const next = timeUs[i + 1];
    return next !== undefined && classOfCode(quality[i] ?? 0) === 'uncertain'
      ? [{ from: one / SECOND_US, to: next / SECOND_US }]
      : [];
  });
  return merged(spans);
}
