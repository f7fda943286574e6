import { type JsonPaths, Kind } from '#codec/json/paths.ts';
import type { TimeUnit } from './config.ts';

const TO_US = { us: 1, ms: 1e3, s: 1e6, iso: Number.NaN } as const;
/** Year 2255, where µs stop being exact in a double. */
const MOST_US = Number.MAX_SAFE_INTEGER;

/** Source time at a slot, µs since 1970; NaN where there is none that could be true. */
export function timeAt(json: JsonPaths, slot: number, unit: TimeUnit): number {
  const kind = json.kind[slot];
  if (kind === Kind.number && unit !== 'iso') return inRange((json.number[slot] as number) * TO_US[unit]);
  if (kind === Kind.string && unit === 'iso') return inRange(isoUs(String(json.parse(slot))));
  return Number.NaN;
}

const inRange = (us: number): number => (us > 0 && us <= MOST_US ? Math.round(us) : Number.NaN);

const ISO = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.(\d+))?)?([Zz]|[+-]\d\d:?\d\d)?$/;

/** RFC 3339 to the µs. A time without a zone is UTC: the zone of this box says nothing of the device's. */
function isoUs(text: string): number {
  const match = ISO.exec(text);
  if (!match) return Number.NaN;
  const [, date, minutes, seconds = ':00', fraction = '', zone = 'Z'] = match;
  return (
    Date.parse(`${date}T${minutes}${seconds.slice(0, 3)}${zone.toUpperCase()}`) * 1000 +
    Number(fraction.slice(0, 6).padEnd(6, '0'))
  );
}
