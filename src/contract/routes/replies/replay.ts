import * as z from 'zod';
import { count, json, ms, us } from './common.ts';
import { Problem } from './config.ts';

const Tally = z.strictObject({
  count: count.describe('How often it began, was raised, switched on, written or sent.'),
  refused: count.exactOptional().describe('Writes that a limit refuses.'),
  firstUs: us.exactOptional(),
  lastUs: us.exactOptional(),
  activeUs: z
    .number()
    .exactOptional()
    .describe('Rules on, alarms raised, alerts standing; absent for writes and messages.'),
  spans: z.array(us).describe('From, to; from, to; … of the time active, or moments twice.'),
});
const kind = z.enum(['rule', 'alarm', 'alert', 'write', 'send']);

export const BacktestReport = z
  .strictObject({
    file: z.string(),
    data: z.string(),
    past: z.enum(['journal', 'history']).describe('Where the rows came from.'),
    against: z.enum(['record', 'current', 'nothing']),
    fromUs: us,
    toUs: us,
    rows: count,
    rowsPerS: count,
    equal: z.boolean(),
    unknownTags: z.array(z.string()).describe('Of the file; the past does not have them.'),
    silentTags: z.array(z.string()).describe('No row of them came in this time.'),
    notes: z.array(z.string()),
    subjects: z.array(
      z.strictObject({
        kind,
        id: z.string().describe('Of the rule or alarm; for alerts, writes and messages the rule.'),
        to: z.string().exactOptional().describe('Tag that is written, or actuator.'),
        file: Tally.exactOptional(),
        past: Tally.exactOptional(),
      }),
    ),
    differences: z
      .array(
        z.strictObject({
          timeUs: us,
          in: z.enum(['file', 'past']).describe('Who has it; the other one has not.'),
          kind,
          id: z.string(),
          what: z.string(),
          value: json.exactOptional(),
          refused: z.string().exactOptional().describe('Why a write would be refused.'),
        }),
      )
      .describe('In the order of time; the first ones where there are very many.'),
    differenceCount: count,
  })
  .describe('What a site file would have found, beside what was found.');

export const BacktestLine = z
  .union([
    z.strictObject({ part: z.number().describe('0 to 1.'), rows: count, rowsPerS: ms }),
    z.strictObject({ problems: z.array(Problem) }).describe('The file has errors: nothing was tried.'),
    z.strictObject({ report: BacktestReport }),
  ])
  .describe('How far a back-test has come, or its end.');

export const AuditCheck = z
  .strictObject({
    events: count,
    fromSeq: count.describe('First event still kept, when older ones were removed by quota.'),
    head: z.string().describe('Hash of the newest event.'),
    broken: z.strictObject({ seq: count, reason: z.string() }).exactOptional(),
  })
  .describe('What a walk over the hash chain found.');
