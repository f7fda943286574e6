import { WAVEFORM, waveform } from '#plant/mqtt/waveform.ts';
import { FILLER_STATES } from '#plant/physics/filler.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { seededNoise } from '#plant/physics/noise.ts';

export interface Topic {
  /** Below `plant/line<n>/`. */
  readonly name: string;
  readonly everyMs: number;
  readonly qos: 0 | 1;
  /** @param timeMs the sensor's own clock, ms since 1970 */
  readonly payload: (signals: Signals, timeMs: number) => string;
}

const round = (value: Signals[string] | undefined, digits: number): number =>
  Number(Number(value ?? 0).toFixed(digits));
const iso = (timeMs: number): string => new Date(timeMs).toISOString();

/** What the sensors of a line say: JSON with a time in ms, JSON with a time as text, and plain numbers. */
export const TOPICS: readonly Topic[] = [
  {
    name: 'pump/vibration',
    everyMs: 200,
    qos: 0,
    payload: (s, ts) =>
      JSON.stringify({
        ts,
        rms: round(s.vibration, 3),
        peak: round(s.vibrationPeak, 3),
        kurtosis: round(s.kurtosis, 3),
      }),
  },
  {
    name: 'pump/waveform',
    everyMs: 20_000,
    qos: 0,
    payload: (s, ts) => {
      // Other noise each time, and at each pump.
      const noise = seededNoise(ts + Math.round(1e6 * Number(s.vibration)));
      return JSON.stringify({ ts, rate: WAVEFORM.rateHz, unit: 'mg', samples: waveform(s, noise) });
    },
  },
  {
    name: 'pump/bearing',
    everyMs: 500,
    qos: 1,
    payload: (s, ts) =>
      JSON.stringify({ ts, bearing: { temperature: round(s.bearingTemperature, 2), sensor: 'PT100' } }),
  },
  {
    name: 'env/temperature',
    everyMs: 1000,
    qos: 0,
    payload: (s, ts) => JSON.stringify({ time: iso(ts), value: round(s.airTemperature, 2), unit: 'Cel' }),
  },
  {
    name: 'env/humidity',
    everyMs: 1000,
    qos: 0,
    payload: (s, ts) => JSON.stringify({ time: iso(ts), value: round(s.airHumidity, 1), unit: '%' }),
  },
  {
    name: 'filler/weight',
    everyMs: 500,
    qos: 0,
    payload: (s) => String(round(s.fillWeight, 1)),
  },
  {
    name: 'filler/state',
    everyMs: 2000,
    qos: 1,
    payload: (s, ts) =>
      JSON.stringify({ time: iso(ts), state: FILLER_STATES[Number(s.fillerState ?? 0)] ?? 'unknown' }),
  },
];

/** Payloads that nobody can read, in turn: cut off, no JSON, wrong types, nothing at all. */
export function brokenPayload(good: string, turn: number): string {
  const ways = [
    good.slice(0, Math.ceil(good.length / 2)),
    '<?xml version="1.0"?>',
    '{"ts":"soon","rms":{}}',
    '',
  ];
  return ways[turn % ways.length] as string;
}
