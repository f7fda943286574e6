import * as z from 'zod';
import { count, us } from './common.ts';
import { Fault } from './site.ts';

const fit = z
  .enum(['fit', 'doubtful', 'unfit'])
  .describe('What is unfit is refused; what is doubtful is learned, and says so.');
const share = z.number().describe('0 to 1.');
const signal = z.string().describe('Named without the asset; of a balance: `the balance`.');

export const LearningReport = z
  .strictObject({
    rows: count.describe('Moments that were learned from.'),
    fit,
    findings: z
      .array(
        z.strictObject({
          what: z
            .enum([
              'gaps',
              'quiet',
              'rest',
              'range',
              'still',
              'short',
              'alarms',
              'change',
              'unwatched',
              'calculated',
              'contexts',
            ])
            .describe(
              'Values that are missing; moments without news; moments of rest; values outside of the engineering range; a signal that ' +
                'stands still; too few moments; alarms and alerts of that time; a level that changed; a signal that ' +
                'this kind does not watch; what was calculated anew; contexts that were there too seldom.',
            ),
          fit,
          signal: signal.exactOptional(),
          share: share.exactOptional().describe('Part of the period that it concerns, 0 to 1.'),
          text: z.string().describe('A sentence without its full stop.'),
        }),
      )
      .describe('What weighs most first.'),
    signals: z.array(
      z.strictObject({
        signal,
        known: share.describe('Part of the moments in which its value was known, 0 to 1.'),
        low: z.number().nullable().describe('Least value; null where none was known.'),
        high: z.number().nullable(),
      }),
    ),
    contexts: z
      .array(
        z.strictObject({
          context: z.string().describe('Value of the signal that is the context; a text in quotes.'),
          moments: count,
          visits: count.describe('How often it was there for long enough to settle.'),
          parts: count.describe('Parts of the day in which it was there.'),
          learned: count.describe('Those of them in which it was learned; 0: it was there too seldom.'),
        }),
      )
      .exactOptional()
      .describe('Products, recipes, shifts that were learned, or were not; those that were there longest.'),
  })
  .describe('What a period of the past is good for.');

export const LearningStatus = z
  .strictObject({
    id: z.string(),
    state: z
      .enum(['running', 'done', 'refused', 'failed', 'ended'])
      .describe('refused: the period is unfit. ended: somebody ended it.'),
    done: share.describe('How far it has come, 0 to 1.'),
    what: z.enum(['reading', 'learning']),
    fromUs: us,
    toUs: us,
    dryRun: z.boolean(),
    by: z.string(),
    startedUs: us,
    report: LearningReport.exactOptional(),
    digest: z.string().exactOptional().describe('SHA-256 of what was learned.'),
    fault: Fault.exactOptional(),
  })
  .describe('How learning a detector goes, or went.');

export const TakenLearned = z
  .strictObject({ id: z.string(), digest: z.string().describe('SHA-256 of the file.') })
  .describe('What a detector goes on with now.');
