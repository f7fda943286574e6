/* Times as they are at the site, wherever the browser stands. */

const DAY_S = 86_400;
/** ISO 8601: a day that is written otherwise is read as another one somewhere. */
const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:[T ]+(\d\d:\d\d(?::\d\d)?))?$/;

/** Written in a time zone. */
export class Zone {
  readonly name: string;
  readonly #parts: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #month: Intl.DateTimeFormat;

  /** @param name of the IANA; that of the browser when absent or unknown to it */
  constructor(name: string | undefined) {
    this.name = known(name) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const timeZone = this.name;
    this.#parts = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
    });
    this.#day = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short' });
    this.#month = new Intl.DateTimeFormat('en-GB', { timeZone, month: 'short', year: 'numeric' });
  }

  /** `2026-11-28 14:03:02.5`; milliseconds where they are wanted. @param time in s since 1970 */
  text(time: number, digits: 0 | 3 = 0): string {
    const text = this.#parts.format(time * 1000).replace(',', '.');
    return digits === 3 ? text : text.slice(0, 19);
  }

  day = (time: number): string => this.#day.format(time * 1000);
  month = (time: number): string => this.#month.format(time * 1000);

  /**
   * What somebody has written, in s since 1970: `2026-11-28 14:03:02`, with a T or without the seconds, or a day alone. A
   * time that there was twice is the earlier one; one that there never was is the one that the clock showed instead. NaN
   * where it is none.
   */
  timeOf(written: string): number {
    const [, day, time = '00:00'] = WRITTEN.exec(written.trim()) ?? [];
    const asUtc = Date.parse(`${day}T${time}Z`) / 1000;
    if (Number.isNaN(asUtc)) return Number.NaN;
    const offsets = [asUtc - DAY_S, asUtc + DAY_S].map((time) => this.offsetAt(time));
    const fitting = offsets
      .map((offset) => asUtc - offset)
      .filter((time) => time + this.offsetAt(time) === asUtc);
    return fitting.length > 0 ? Math.min(...fitting) : asUtc - Math.min(...offsets);
  }

  /** What its clocks are ahead of UTC, in s. */
  offsetAt(time: number): number {
    const whole = Math.floor(time);
    return Date.parse(`${this.text(whole).replace(' ', 'T')}Z`) / 1000 - whole;
  }
}

function known(name: string | undefined): string | undefined {
  try {
    return name === undefined
      ? undefined
      : new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const STEPS_S = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200],
  ...[DAY_S, 2 * DAY_S, 3 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S, 91 * DAY_S, 365 * DAY_S],
];

/** Times that people find round in their zone, with as many as fit. @param most how many at most */
export function ticksOf(from: number, to: number, most: number, zone: Zone): { at: number[]; stepS: number } {
  const stepS = STEPS_S.find((step) => (to - from) / step <= most) ?? (to - from) / most;
  const at: number[] = [];
  for (let local = Math.ceil((from + zone.offsetAt(from)) / stepS) * stepS; ; local += stepS) {
    const guess = local - zone.offsetAt(from);
    // On the other side of a change of the clocks the same hour of the day is another time.
    const time = stepS < 3600 ? guess : local - zone.offsetAt(guess);
    if (time > to) break;
    if (time >= from) at.push(Math.round(time * 1000) / 1000);
  }
  return { at, stepS };
}

/** What stands at such a time: as fine as their distance asks for; the date where a day begins. */
export function tickText(time: number, stepS: number, zone: Zone): string {
  if (stepS >= 28 * DAY_S) return zone.month(time);
  const text = zone.text(time, 3);
  if (stepS >= DAY_S || text.slice(11, 23) === '00:00:00.000') return zone.day(time);
  if (stepS >= 60) return text.slice(11, 16);
  return stepS >= 1 ? text.slice(11, 19) : text.slice(14, 23);
}
