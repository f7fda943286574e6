import type { Json } from '#kernel/event.ts';

/* Reading what an earlier run kept: what does not look as it should is not there. */

export const objectOf = (json: Json | undefined): { readonly [key: string]: Json | undefined } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [key: string]: Json })
    : {};

/** Numbers, just as many; null stands for NaN. */
export function numbersOf(json: Json | undefined, count: number): number[] | undefined {
  if (!Array.isArray(json) || json.length !== count) return undefined;
  const numbers = json.map((one) => (one === null ? Number.NaN : one));
  return numbers.every((one) => typeof one === 'number') ? (numbers as number[]) : undefined;
}
