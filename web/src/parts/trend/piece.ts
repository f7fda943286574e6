import type { Buckets, GapView, Series } from '#contract/client.ts';
import { isBad, isGood, qualityName } from '#kernel/quality.ts';
import { count } from '../format.ts';
import { qualityText } from '../quality.ts';
import { merged, overlaps, type Span } from './span.ts';

/** A stretch of which there is something to say: why nothing is known, or what is doubtful. */
export interface Remark extends Span {
  readonly why: string;
}

/** What a line is drawn from. */
export interface Line {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** null breaks the line. */
  readonly values: readonly (number | null)[];
  /** Of each row, as OPC UA codes. */
  readonly qualities: readonly number[];
  /** Where nothing is known. What says most comes first. */
  readonly holes: readonly Remark[];
  /** Where values are uncertain. */
  readonly doubts: readonly Remark[];
}

/** What the site answered for one stretch of time. */
export interface Piece extends Line, Span {
  /** How long a point stands for, in seconds; 0 where every sample is there. */
  readonly stepS: number;
}

interface Answers {
  readonly series: Series;
  /** Shares of stretches of time for which a usable value was known, and how many samples each has. */
  readonly known: Buckets | undefined;
  readonly gaps: readonly GapView[];
  /** The last sample before the stretch: its value holds until the first one in it. */
  readonly before: Series | undefined;
}

const SECOND_US = 1e6;
/** Between two times, so that a line ends there: far below what a picture can show. */
const INSTANT_S = 1e-6;

/**
 * The samples, with the line broken wherever something is missing: a line across a hole would tell of values that
 * nobody has measured.
 * @param points how many were asked for at most
 */
export function pieceOf({ series: inside, known, gaps, before }: Answers, span: Span, points: number): Piece {
  const series = heldFrom(span.from, before, inside);
  const shares = known && new Shares(known, span);
  const isWhole = !shares || shares.count <= usableIn(inside);
  const told = gaps.map((gap) => ({ ...clipped(gap, span), why: gapText(gap) }));
  const holes = [...told, ...badRuns(series, span), ...(shares?.unknown ?? [])].filter(isLong);
  const breaks = merged(holes);
  const doubts = doubtsOf(series, span);
  if (shares && !isWhole) doubts.push(...shares.partly);
  const endBetween = (earlier: number, later: number): number | undefined => {
    const hole = holeBetween(breaks, earlier, later);
    if (hole) return hole.from;
    return !isWhole && shares?.isHole(earlier, later) ? earlier : undefined;
  };
  return {
    ...span,
    ...brokenRows(heldTo(endOf(span, breaks), series), endBetween),
    holes,
    doubts,
    stepS: isWhole ? 0 : (span.to - span.from) / points,
  };
}

function heldFrom(from: number, before: Series | undefined, { tag, timeUs, value, quality }: Series): Series {
  const last = before ? before.timeUs.length - 1 : -1;
  const fromUs = from * SECOND_US;
  if (!before || last < 0 || (timeUs[0] ?? Number.POSITIVE_INFINITY) <= fromUs)
    return { tag, timeUs, value, quality };
  return {
    tag,
    timeUs: [fromUs, ...timeUs],
    value: [before.value[last] ?? null, ...value],
    quality: [before.quality[last] ?? 0, ...quality],
  };
}

/** Until when something may be known: a hole at the end leaves nothing behind it. */
function endOf({ to }: Span, breaks: readonly Span[]): number {
  const last = breaks.at(-1);
  return last && last.to >= to ? last.from : to;
}

/** What was known last holds on, until something says otherwise. */
function heldTo(to: number, { tag, timeUs, value, quality }: Series): Series {
  const last = timeUs.length - 1;
  const toUs = Math.round(to * SECOND_US); // and no other time than that of a hole which begins there
  if (last < 0 || (timeUs[last] ?? 0) >= toUs) return { tag, timeUs, value, quality };
  return {
    tag,
    timeUs: [...timeUs, toUs],
    value: [...value, value[last] ?? null],
    quality: [...quality, quality[last] ?? 0],
  };
}

const isLong = ({ from, to }: Span): boolean => to > from;

function holeBetween(breaks: readonly Span[], from: number, to: number): Span | undefined {
  // The first hole that ends behind the earlier one of the two.
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((breaks[mid] as Span).to > from) high = mid;
    else low = mid + 1;
  }
  const next = breaks[low];
  return next && overlaps(next, { from, to }) ? next : undefined;
}

/** @param endBetween until when what was known first holds, where something is missing between two samples */
function brokenRows(
  { timeUs, value, quality }: Series,
  endBetween: (earlier: number, later: number) => number | undefined,
): Pick<Line, 'times' | 'values' | 'qualities'> {
  const times: number[] = [];
  const values: (number | null)[] = [];
  const qualities: number[] = [];
  const push = (time: number, one: number | null, code: number) => {
    times.push(time);
    values.push(one);
    qualities.push(code);
  };
  let before: number | undefined;
  timeUs.forEach((one, i) => {
    const time = one / SECOND_US;
    const code = quality[i] ?? 0;
    const end = before === undefined ? undefined : endBetween(before, time);
    if (before !== undefined && end !== undefined) {
      if (end > before) push(end, values.at(-1) ?? null, qualities.at(-1) ?? 0);
      push(Math.max(end, before) + INSTANT_S, null, 0);
    }
    push(time, numberOf(value[i], code), code);
    before = time;
  });
  return { times, values, qualities };
}

