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

export const ImportReport = z
  .strictObject({
    dryRun: z.boolean(),
    format: z.enum(['csv', 'parquet']),
    form: z.enum(['long', 'wide']),
    about: z.record(z.string(), z.string()).describe('What else was understood of the file.'),
    time: z.strictObject({ column: z.string(), format: z.string(), zone: z.string().exactOptional() }),
    columns: z.array(
      z.strictObject({
        name: z.string().describe('As the file calls it.'),
        path: z.string(),
        type: z.enum(TAG_TYPES),
        samples: count,
        refused: count,
      }),
    ),
    unknown: z
      .array(z.strictObject({ name: z.string(), path: z.string(), type: z.enum(TAG_TYPES), rows: count }))
      .describe('Names that no tag has; their rows were left out.'),
    preview: z
      .array(z.strictObject({ timeUs: us, path: z.string(), value: json }))
      .describe('The first samples.'),
    rows: count,
    samples: count,
    added: count.describe('New ones; the others were there already.').exactOptional(),
    empty: count.describe('Cells with nothing in them, and marks of gaps.'),
    refused: count,
    refusals: z
      .array(z.strictObject({ line: count, name: z.string().exactOptional(), why: z.string() }))
      .describe('The first of them.'),
    fromUs: us.exactOptional(),
    toUs: us.exactOptional(),
    bytes: count,
    digest: z.string().describe('SHA-256 of the file.'),
  })
  .describe('What an import understood and did; of a dry run, what it would have done.');

export const ImportLine = z
  .union([z.strictObject({ rows: count, bytes: count }), z.strictObject({ report: ImportReport })])
  .describe('How far an import has come, or its end.');
