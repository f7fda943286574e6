import { Fault } from '#kernel/fault.ts';

/** Where clocks of a file stood against UTC. Times in µs; a local time is written as if it were UTC. */
export interface Zone {
  readonly name: string;
  /**
   * The moments that a local time may mean: one; none where the clocks went over it in spring; two, the earlier first,
   * where they went back in autumn.
   */
  moments(localUs: number): readonly number[];
}

const DAY_US = 86_400e6;
const FIXED = /^(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?$/i;

/** @param name `UTC`, `+01:00`, or as the tz database names it: `Europe/Berlin` @throws Fault `exchange.usage` */
export function zoneOf(name: string): Zone {
  if (/^(utc|gmt|z)$/i.test(name)) return { name: 'UTC', moments: (localUs) => [localUs] };
  const fixed = FIXED.exec(name);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0);
    const offsetUs = (fixed[1] === '-' ? -1 : 1) * minutes * 60e6;
    return { name, moments: (localUs) => [localUs - offsetUs] };
  }
  try {
    return named(name);
  } catch {
    throw new Fault('exchange.usage', `there is no time zone ${name}`, {
      retry: 'never',
      hint: 'write UTC, +01:00, or a name such as Europe/Berlin',
    });
  }
}

function named(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const around = new Map<number, readonly [before: number, after: number]>();
  /** How far ahead of UTC the zone was. */
  const offsetAt = (us: number): number => {
    const part = format.formatToParts(us / 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const found = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(part);
    if (!found) return 0;
    const [, sign, hours, minutes, seconds = '0'] = found;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e6;
  };
  /** Asked once a day of the file: no zone changes its clocks twice within three days. */
  const offsetsOf = (day: number): readonly [number, number] => {
    const known = around.get(day);
    if (known) return known;
    const found = [offsetAt((day - 1) * DAY_US), offsetAt((day + 2) * DAY_US)] as const;
    around.set(day, found);
    return found;
  };
  return {
    name,
    moments(localUs) {
      const [before, after] = offsetsOf(Math.floor(localUs / DAY_US));
      if (before === after) return [localUs - before];
      return [localUs - before, localUs - after]
        .filter((us) => us + offsetAt(us) === localUs)
        .sort((a, b) => a - b);
    },
  };
}