/** As it is drawn; null where there is no number, or none that may be used. */
export function numberOf(value: unknown, quality: number): number | null {
  if (isBad(quality)) return null;
  if (typeof value === 'boolean') return Number(value);
  const given = typeof value === 'string' && value !== '' ? Number(value) : value; // 64-bit integers come as text
  return typeof given === 'number' && Number.isFinite(given) ? given : null;
}

const usableIn = ({ value, quality }: Series): number =>
  value.reduce<number>((sum, one, i) => sum + (numberOf(one, quality[i] ?? 0) === null ? 0 : 1), 0);

const clipped = ({ fromUs, toUs }: GapView, { from, to }: Span): Span => ({
  from: Math.max(from, fromUs / SECOND_US),
  to: Math.min(to, toUs / SECOND_US),
});

/** `device-silent` with 12 lost is “device silent, 12 samples lost”. */
function gapText({ reason, count: lost, source }: GapView): string {
  const text = reason.replaceAll('-', ' ');
  const many = lost === undefined ? '' : `, ${count(lost)} ${lost === 1 ? 'sample' : 'samples'} lost`;
  return `${text}${many}${source === undefined ? '' : `, told by ${source}`}`;
}

/** From each bad sample to the next one, which says how it went on. */
const badRuns = (series: Series, span: Span): Remark[] => runsOf(series, span, isBad);

const isUncertain = (quality: number): boolean => !isBad(quality) && !isGood(quality);
const doubtsOf = (series: Series, span: Span): Remark[] => runsOf(series, span, isUncertain);

function runsOf({ timeUs, quality }: Series, { to }: Span, isSo: (quality: number) => boolean): Remark[] {
  const found: Remark[] = [];
  timeUs.forEach((one, i) => {
    const code = quality[i] ?? 0;
    if (!isSo(code)) return;
    const next = timeUs[i + 1];
    const run = {
      from: one / SECOND_US,
      to: next === undefined ? to : next / SECOND_US,
      why: qualityText(qualityName(code)),
    };
    const last = found.at(-1);
    if (last?.why === run.why && last.to === run.from) found[found.length - 1] = { ...last, to: run.to };
    else found.push(run);
  });
  return found;
}

/** How much of the time something was known: what a series of few points cannot tell. */
class Shares {
  readonly count: number;
  readonly unknown: readonly Remark[];
  readonly partly: readonly Remark[];
  readonly #starts: readonly number[];
  /** Seconds of which nothing is known, up to the start of each stretch. */
  readonly #missing: readonly number[];
  readonly #stretchS: number;

  constructor({ startUs, known, columns }: Buckets, { to }: Span) {
    this.count = (columns.count ?? []).reduce<number>((sum, one) => sum + (one ?? 0), 0);
    this.#starts = [...startUs.map((one) => one / SECOND_US), to];
    const missing = [0];
    const unknown: Remark[] = [];
    const partly: Remark[] = [];
    known.forEach((share, i) => {
      const stretch = { from: this.#starts[i] as number, to: this.#starts[i + 1] as number };
      missing.push((missing[i] as number) + (1 - share) * (stretch.to - stretch.from));
      if (share === 0) unknown.push({ ...stretch, why: 'no usable value' });
      // What is missing by rounding is nothing.
      else if (share < 0.999) partly.push({ ...stretch, why: 'partly unknown: zoom in' });
    });
    this.unknown = joined(unknown);
    this.partly = joined(partly);
    this.#missing = missing;
    this.#stretchS = startUs.length > 1 ? (this.#starts[1] as number) - (this.#starts[0] as number) : 0;
  }

  /** Whether a line between two points would lie across something that nobody has measured. */
  isHole(from: number, to: number): boolean {
    if (to - from <= this.#stretchS / 2) return false; // both are in one column of the picture
    return this.#missingAt(to) - this.#missingAt(from) > this.#stretchS / 4;
  }

  #missingAt(time: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >>> 1;
      if ((starts[mid] as number) <= time) low = mid;
      else high = mid - 1;
    }
    const [start = 0, end = start] = [starts[low], starts[low + 1]];
    const [before = 0, behind = before] = [this.#missing[low], this.#missing[low + 1]];
    const share = end > start ? Math.min(1, Math.max(0, (time - start) / (end - start))) : 0;
    return before + share * (behind - before);
  }
}

/** Those that follow each other without a pause, and say the same, as one. */
export function joined(remarks: readonly Remark[]): Remark[] {
  const found: Remark[] = [];
  for (const one of remarks) {
    const last = found.at(-1);
    if (last && last.to === one.from && last.why === one.why)
      found[found.length - 1] = { ...last, to: one.to };
    else found.push(one);
  }
  return found;
}
