/** A stretch of time, in seconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is shown: a stretch that stands still, or so much of the past up to now. */
export type When = Span | { readonly lastS: number };

export const isLive = (when: When): when is { readonly lastS: number } => 'lastS' in when;

export const lengthOf = ({ from, to }: Span): number => to - from;

export const spanAt = (when: When, nowS: number): Span =>
  isLive(when) ? { from: nowS - when.lastS, to: nowS } : when;

export const includes = (outer: Span, inner: Span): boolean =>
  outer.from <= inner.from && outer.to >= inner.to;

export const overlaps = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;

/** In their order, and those that touch as one. */
export function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { from, to } of spans.filter((one) => one.to > one.from).toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to) found[found.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else found.push({ from, to });
  }
  return found;
}

/** What of a span lies in none of these. */
export function without(span: Span, taken: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { from } = span;
  for (const one of merged(taken)) {
    if (one.to <= from || one.from >= span.to) continue;
    if (one.from > from) left.push({ from, to: one.from });
    from = Math.max(from, one.to);
  }
  if (from < span.to) left.push({ from, to: span.to });
  return left;
}

/** Ten samples of the fastest machines; and longer than any site keeps its past. */
const LEAST_S = 0.01;
const MOST_S = 20 * 366 * 86_400;

/** Around a time that keeps its place. @param factor below 1 shows less */
export function zoomed({ from, to }: Span, around: number, factor: number): Span {
  const length = Math.min(MOST_S, Math.max(LEAST_S, (to - from) * factor));
  const share = (around - from) / (to - from);
  return { from: around - share * length, to: around + (1 - share) * length };
}

export const moved = ({ from, to }: Span, byS: number): Span => ({ from: from + byS, to: to + byS });

/** The future is not known: a span that reaches into it ends now, as long as it was. */
export const notBeyond = (span: Span, nowS: number): Span =>
  span.to > nowS ? moved(span, nowS - span.to) : span;
