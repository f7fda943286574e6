import type { Learned, Period } from '#decide/detectors/api.ts';
import { type BalanceSettings, learnBalance } from '#decide/detectors/balance.ts';
import { type DriftSettings, learnDrift } from '#decide/detectors/drift.ts';
import { type FrozenSettings, learnFrozen } from '#decide/detectors/frozen.ts';
import { kindOf } from '#decide/detectors/learned.ts';
import { learnNoise, type NoiseSettings } from '#decide/detectors/noise.ts';
import { learnRelation, type RelationSettings } from '#decide/detectors/relation.ts';
import { learnRemaining, type RemainingSettings } from '#decide/detectors/remaining.ts';
import { learnSeason, type SeasonSettings } from '#decide/detectors/season.ts';
import { learnUnusual, type UnusualSettings } from '#decide/detectors/unusual.ts';
import { contextsOf, type SeenContexts } from '#decide/detectors/visits.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** A period with the time of each of its moments, and where it was broken off. */
export interface DatedPeriod extends Period {
  /** µs since 1970, ascending. */
  readonly timeUs: Float64Array;
  /** Rows before which the detector is known to have rested, ascending; none before the first one. */
  readonly breaks: readonly number[];
}

type Settings = { readonly [name: string]: number };

/** How many moments a kind needs: below `least` nothing can be learned, below `enough` what is learned is doubtful. */
export interface Needed {
  readonly least: number;
  readonly enough: number;
}

/** How a kind of detector learns. */
export interface Learning<S = Settings> {
  /** @throws RangeError that says what the period lacks */
  learn(period: DatedPeriod, settings: S): Learned;
  needed(signals: number, settings: S, everyMs: number): Needed;
  /** What the period holds of each context; absent where a kind has none. */
  contexts?(period: DatedPeriod, settings: S): SeenContexts | undefined;
  /** Why signals are not watched, by their names; nothing said: all are. */
  unwatched?(learned: Learned): { readonly [signal: string]: string };
}

const STOOD = 'it never moved';

function reasons(
  signals: readonly string[],
  why: (i: number) => string | false,
): { [signal: string]: string } {
  return Object.fromEntries(
    signals.flatMap((signal, i) => {
      const text = why(i);
      return text === false ? [] : [[signal, text]];
    }),
  );
}

/** Independent moments a signal below which a mean or a spread is a guess. */
const INDEPENDENT = 5;

const drift: Learning<DriftSettings> = {
  learn: learnDrift,
  // A smoothed level says something new after 2 / fast moments. Before its baseline has come along nothing is known.
  needed: (signals, { fast, slow }) =>
    needed(Math.max((INDEPENDENT * signals * 2) / fast, slow > 0 ? 2 / slow : 0)),
  unwatched: ({ signals, state }) =>
    reasons(signals, (i) =>
      (state.wanders as boolean[])[i]
        ? 'its level wanders in good running'
        : (state.spread as (number | null)[])[i] === null && STOOD,
    ),
};

const frozen: Learning<FrozenSettings> = {
  learn: learnFrozen,
  needed: (_, { least }) => needed(20 * least),
  unwatched: ({ signals, state }) =>
    reasons(signals, (i) => (state.longest as (number | null)[])[i] === null && STOOD),
};

const noise: Learning<NoiseSettings> = {
  learn: learnNoise,
  needed: (_, { weight }) => needed((INDEPENDENT * 4) / weight),
  unwatched: ({ signals, state }) =>
    reasons(
      signals,
      (i) => (state.centre as (number | null)[])[i] === null && 'it stood still, or its steps are rounding',
    ),
};

const balance: Learning<BalanceSettings> = {
  learn: learnBalance,
  needed: (_, { weight }) => needed((INDEPENDENT * 4) / weight),
};

const relation: Learning<RelationSettings> = {
  learn: learnRelation,
  needed: (signals, { weight }) => needed((INDEPENDENT * signals * 2) / weight),
};

const DAY_MS = 86_400e3;

const unusual: Learning<UnusualSettings> = {
  learn: (period, settings) => learnUnusual(period, period.timeUs, settings),
  // Hours of the day that it has never seen are all unusual to it.
  needed: (_, { slow }, everyMs) => ({ ...needed(2 / slow), enough: Math.max(2 / slow, DAY_MS / everyMs) }),
};

const season: Learning<SeasonSettings> = {
  learn: (period, settings) => learnSeason(period, period.timeUs, settings),
  contexts: (period, settings) => contextsOf(period, period.timeUs, settings),
  // An hour of the day comes once a day; a context whenever it does.
  needed: (_, { hours, visits, settle, weight }, everyMs) =>
    needed(hours > 0 ? (visits * DAY_MS) / everyMs : visits * (settle + 4 / weight)),
};

/** So many parts the runs are divided into, to see how wrong it is for runs that it has not seen. */
const LEAST_RUNS = 5;

const remainingLife: Learning<RemainingSettings> = {
  learn(period, settings) {
    const runs = runsOf(period);
    if (runs.length >= LEAST_RUNS) return learnRemaining(runs, settings);
    throw new RangeError(
      `the period holds ${runs.length} ${runs.length === 1 ? 'life' : 'lives'}, and ${LEAST_RUNS} are the least: a life ends where the detector rests`,
    );
  },
  needed: (_, { most }) => ({ least: 2 * LEAST_RUNS, enough: LEAST_RUNS * most }),
};

const needed = (enough: number): Needed => ({ least: Math.ceil(enough / 2), enough: Math.ceil(enough) });

/** What lies between two rests, each a life of its own. */
function runsOf({ signals, columns, breaks }: DatedPeriod): Period[] {
  const rows = columns[0]?.length ?? 0;
  const edges = [0, ...breaks, rows];
  return edges.slice(1).flatMap((to, i) => {
    const from = edges[i] as number;
    return to > from ? [{ signals, columns: columns.map((column) => column.subarray(from, to)) }] : [];
  });
}

/** Of every kind that learns; each of them is handed settings of its own. */
const KINDS = { balance, drift, frozen, noise, relation, season, unusual, 'remaining-life': remainingLife };

/** @throws Fault `detector.kind` */
export function learningOf(kind: string): Learning {
  if (Object.hasOwn(KINDS, kind)) return KINDS[kind as keyof typeof KINDS] as unknown as Learning;
  throw new Fault('detector.kind', `a detector of the kind ${kind} does not learn`, {
    retry: 'never',
    hint: `these do: ${Object.keys(KINDS).join(', ')}`,
  });
}

/** Why a detector does not watch some of its signals, by their names. */
export const unwatchedBy = (learned: Learned): { readonly [signal: string]: string } =>
  learningOf(learned.kind).unwatched?.(learned) ?? {};

/** All settings of a kind: those that were set, and the defaults. */
export const settingsOf = (kind: string, set: Settings): Settings => ({ ...kindOf(kind)?.settings, ...set });

/**
 * Learns from a period of good running.
 * @param set what is not the default of the kind
 * @throws Fault `detector.kind`, `detector.unfit` with what the period lacks
 */
export function learn(kind: string, period: DatedPeriod, set: Settings = {}): Learned {
  const learning = learningOf(kind);
  try {
    return learning.learn(period, settingsOf(kind, set));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Fault('detector.unfit', messageOf(error), {
      retry: 'never',
      hint: 'name another period with --from and --to',
      cause: error,
    });
  }
}
