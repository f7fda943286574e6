import * as z from 'zod';
import { ALARM_STATES, expectedDigest, MOST_CONFIG_BYTES } from '#contract/api.ts';
import { PRIORITIES } from '#contract/site.ts';
import { EVENT_KINDS } from '#kernel/event.ts';

/* What may be asked for in queries. Loaded with the site: an alarm must be acknowledged although the disk is gone. */

const DATE_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** µs since 1970, or as ISO 8601 writes it; a time without its zone would mean another moment on another machine. */
const moment = z.string().transform((text, context) => {
  const us = /^\d{1,16}$/.test(text)
    ? Number(text)
    : DATE_TIME.test(text)
      ? Date.parse(text) * 1000
      : Number.NaN;
  if (Number.isFinite(us)) return us;
  context.addIssue(`${text}: no time; write 2026-11-28T10:00:00Z, or µs since 1970`);
  return z.NEVER;
});
export const from = moment.describe('From here on: ISO 8601 with its zone, or µs since 1970.');
export const to = moment.describe('Up to here, exclusive.');

/** A parameter that may be given several times. */
export const several = <T extends z.ZodType>(one: T) =>
  z.union([one, z.array(one)]).transform((given) => (Array.isArray(given) ? given : [given]));

export const limit = (most: number, usual: number) =>
  z.coerce.number().int().min(1).max(most).default(usual).describe('Most of them in one answer.');
const position = z.coerce.number().int().min(0);
const prefix = z.string().max(500);

export const TagsQuery = z.strictObject({
  prefix: prefix.default('').describe('Only tags whose path begins so.'),
  search: z.string().max(200).optional().describe('Only where path or description hold this text.'),
  quality: z.enum(['good', 'uncertain', 'bad']).optional().describe('Only where the newest value is so.'),
  source: z.string().max(200).optional().describe('Only those that are read from this source.'),
  limit: limit(10_000, 1000),
  after: z.string().optional().describe('Path of the last tag of the page before.'),
});

export const TreeQuery = z.strictObject({
  at: z
    .string()
    .max(500)
    .default('')
    .describe('Path of the place whose branches are wanted; the site itself.'),
  depth: z.coerce.number().int().min(1).max(10).default(1).describe('Levels below it.'),
});

export const AlarmsQuery = z.strictObject({
  prefix: prefix.default('').describe('Only alarms whose id begins so.'),
  state: several(z.enum(ALARM_STATES)).optional().describe('Only in these states, such as unacknowledged.'),
  priority: several(z.enum(PRIORITIES)).optional().describe('Only of these priorities.'),
  active: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('true: all but normal ones. false: normal ones only.'),
});

const alertPrefix = prefix.default('').describe('Only those of rules and detectors whose id begins so.');

export const AlertsQuery = z.strictObject({ prefix: alertPrefix });

export const DetectorsQuery = z.strictObject({
  prefix: prefix.default('').describe('Only detectors whose id begins so.'),
});

export const JudgeRequest = z.strictObject({
  id: z.string().min(1).max(500).describe('Id of the detector that found it.'),
  sinceUs: z
    .number()
    .optional()
    .describe('When it began, as the lists of alerts have it; its newest finding when absent.'),
  verdict: z
    .enum(['true', 'false', 'known'])
    .describe('true: there was something. false: there was nothing. known: it stands, and is shown quietly.'),
  why: z.string().trim().min(1).max(500).optional().describe('Kept in the journal.'),
  by: z.string().min(1).max(100).default('local').describe('Who says so.'),
});

export const EndedAlertsQuery = z.strictObject({
  prefix: alertPrefix,
  from: from.optional().describe('Ended from here on: ISO 8601 with its zone, or µs since 1970.'),
  to: to.optional().describe('Ended before this.'),
  limit: limit(1000, 100),
  before: position.optional().describe('Id of the last one of the page before.'),
});

export const EventsQuery = z.strictObject({
  kind: several(z.enum(EVENT_KINDS)).optional().describe('Only of these kinds.'),
  name: z.string().max(200).optional().describe('Only names that begin so, such as alarm. or write.refused.'),
  subject: z
    .string()
    .max(500)
    .optional()
    .describe('Only about this tag, alarm, source; ends with * for all below.'),
  from: from.optional(),
  to: to.optional(),
  limit: limit(1000, 100),
  after: position.optional().describe('Events after this sequence, oldest first.'),
  before: position.optional().describe('The newest events before this sequence; oldest first as well.'),
});

