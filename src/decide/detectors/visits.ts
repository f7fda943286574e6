import type { Period } from '#decide/detectors/api.ts';
import { figure } from '#decide/detectors/words.ts';

/** How parts of the running are told from each other. */
export interface VisitSettings {
  /** Length of the parts of a day that are told apart: a divisor of 24; 8 for shifts. 0: the hour does not matter. */
  readonly hours: number;
  /** The first part of a day begins so many hours after midnight UTC. */
  readonly offsetHours: number;
  /** 1: the last signal is the context - product, recipe, shift - and what the others are is learned for each of its values. */
  readonly context: number;
  /** Moments after a change of the context in which nothing is said, until the process has settled. */
  readonly settle: number;
  /** A part of a day or a context is known once it has been seen so many times. */
  readonly visits: number;
}

/** A value of the signal that is the context: a number, a boolean as 0 or 1, the code of an enum, or a text; 0 without one. */
export type Context = number | string;

/** A stretch of rows of one part of the day in one context. */
export interface Visit {
  readonly context: Context;
  readonly part: number;
  readonly begin: number;
  /** Behind what it needs to settle; {@link to} or more where it never did. */
  readonly from: number;
  readonly to: number;
}

/** Contexts that are learned of one period: one that has more of them has no products, but numbers of batches. */
export const MOST_CONTEXTS = 1000;
const LONGEST_SHOWN = 60;

const HOUR_US = 3600e6;
const DAY_HOURS = 24;
/** Parts that a day has at most. */
export const MOST_PARTS = DAY_HOURS;

export const isContext = (json: unknown): json is Context =>
  typeof json === 'number' || typeof json === 'string';

/** For sentences: texts in quotes, long ones cut. */
export const contextText = (context: Context): string =>
  typeof context === 'number' ? figure(context) : JSON.stringify(cut(context));

const cut = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;

/** The signals that are judged. @throws RangeError where a setting makes no sense */
export function watchedOf(
  signals: readonly string[],
  { hours, context, visits }: VisitSettings,
): readonly string[] {
  if (hours !== 0 && DAY_HOURS % hours !== 0)
    throw new RangeError(`hours is ${hours}; it must divide 24, or be 0`);
  if (hours === 0 && context === 0)
    throw new RangeError('with hours 0 it needs context 1: nothing is told apart');
  if (!(visits >= 1)) throw new RangeError(`visits is ${visits}; it must be at least 1`);
  const watched = context ? signals.slice(0, -1) : signals;
  if (watched.length === 0) throw new RangeError('context 1 needs a signal before the context');
  return watched;
}

export const partOf = (timeUs: number, { hours, offsetHours }: VisitSettings): number => {
  if (hours === 0) return 0;
  const hour = timeUs / HOUR_US - offsetHours;
  return Math.floor((((hour % DAY_HOURS) + DAY_HOURS) % DAY_HOURS) / hours);
};

/** When a part of the day is: `6 and 7 h UTC`. */
export function partText(part: number, { hours, offsetHours }: VisitSettings): string {
  const from = (((part * hours + offsetHours) % DAY_HOURS) + DAY_HOURS) % DAY_HOURS;
  return `${from} and ${(from + hours) % DAY_HOURS} h UTC`;
}

/** All visits of a period in their order; those of a context that is not known, or is one too many, are left out. */
export function visitsOf(
  { columns, texts }: Period,
  timeUs: ArrayLike<number>,
  settings: VisitSettings,
): Visit[] {
  const codes = settings.context ? columns.at(-1) : undefined;
  const rows = columns[0]?.length ?? 0;
  const visits: Visit[] = [];
  const contexts = new Set<Context>();
  let [code, part, begin, settled] = [Number.NaN, -1, 0, 0];
  const close = (to: number): void => {
    const context = texts && codes ? texts[code] : code;
    if (context === undefined || Number.isNaN(context)) return;
    if (contexts.size === MOST_CONTEXTS && !contexts.has(context)) return;
    contexts.add(context);
    visits.push({ context, part, begin, from: Math.max(begin, settled), to });
  };
  for (let row = 0; row < rows; row++) {
    const now = codes ? (codes[row] as number) : 0;
    const hour = partOf(timeUs[row] as number, settings);
    if (now === code && hour === part) continue;
    close(row);
    if (now !== code && codes) settled = row + settings.settle;
    [code, part, begin] = [now, hour, row];
  }
  close(rows);
  return visits;
}

/** What was seen of one part of the day in one context: visits that settled. */
interface Place {
  readonly context: Context;
  readonly part: number;
  readonly visits: readonly Visit[];
}

export function* placesOf(visits: readonly Visit[]): Iterable<Place> {
  const settled = visits.filter(({ from, to }) => to > from);
  for (const [context, own] of Map.groupBy(settled, (visit) => visit.context))
    for (const [part, these] of Map.groupBy(own, (visit) => visit.part))
      yield { context, part, visits: these };
}

/** What a period holds of one context. */
export interface SeenContext {
  readonly context: Context;
  readonly moments: number;
  /** How often it was there for long enough to settle; a change of the part of the day counts too. */
  readonly visits: number;
  /** Parts of the day in which it was there. */
  readonly parts: number;
  /** Those of them in which it was there often enough to be known. */
  readonly learned: number;
}

export interface SeenContexts {
  /** The signal that is the context. */
  readonly signal: string;
  /** Those that were there longest first. */
  readonly seen: readonly SeenContext[];
  /** Moments of contexts beyond {@link MOST_CONTEXTS}, and of texts that are too long for one. */
  readonly further: number;
  /** How often one must be there to be known. */
  readonly needed: number;
}

/** Undefined where nothing is the context. */
export function contextsOf(
  period: Period,
  timeUs: ArrayLike<number>,
  settings: VisitSettings,
): SeenContexts | undefined {
  const [signal, codes] = [period.signals.at(-1), period.columns.at(-1)];
  if (!settings.context || signal === undefined || codes === undefined) return undefined;
  const visits = visitsOf(period, timeUs, settings);
  const places = Map.groupBy(placesOf(visits), ({ context }) => context);
  const seen = [...Map.groupBy(visits, ({ context }) => context)].map(([context, own]): SeenContext => {
    const its = places.get(context) ?? [];
    return {
      context,
      moments: momentsOf(own),
      visits: its.reduce((sum, one) => sum + one.visits.length, 0),
      parts: new Set(own.map(({ part }) => part)).size,
      learned: its.filter((one) => one.visits.length >= settings.visits).length,
    };
  });
  return {
    signal,
    seen: seen.sort((a, b) => b.moments - a.moments),
    further: codes.reduce((known, code) => known + (Number.isNaN(code) ? 0 : 1), 0) - momentsOf(visits),
    needed: settings.visits,
  };
}

const momentsOf = (visits: readonly Visit[]): number =>
  visits.reduce((sum, { begin, to }) => sum + to - begin, 0);
