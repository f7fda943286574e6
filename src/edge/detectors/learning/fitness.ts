import type { Fitness, LearnedSignal, LearningReport, PeriodFinding } from '#contract/learning.ts';
import type { Needed } from '#decide/detectors/learning.ts';
import { deviation, present, quantile } from '#decide/detectors/statistics.ts';
import type { SeenContexts } from '#decide/detectors/visits.ts';
import { duration, figure, percent, times } from '#decide/detectors/words.ts';
import { contextFindings, reportedContexts } from '#edge/detectors/learning/contexts.ts';
import type { ReadPeriod } from '#edge/detectors/learning/period.ts';

/** What is known beside the values. */
export interface PeriodFacts {
  readonly needed: Needed;
  /** Why signals are not watched, by their names. */
  readonly unwatched: { readonly [signal: string]: string };
  /** Why nothing could be learned. */
  readonly refused?: string | undefined;
  /** Of a kind that learns by context: what the period holds of each. */
  readonly contexts?: SeenContexts | undefined;
  /** What people and alarms said of that time. */
  readonly told: readonly PeriodFinding[];
}

/** Fewer known moments than this of a signal are too few, or doubtful. */
const KNOWN_LEAST = 0.5;
const KNOWN_ENOUGH = 0.95;
/** A spike is no other way of running. */
const OUTSIDE_DOUBTFUL = 0.001;
const RESTED_DOUBTFUL = 0.5;
const QUIET_DOUBTFUL = 0.5;
/** Of the period, at its begin and at its end. */
const PART = 0.25;
const LEAST_IN_PART = 8;
/** Usual deviations within both parts: further apart they are two ways of running. */
const CHANGED = 3;

/** Whether a period is fit to learn from, and why. */
export function fitnessOf(period: ReadPeriod, facts: PeriodFacts): LearningReport {
  const { contexts } = facts;
  const rows = period.timeUs.length;
  const all = period.signals.map((signal, i) => figures(signal, period.columns[i] as Float64Array));
  const signals = period.texts ? all.with(-1, withoutFigures(all.at(-1) as LearnedSignal)) : all;
  // A context stands for long, and is another one at the end: nothing of that is wrong.
  const judged = contexts ? signals.slice(0, -1) : signals;
  const findings = [
    ...length(period, judged, facts),
    ...gaps(period, signals),
    ...quiet(period),
    ...rest(period),
    ...facts.told,
    ...range(period, signals),
    ...still(judged),
    ...changes(period, facts, judged),
    ...(contexts ? contextFindings(contexts, rows) : []),
    ...unwatched(facts, signals),
    ...calculated(period),
  ].sort((a, b) => WEIGHT[b.fit] - WEIGHT[a.fit]);
  const fit = findings[0]?.fit ?? 'fit';
  return { rows, fit, findings, signals, ...(contexts && { contexts: reportedContexts(contexts) }) };
}

const WEIGHT: { readonly [fit in Fitness]: number } = { fit: 0, doubtful: 1, unfit: 2 };

function figures(signal: string, column: Float64Array): LearnedSignal {
  const values = present(column);
  const known = column.length > 0 ? values.length / column.length : 0;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { signal, known, low: known > 0 ? low : null, high: known > 0 ? high : null };
}

/** The numbers of texts say nothing. */
const withoutFigures = ({ signal, known }: LearnedSignal): LearnedSignal => ({
  signal,
  known,
  low: null,
  high: null,
});

function* length(
  { timeUs }: ReadPeriod,
  signals: readonly LearnedSignal[],
  { needed, refused }: PeriodFacts,
): Iterable<PeriodFinding> {
  const known = Math.round(Math.max(0, ...signals.map((one) => one.known)) * timeUs.length);
  if (known < needed.enough) {
    const fit = known < needed.least ? 'unfit' : 'doubtful';
    const few = `${known} moments are ${fit === 'unfit' ? 'too few' : 'few'} to learn from`;
    const text = `${few}: ${needed.least} are the least, ${needed.enough} are enough`;
    yield { what: 'short', fit, text };
  }
  if (refused !== undefined) yield { what: 'short', fit: 'unfit', text: refused };
}

