import * as z from 'zod';
import { count, json, ms, us } from './common.ts';
import { FoundBy, verdict } from './detectors.ts';
import { TagValue } from './tags.ts';

const alert = {
  rule: z.string().describe('Id of the rule, or of the detector, that raised it.'),
  asset: z.string().describe('Path of the asset that this belongs to; empty for the site.'),
  text: z.string().describe('As it read when it began.'),
  sinceUs: us.describe('When it began.'),
};

export const AlertStatus = z
  .strictObject({
    ...alert,
    description: z.string().exactOptional().describe('Of the rule or the detector.'),
    condition: z
      .union([z.boolean(), z.literal('unknown')])
      .describe('Whether the condition holds now; while it is unknown the alert stays as it is.'),
    when: z.string().describe('Condition of the rule, in CEL; empty for a detector.'),
    inputs: z
      .array(TagValue)
      .exactOptional()
      .describe('Values now of the tags that the condition reads; absent of a stopped site.'),
    detector: FoundBy.exactOptional().describe('Present where a detector found it.'),
    verdict: verdict.exactOptional(),
  })
  .describe('Something worth knowing that is so now, and asks nobody for a response.');

export const EndedAlert = z
  .strictObject({
    id: count.describe('Position of its end in the journal.'),
    ...alert,
    endedUs: us,
    lastedMs: ms.describe('By the steady clock.'),
    cause: z.enum(['condition', 'changed']).describe('changed: the site file had it no more.'),
    inputs: z
      .array(
        z.strictObject({
          tag: z.string(),
          value: json,
          state: z.string().exactOptional().describe('Name of an enum code.'),
          quality: z.string(),
        }),
      )
      .describe('What its condition read as it ended.'),
    detector: FoundBy.omit({ ratio: true })
      .extend({
        atEnd: z
          .strictObject({ certainty: z.number(), text: z.string() })
          .exactOptional()
          .describe('What its tags said as it ended; absent of one that the site file has no more.'),
      })
      .exactOptional()
      .describe('Present where a detector found it: how sure it was and why, when it was at its worst.'),
    verdict: verdict.exactOptional(),
  })
  .describe('An alert that is over.');
