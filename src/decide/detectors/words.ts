/* Figures in sentences. */

/** Four digits: what people can take in. @param unit UCUM code; that of a plain number is not shown */
export function figure(value: number, unit = '1'): string {
  if (!Number.isFinite(value)) return 'nothing';
  const digits = String(Number(value.toPrecision(4)));
  return unit === '1' ? digits : `${digits} ${unit}`;
}

export const times = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} times`;

const MINUTE_US = 60e6;
const UNITS = [
  { name: 'day', us: 1440 * MINUTE_US },
  { name: 'hour', us: 60 * MINUTE_US },
  { name: 'minute', us: MINUTE_US },
] as const;
type Unit = (typeof UNITS)[number];

/** The largest unit of which there are two, so that 30 hours are not 1.3 days. */
const unitOf = (us: number): Unit => UNITS.find((unit) => us >= 2 * unit.us) ?? UNITS[2];

const inUnits = (us: number, unit: Unit): string =>
  String(Number((us / unit.us).toFixed(us < 10 * unit.us ? 1 : 0)));

const counted = (text: string, { name }: Unit): string => `${text} ${name}${text === '1' ? '' : 's'}`;

/** A length of time: `35 minutes`. */
export function duration(us: number): string {
  const unit = unitOf(us);
  return counted(inUnits(us, unit), unit);
}

/** Both ends of a length of time, in the unit of the later one: `3.2 to 5 days`. @param toUs Infinity where there is no later end */
export function between(fromUs: number, toUs: number): string {
  if (toUs === Number.POSITIVE_INFINITY) return `${duration(fromUs)} or later`;
  const unit = unitOf(toUs);
  const [from, to] = [inUnits(fromUs, unit), inUnits(toUs, unit)];
  return from === to ? counted(to, unit) : `${from} to ${counted(to, unit)}`;
}

/** @param share 0 to 1 */
export function percent(share: number): string {
  const shown = Number((100 * share).toPrecision(2));
  return shown > 0 && shown < 0.01 ? 'less than 0.01 %' : `${shown} %`;
}
