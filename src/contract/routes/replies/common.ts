import * as z from 'zod';

export const count = z.int().min(0);
export const us = z.number().describe('µs since 1970, wall clock of the site.');
export const ms = z.number().min(0);
export const json = z.unknown().describe('Any JSON.');

/** Columns of doubles as JSON: null where there is no number. */
export const column = z.array(z.number().nullable());
export const times = z.array(z.number()).describe('µs since 1970.');

export const Ended = z
  .strictObject({
    fault: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }),
  })
  .describe('Always the last line, where the answer ended before its end.');
