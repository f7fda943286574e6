import type { Detector, Lack, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import { autocorrelation, bulkOf, present, quantile } from '#decide/detectors/statistics.ts';
import { duration, figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Balance}. */
export interface BalanceSettings {
  /** Weight of the newest moment in the smoothed balance. */
  readonly weight: number;
  /** Found beyond this many usual deviations of that. */
  readonly limit: number;
  /** But never below this, in the unit of the balance: what nobody would look for. */
  readonly least: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
}

export const BALANCE: BalanceSettings = { weight: 0.05, limit: 6, least: 0, end: 0.5 };

/** A moment counts as at most so many deviations from the usual: one reading decides nothing. */
const FURTHEST = 8;
/** Or so many limits, where `least` is far above what is usual: what is beyond it must be able to get there. */
const FURTHEST_LIMITS = 4;
const MOST_KIN = 0.99;
/** Of what the balance is about: below that it is rounding. */
const ROUNDING = 1e-6;

/**
 * Learns {@link Balance}: where a balance is and how far it strays when it adds up. Of a balance whose moments are kin to each
 * other (a level that is slow to follow, pulsing pumps) the smoothed one strays further: how far, is told by its first
 * autocorrelation as of a process of first order, and by what it did in the period; the larger one counts.
 * @throws RangeError where it is not one signal, or there are too few moments
 */
export function learnBalance({ signals, columns }: Period, settings: BalanceSettings = BALANCE): Learned {
  if (signals.length !== 1) throw new RangeError(`a balance is one signal, not ${signals.length}`);
  const column = columns[0] ?? new Float64Array(0);
  const { weight } = settings;
  const needed = Math.ceil(4 / weight);
  const values = present(column);
  if (values.length < needed)
    throw new RangeError(`${values.length} moments are too few for a balance; it needs ${needed}`);
  const centre = quantile(values, 0.5);
  const rounding =
    ROUNDING * Math.max(Math.abs(centre), quantile(values.map(Math.abs), 0.9), Number.MIN_VALUE);
  const scale = Math.max(bulkOf(values.map((value) => value - centre)), rounding);
  const smooth = new Smooth(weight, centre, FURTHEST * scale);
  const strayed = values.map((value) => smooth.take(value)).filter((_, i) => i * weight >= 2);
  const kin = Math.min(MOST_KIN, Math.max(0, autocorrelation(column, 1)));
  const bend = kin * (1 - weight);
  const expected = scale * Math.sqrt(((weight / (2 - weight)) * (1 + bend)) / (1 - bend));
  return {
    kind: 'balance',
    signals,
    settings: { ...settings },
    state: { centre, scale, kin, spread: Math.max(expected, bulkOf(strayed)) },
  };
}

/** How far a balance is from the usual: an exponential mean, a plain one at first. */
class Smooth {
  away = 0;
  count = 0;
  readonly #weight: number;
  readonly #centre: number;
  readonly #most: number;

  constructor(weight: number, centre: number, most: number) {
    this.#weight = weight;
    this.#centre = centre;
    this.#most = most;
  }

  take(value: number): number {
    const far = value - this.#centre;
    const bounded = far > this.#most ? this.#most : far < -this.#most ? -this.#most : far;
    this.count++;
    this.away += Math.max(this.#weight, 1 / this.count) * (bounded - this.away);
    return this.away;
  }

  get settled(): boolean {
    return this.count * this.#weight >= 2;
  }

  /** Moments until then. */
  get left(): number {
    return Math.max(1, Math.ceil(2 / this.#weight) - this.count);
  }
}

interface BalanceState {
  readonly centre: number;
  readonly scale: number;
  readonly spread: number;
}

/** What goes in less what comes out and what stays: a balance that no longer adds up is a leak, a sensor that is off, a valve that does not close. */
export class Balance implements Detector {
  readonly learned: Learned;
  readonly #state: BalanceState;
  readonly #smooth: Smooth;
  readonly #limit: number;
  readonly #episode: Episode;
  #ratio = Number.NaN;
  /** Since when it is more than one usual deviation away; NaN while it is not. */
  #offUs = Number.NaN;
  #nowUs = Number.NaN;

  constructor(learned: Learned) {
    const { weight, limit, least, end } = learned.settings as unknown as BalanceSettings;
    this.learned = learned;
    this.#state = learned.state as unknown as BalanceState;
    const { centre, scale, spread } = this.#state;
    if (![centre, scale, spread].every(Number.isFinite)) throw new RangeError('centre, scale and spread');
    this.#limit = Math.max(limit * spread, least);
    this.#smooth = new Smooth(weight, centre, Math.max(FURTHEST * scale, FURTHEST_LIMITS * this.#limit));
    this.#episode = new Episode(end);
  }

  observe(values: Float64Array, timeUs: number): void {
    const value = values[0] as number;
    const known = !Number.isNaN(value);
    if (known) {
      const away = Math.abs(this.#smooth.take(value));
      this.#nowUs = timeUs;
      if (!(away > this.#state.spread)) this.#offUs = Number.NaN;
      else if (Number.isNaN(this.#offUs)) this.#offUs = timeUs;
    }
    const said = known && this.#smooth.settled;
    this.#ratio = said ? Math.abs(this.#smooth.away) / this.#limit : Number.NaN;
    this.#episode.take(this.#ratio, said, timeUs);
  }

  get ratio(): number {
    return this.#ratio;
  }

  get found(): boolean {
    return this.#episode.found;
  }

  get sinceUs(): number {
    return this.#episode.sinceUs;
  }

  get lacks(): Lack | undefined {
    return this.#smooth.settled ? undefined : { moments: this.#smooth.left };
  }

  /** Its signal is an expression, whose tag has a name that nobody chose: the words go without it. */
  reasons(units: readonly string[] = []): readonly Reason[] {
    const [signal = ''] = this.learned.signals;
    if (!this.#smooth.settled) return [];
    const { away } = this.#smooth;
    const { centre, spread } = this.#state;
    const much = `${figure(Math.abs(away), units[0])} too ${away > 0 ? 'much' : 'little'}, ${times(Math.abs(away) / spread)} the usual deviation`;
    const text = Number.isNaN(this.#offUs)
      ? 'the balance adds up'
      : `the balance ${this.found ? 'no longer adds up' : 'strays'}: ${much}, for ${duration(this.#nowUs - this.#offUs)}`;
    return [{ signal, share: 1, value: centre + away, expected: centre, deviation: away / spread, text }];
  }

  snapshot(): Json {
    const orNull = (us: number): number | null => (Number.isNaN(us) ? null : us);
    const { away, count } = this.#smooth;
    return {
      away,
      count,
      offUs: orNull(this.#offUs),
      nowUs: orNull(this.#nowUs),
      episode: this.#episode.snapshot(),
    };
  }

  restore(from: Json): void {
    const { away, count, offUs, nowUs, episode } = objectOf(from);
    if (typeof away !== 'number' || typeof count !== 'number') return;
    this.#smooth.away = away;
    this.#smooth.count = count;
    this.#offUs = typeof offUs === 'number' ? offUs : Number.NaN;
    this.#nowUs = typeof nowUs === 'number' ? nowUs : Number.NaN;
    this.#episode.restore(episode);
  }
}