function* gaps({ silentUs, timeUs }: ReadPeriod, signals: readonly LearnedSignal[]): Iterable<PeriodFinding> {
  if (timeUs.length === 0) return;
  for (const { signal, known } of signals) {
    if (known === 1) continue;
    const share = 1 - known;
    const fit = known < KNOWN_LEAST ? 'unfit' : known < KNOWN_ENOUGH ? 'doubtful' : 'fit';
    yield {
      what: 'gaps',
      fit,
      signal,
      share,
      text: `${signal} is not known in ${percent(share)} of the time`,
    };
  }
  if (silentUs > 0)
    yield {
      ...{ what: 'gaps', fit: 'fit' },
      text: `for ${duration(silentUs)} in all nothing came of any signal: that time counts as not known`,
    };
}

/** A running site looks only when something comes, and does not look twice at what it has seen. */
function* quiet({ quiet: count, timeUs }: ReadPeriod): Iterable<PeriodFinding> {
  const share = count / Math.max(1, timeUs.length);
  if (share <= QUIET_DOUBTFUL) return;
  const text = `in ${percent(share)} of the moments no signal brought anything: a moment is shorter than the time between two values, give the detector a longer everyMs`;
  yield { what: 'quiet', fit: 'doubtful', share, text };
}

function* rest({ rested, timeUs }: ReadPeriod): Iterable<PeriodFinding> {
  if (rested === 0) return;
  const share = rested / (rested + timeUs.length);
  const text = `the detector rests in ${percent(share)} of the period, which is left out`;
  yield { what: 'rest', fit: share > RESTED_DOUBTFUL ? 'doubtful' : 'fit', share, text };
}

function* range({ outside, timeUs }: ReadPeriod, signals: readonly LearnedSignal[]): Iterable<PeriodFinding> {
  for (const [i, { signal }] of signals.entries()) {
    const share = (outside[i] as number) / Math.max(1, timeUs.length);
    if (share === 0) continue;
    const fit = share > OUTSIDE_DOUBTFUL ? 'doubtful' : 'fit';
    const text = `${signal} is outside of its engineering range in ${percent(share)} of the time`;
    yield { what: 'range', fit, signal, share, text };
  }
}

const isStill = ({ low, high }: LearnedSignal): boolean => low !== null && low === high;

function* still(signals: readonly LearnedSignal[]): Iterable<PeriodFinding> {
  const fit = signals.every(isStill) ? 'unfit' : 'doubtful';
  for (const one of signals.filter(isStill)) {
    const text = `${one.signal} stands still at ${figure(one.low as number)} all the time`;
    yield { what: 'still', fit, signal: one.signal, share: 1, text };
  }
}

/** The first part of a signal that was learned to wander, or stands still, is no other than its last. */
function* changes(
  { columns }: ReadPeriod,
  { unwatched }: PeriodFacts,
  signals: readonly LearnedSignal[],
): Iterable<PeriodFinding> {
  for (const [i, { signal }] of signals.entries()) {
    if (Object.hasOwn(unwatched, signal)) continue;
    const values = present(columns[i] as Float64Array);
    const count = Math.floor(values.length * PART);
    if (count < LEAST_IN_PART) continue;
    const [first, last] = [values.subarray(0, count), values.subarray(-count)];
    const [from, to] = [quantile(first, 0.5), quantile(last, 0.5)];
    const within = Math.max(deviation(first), deviation(last));
    if (!(Math.abs(to - from) > CHANGED * within)) continue;
    const far = within > 0 ? `, ${times(Math.abs(to - from) / within)} the usual deviation` : '';
    const text = `${signal} goes from ${figure(from)} in the first quarter to ${figure(to)} in the last${far}: these may be two ways of running`;
    yield { what: 'change', fit: 'doubtful', signal, text };
  }
}

function* unwatched({ unwatched }: PeriodFacts, signals: readonly LearnedSignal[]): Iterable<PeriodFinding> {
  const why = Object.entries(unwatched);
  const stillOnes = new Set(signals.filter(isStill).map(({ signal }) => signal));
  for (const [signal, reason] of why) {
    if (stillOnes.has(signal)) continue;
    const fit = why.length === signals.length ? 'unfit' : 'fit';
    yield { what: 'unwatched', fit, signal, text: `${signal} will not be watched: ${reason}` };
  }
}

function* calculated({ calculated }: ReadPeriod): Iterable<PeriodFinding> {
  if (calculated.length === 0) return;
  const text = `calculated anew from their inputs, as the site file derives them now: ${calculated.join(', ')}`;
  yield { what: 'calculated', fit: 'fit', text };
}
