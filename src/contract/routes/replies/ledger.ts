import * as z from 'zod';
import { count, us } from './common.ts';

const difference = z
  .int()
  .describe('Samples that no other number accounts for; anything but 0 is a mistake that must be looked at.');

const acquired = count.describe('Taken from sources or made here: stored, or counted as lost before that.');
const stored = count.describe('Written to the journal.');
const waiting = count.describe('In the journal, and not confirmed yet.');

/** How one sink stands with what the journal was given since that sink is there. */
const SinkLedger = z.strictObject({
  id: z.string().describe('Of the site file; `/hub` is the hub, `/historian` the site’s own history.'),
  stored: count.describe('Written to the journal since the sink is there, and what it found there.'),
  delivered: count.describe('Confirmed by the far side.'),
  rejected: count.describe('Refused by the far side for good: dead letters.'),
  leftOut: count.describe('That the configuration of the sink does not pass on.'),
  waiting,
  sent: count
    .exactOptional()
    .describe('Of what waits for the hub: sent by hand or one way, unconfirmed; absent where none was.'),
  lost: count.describe('Removed from the journal or unreadable before they were delivered, each in a gap.'),
  difference: difference.describe('stored - delivered - rejected - leftOut - waiting - lost.'),
});

export const Ledger = z
  .strictObject({
    sinceUs: us.describe('When the counting began.'),
    atUs: us,
    acquired,
    stored,
    lost: count.describe('Counted as lost before they were stored.'),
    unknown: count.describe(
      'Holes of which nobody can know how many samples are missing; in no other number.',
    ),
    difference: difference.describe('acquired - stored - lost.'),
    sinks: z.array(SinkLedger).describe('All that confirm what they are given.'),
  })
  .describe('What became of every sample, from the source to each sink; read from the disk alone.');

export const LedgerRow = z
  .strictObject({
    tag: z.string().exactOptional().describe('Absent: all tags, or losses of which the tag is not known.'),
    fromUs: us
      .exactOptional()
      .describe(
        'Begin of the hour in which they arrived, UTC. Absent: all hours, or older ones that were put together.',
      ),
    acquired,
    stored,
    lost: count.describe('Counted as lost before they were stored.'),
    sinks: z
      .array(z.strictObject({ id: z.string(), passed: z.int(), waiting, lost: count }))
      .describe(
        'passed: delivered, refused or left out, or gone before the sink was there. lost: removed before it was confirmed; ' +
          'of what was on its way then some may have come all the same, as the sums tell.',
      ),
  })
  .describe('One hour, one tag, or one hour of a tag.');