export const GapsQuery = z.strictObject({
  from: from.optional(),
  to: to.optional(),
  source: z.string().max(200).optional().describe('Only what this source told of.'),
  tag: z.string().max(500).optional().describe('Only holes that this tag may be concerned by.'),
  reason: z.string().max(100).optional().describe('Only of this reason.'),
  limit: limit(4096, 100),
});

export const LedgerRowsQuery = z.strictObject({
  tag: several(z.string().min(1).max(500)).optional().describe('Only these tags.'),
  prefix: prefix.default('').describe('Only tags whose path begins so.'),
  from: from.optional().describe('Hours that begin from here on: ISO 8601 with its zone, or µs since 1970.'),
  to: to.optional().describe('Hours that begin before this.'),
  each: z
    .enum(['hour', 'tag', 'both'])
    .default('hour')
    .describe('A row for each hour, tag, or hour of a tag.'),
  limit: limit(100_000, 10_000),
});

export const DeadLettersQuery = z.strictObject({
  sink: z.string().max(200).optional().describe('Only of this sink.'),
  limit: limit(1000, 100),
});

export const HistoryPageQuery = z.strictObject({ limit: limit(1000, 100) });

export const ConfigDiffQuery = z.strictObject({
  from: z.string().max(64).optional().describe('First digits of a digest; the one before when absent.'),
  to: z.string().max(64).optional().describe('First digits of a digest; what runs when absent.'),
});

export const BrowseQuery = z.strictObject({
  from: z.string().min(1).optional().describe('Place to begin at: a node, registers, a topic filter.'),
  // Clients give up a connection on which nothing comes for five minutes.
  forMs: z.coerce
    .number()
    .int()
    .min(100)
    .max(240_000)
    .optional()
    .describe('How long to listen where things speak by themselves.'),
});

export const StreamQuery = z.strictObject({
  prefix: prefix.default('').describe('Only tags whose path begins so.'),
  tag: several(z.string().max(500)).optional().describe('Only these tags.'),
  kind: several(z.enum([...EVENT_KINDS, 'none']))
    .optional()
    .describe('Only events of these kinds; none for no events.'),
  everyMs: z.coerce.number().int().min(100).max(60_000).default(500).describe('Pause between two messages.'),
});

/** As the historian calculates them. */
export const AGGREGATES = [
  'min',
  'max',
  'mean',
  'timeMean',
  'last',
  'first',
  'count',
  'sum',
  'duration',
] as const;

const tags = several(z.string().min(1).max(500)).describe('Path of a tag; may be given several times.');
const span = { from, to: to.optional().describe('Up to here, exclusive; now when absent.') };
const stepUs = z.coerce
  .number()
  .int()
  .min(1000)
  .max(366 * 86_400e6);

export const RawQuery = z.strictObject({ tag: tags, ...span });

export const BucketsQuery = z.strictObject({
  tag: tags,
  ...span,
  bucketUs: stepUs.describe('Width of a bucket.'),
  aggregate: several(z.enum(AGGREGATES)).default(['min', 'max', 'mean']).describe('What to calculate.'),
  state: z.coerce
    .number()
    .optional()
    .describe('For duration: the value whose time counts; any that is not zero when absent.'),
});

export const TrendQuery = z.strictObject({
  tag: z.string().min(1).max(500).describe('Path of a tag.'),
  ...span,
  points: z.coerce.number().int().min(2).max(100_000).default(2000).describe('At most so many.'),
});

export const AtQuery = z.strictObject({
  tag: tags,
  time: moment.describe('ISO 8601 with its zone, or µs since 1970.'),
});

export const AlignedQuery = z.strictObject({
  tag: tags,
  ...span,
  stepUs: stepUs.describe('Distance of two rows.'),
  fill: z.enum(['previous', 'linear']).default('previous').describe('What stands between two samples.'),
});

const calculation = {
  calc: z
    .string()
    .min(1)
    .max(10_000)
    .describe('An expression as of a derived tag: `tag("line1/pump/flow") * 2`, `mean(tag("…"), "5m")`.'),
  asset: z.string().max(500).default('').describe('Bare names in the expression are signals of it.'),
  ...span,
  stepUs: stepUs
    .optional()
    .describe('What stands at each step; a row whenever an input has one when absent.'),
};

export const CalculatedQuery = z.strictObject({
  ...calculation,
  points: z.coerce
    .number()
    .int()
    .min(8)
    .max(100_000)
    .optional()
    .describe('At most so many rows, in one line; the extremes are kept.'),
});

