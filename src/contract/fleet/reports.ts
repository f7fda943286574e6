import * as z from 'zod';
import { count, ms, us } from '#contract/routes/replies/common.ts';
import { Autonomy, Fault, SinkView, SourceView } from '#contract/routes/replies/site.ts';
import { AlarmStatus } from '#contract/routes/replies/tags.ts';

/*
 * What a site reports to its hub, as it is carried. Another shape of anything here is another version of the uplink: a hub
 * takes just this.
 */

export const Waiting = z
  .strictObject({
    rows: count.describe('Samples.'),
    bytes: count.describe('In the journal, about.'),
    behindMs: ms.exactOptional().describe('Since the oldest of them arrived; absent where none waits.'),
  })
  .describe('What the hub has not got yet, as the site said it last.');

export const HealthReport = z.strictObject({
  version: z.string(),
  epoch: count.describe('Rises with every start.'),
  startedUs: us,
  mode: z.enum(['live', 'shadow']),
  config: z.strictObject({
    digest: z.string().describe('SHA-256 of the site file that runs.'),
    sinceUs: us,
    refused: count.exactOptional().describe('Problems of the file that lies there and does not run.'),
    lastGoodUs: us.exactOptional().describe('The last good file runs, because the one in place was bad.'),
  }),
  acknowledge: z.boolean().describe('Whether the site lets the hub acknowledge its alarms.'),
  problems: z
    .array(
      z.strictObject({
        part: z
          .string()
          .describe(
            'journal, historian, config, access, restored, autonomy, source:ID, sink:ID, actuator:ID.',
          ),
        ...Fault.shape,
      }),
    )
    .describe('What is wrong there now; empty: nothing.'),
  memoryBytes: count,
  tags: count,
  decisions: z.strictObject({ p50Ms: ms, p99Ms: ms, maxMs: ms }),
  journal: z.strictObject({ usedBytes: count, quotaBytes: count, lostRows: count, gaps: count }),
  historian: z
    .strictObject({ usedBytes: count, quotaBytes: count, oldestUs: us.exactOptional() })
    .exactOptional()
    .describe('Absent where none is kept.'),
  writtenPerDay: z.number().exactOptional().describe('Bytes a day at the rate of an hour.'),
  autonomy: Autonomy.omit({ lines: true }).exactOptional(),
  sinks: z
    .array(SinkView.pick({ id: true, kind: true, state: true, backlog: true, fault: true }))
    .describe('Where else it delivers.'),
});

export const SourceReport = z.strictObject({
  ...SourceView.omit({ id: true, ageMs: true }).shape,
  newestUs: us.exactOptional().describe('Arrival of the newest row; absent before the first.'),
});

/** What of an alarm changes; one of which nothing is said is as it was made: normal. */
export const AlarmReport = z.strictObject({
  ...AlarmStatus.pick({
    priority: true,
    state: true,
    condition: true,
    sinceUs: true,
    firstOut: true,
    shelvedUntilUs: true,
    comment: true,
  }).shape,
  occurrence: count,
});

/** What the site file says of an alarm. */
export const AlarmDefinition = AlarmStatus.omit({
  state: true,
  condition: true,
  sinceUs: true,
  firstOut: true,
  shelvedUntilUs: true,
  comment: true,
});
