import * as z from 'zod';
import { AGGREGATES } from '#contract/routes/requests.ts';
import { ACCESS, TAG_TYPES } from '#kernel/tag-table.ts';
import { column, count, json, times, us } from './common.ts';

export const HistoryTag = z.strictObject({
  path: z.string(),
  type: z.enum(TAG_TYPES),
  access: z.enum(ACCESS),
  unit: z.string().exactOptional(),
  description: z.string().exactOptional(),
  rows: count,
  fromUs: us,
  toUs: us,
  bytes: count.describe('On the disk.'),
});

export const Series = z
  .strictObject({
    tag: z.string(),
    timeUs: times,
    value: z.array(json).describe('null where there is no number; 64-bit integers as text.'),
    quality: z.array(count).describe('Upper 16 bits of an OPC UA status code; 0 is good, from 32768 on bad.'),
  })
  .describe('Samples of one tag in the order of time; columns of equal length.');

export const Buckets = z
  .strictObject({
    tag: z.string(),
    startUs: times,
    columns: z.partialRecord(z.enum(AGGREGATES), column).describe('null where no usable sample is in it.'),
    known: z.array(z.number()).describe('Share of the bucket for which a usable value was known, 0 to 1.'),
  })
  .describe('Buckets of one tag; parts of one tag follow each other.');

export const Aligned = z
  .strictObject({
    timeUs: times,
    columns: z
      .array(column)
      .describe('One a tag, in the order asked for; null where nothing usable is known.'),
  })
  .describe('Rows at equal distances.');
