import type { Json } from '#kernel/event.ts';

/* What PostgreSQL takes as text and JSON: no NUL, no half of a surrogate pair (PostgreSQL, 8.14). */

const NUL = /\0/g;

export const plainText = (text: string): string => text.toWellFormed().replace(NUL, '\ufffd');

/** As JSON text that a column of type jsonb takes. */
export const plainJson = (value: Json): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'string') return plainText(inner);
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [plainText(key), one]));
  });

/** Times as bigint columns take them. */
export const wholeUs = (timeUs: unknown): number =>
  typeof timeUs === 'number' && Number.isFinite(timeUs)
    ? Math.round(Math.max(-(2 ** 53), Math.min(2 ** 53, timeUs)))
    : 0;
