import { Fault } from '#kernel/fault.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `20s`, `5m`, `1h`, `7d`, or seconds without a unit; in ms. @throws Fault `cli.usage` */
export function duration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  if (!match?.[1]) {
    throw new Fault('cli.usage', `${option} ${text}: not a time`, {
      retry: 'never',
      hint: 'write 20s, 5m or 1h',
    });
  }
  return Number(match[1]) * UNITS[(match[2] ?? 's') as keyof typeof UNITS];
}

/** As {@link duration}, where a number alone means minutes; in minutes. @throws Fault `cli.usage` */
export const minutes = (text: string, option: string): number =>
  duration(withUnit(text, 'm'), option) / UNITS.m;

/** As {@link duration}, where a number alone means milliseconds; in ms. @throws Fault `cli.usage` */
export const milliseconds = (text: string, option: string): number => duration(withUnit(text, 'ms'), option);

const withUnit = (text: string, unit: keyof typeof UNITS): string =>
  /^\d+(\.\d+)?$/.test(text) ? `${text}${unit}` : text;