export const CalculatedBucketsQuery = z.strictObject({
  ...calculation,
  bucketUs: stepUs.describe('Width of a bucket.'),
  aggregate: several(z.enum(AGGREGATES)).default(['min', 'max', 'mean']).describe('What to calculate of it.'),
  state: z.coerce.number().optional().describe('For duration: the value whose time counts.'),
});

export const HistoryGapsQuery = z.strictObject({ tag: tags.optional(), ...span });

export const ExportQuery = z.strictObject({
  tag: several(z.string().min(1).max(500)).describe(
    'Path of a tag, in which * stands for any text; may be given several times.',
  ),
  from: from.optional(),
  to: to.optional(),
  format: z.enum(['csv', 'ndjson', 'parquet']).default('csv').describe('What the file is.'),
  form: z
    .enum(['long', 'wide'])
    .default('long')
    .describe('long: a row a sample, tag by tag. wide: a row a time, with a column for each tag.'),
  valuesOnly: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .describe('Leaves out qualities and gaps; bad values are then empty.'),
});

const column = z.string().min(1).max(500);

export const ImportQuery = z.strictObject({
  name: z.string().min(1).max(500).default('upload').describe('Name of the file, for the audit.'),
  dryRun: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .describe('Reads all of it, says what it would do, and keeps nothing.'),
  form: z.enum(['long', 'wide']).optional().describe('Guessed when absent, as all that follows.'),
  time: column.optional().describe('Column of the times.'),
  timeFormat: z
    .enum(['iso', 'dmy', 'mdy', 's', 'ms', 'us', 'ns'])
    .optional()
    .describe('How they are written.'),
  zone: z.string().max(100).optional().describe('Of times that name none: UTC, +01:00, Europe/Berlin.'),
  tag: column.optional().describe('Column of the tags, of a long table.'),
  value: column.optional().describe('Column of the values, of a long table.'),
  quality: column.optional().describe('Column of the qualities, of a long table.'),
  map: several(z.string().min(3).max(1000))
    .default([])
    .describe('NAME=PATH: the tag that a column, or a name in a long table, stands for.'),
  under: z.string().max(500).optional().describe('Place below which names become paths.'),
  skip: several(column).default([]).describe('Names that are left out.'),
  skipUnknown: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .describe('Leaves out columns that no tag stands for, instead of refusing the file.'),
  undeclared: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .describe('Names that no tag stands for become tags of the history alone; their types are guessed.'),
  separator: z.string().length(1).optional().describe('Between the cells of CSV.'),
  decimal: z.enum(['.', ',']).optional().describe('How numbers are written in CSV.'),
  by: z.string().min(1).max(100).default('local').describe('Who does it.'),
  why: z.string().trim().min(1).max(500).optional().describe('Kept in the audit.'),
});

export const UndoRequest = z.strictObject({
  to: z
    .string()
    .max(64)
    .optional()
    .describe('First digits of the digest to go back to; what ran before when absent.'),
  why: z.string().trim().min(1).max(500).optional().describe('Kept in the history.'),
  expects: expectedDigest,
  by: z.string().min(1).max(100).default('local').describe('Who does it.'),
});

export const MaintenanceRequest = z.strictObject({
  asset: z.string().min(1).describe('Path of an asset, or of a line or an area.'),
  forMin: z.number().min(0).describe('Minutes; 0 ends it.'),
  why: z.string().min(1).optional().describe('Needed to begin it.'),
  by: z.string().min(1).describe('Who does it.'),
});

const siteText = z.string().max(MOST_CONFIG_BYTES);

export const CheckRequest = z.strictObject({ text: siteText.describe('A site file.') });

export const BacktestRequest = z.strictObject({
  text: siteText
    .optional()
    .describe('The site file to try; the files of then when absent, which must find what was recorded.'),
  from: from.optional(),
  to: to.optional(),
  against: z
    .enum(['record', 'current'])
    .default('record')
    .describe('What the site recorded of itself, or its present file over the same past.'),
  past: z
    .enum(['journal', 'history'])
    .optional()
    .describe('The journal where it reaches back far enough, otherwise the historian, when absent.'),
  warmUpMs: z
    .number()
    .min(0)
    .max(366 * 86_400e3)
    .default(3600e3)
    .describe('How much of the past before it rules and alarms settle on.'),
});

export const RemoveViewRequest = z.strictObject({ name: z.string().min(1).max(100) });
