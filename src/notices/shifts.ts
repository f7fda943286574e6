import type { Shift } from '#notices/api.ts';

const DAY_MIN = 24 * 60;
const WEEK_MIN = 7 * DAY_MIN;

/** @param minute of the week, 0 = Sunday 00:00 */
export function isOn({ days, fromMin, toMin }: Shift, minute: number): boolean {
  const lastsMin = toMin > fromMin ? toMin - fromMin : toMin - fromMin + DAY_MIN;
  return days.some((day) => {
    const sinceMin = (minute - (day * DAY_MIN + fromMin) + 2 * WEEK_MIN) % WEEK_MIN;
    return sinceMin < lastsMin;
  });
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * Reads local time off the zone's own rules, summer time included. Those of the machine's zone are loaded when first asked
 * for, since they take 7 MB of memory and many sites have no shifts. @throws RangeError for a zone that nobody knows
 */
export function minuteOfWeekIn(timeZone: string | undefined): (wallUs: number) => number {
  let format = timeZone === undefined ? undefined : weekFormat(timeZone);
  return (wallUs) => {
    format ??= weekFormat(timeZone);
    const parts = new Map(format.formatToParts(wallUs / 1000).map(({ type, value }) => [type, value]));
    const day = DAYS.indexOf(parts.get('weekday') ?? 'Sun');
    return day * DAY_MIN + Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  };
}

const weekFormat = (timeZone: string | undefined): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    ...(timeZone !== undefined && { timeZone }),
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
