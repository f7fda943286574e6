import * as z from 'zod';
import { HealthReport, SourceReport, Waiting } from '#contract/fleet/reports.ts';
import { ASKED_STATES, SITE_STATES } from '#contract/fleet/requests.ts';
import { count, us } from '#contract/routes/replies/common.ts';
import { Fault } from '#contract/routes/replies/site.ts';
import { AlarmStatus } from '#contract/routes/replies/tags.ts';

/* What sites report of themselves, as a hub answers it. A site says what has changed: all of it is as of the last report. */

const saidUs = us.describe('When the hub heard so, by its own clock.');

export const AlarmCounts = z.strictObject({
  active: count.describe('All that are not normal, shelved, suppressed or out of service.'),
  unacknowledged: z
    .strictObject({ critical: count, high: count, medium: count, low: count })
    .describe('Those that nobody has acknowledged, by priority.'),
  pending: count.describe('Acknowledged here, and not answered by the site yet.'),
});

/** What a site says of itself in short; absent of one that has never reported. */
export const siteState = {
  protocol: count
    .exactOptional()
    .describe('Version of the uplink that it spoke last; from 2 on it reports. Absent: it never connected.'),
  reportedUs: us.exactOptional().describe('When it reported anything last; what follows is as of then.'),
  acknowledge: z.boolean().exactOptional().describe('Whether it lets the hub acknowledge its alarms.'),
  problems: count.exactOptional().describe('Of its health.'),
  sources: z
    .strictObject({
      total: count,
      troubled: count.describe('Not running, or with a fault or bad tags.'),
    })
    .exactOptional(),
  alarms: AlarmCounts.exactOptional(),
  waiting: Waiting.exactOptional(),
};

export const FleetHealth = z
  .strictObject({
    site: z.string(),
    saidUs,
    ...HealthReport.shape,
    waiting: Waiting.exactOptional(),
  })
  .describe('How a site does. Times are of its own clock but for `saidUs`; figures may be five minutes old.');

export const FleetSource = z
  .strictObject({ id: z.string(), ...SourceReport.shape, saidUs })
  .describe('As a site answers it, but for the age, which its own clock would tell.');

export const Acknowledgement = z
  .strictObject({
    id: count,
    site: z.string(),
    alarm: z.string().describe('Its id at the site.'),
    occurrence: z.string(),
    by: z.string(),
    atUs: us,
    comment: z.string().exactOptional(),
    state: z
      .enum(ASKED_STATES)
      .describe(
        'waiting: for the site to come. sent: it has it, and has not answered. done, refused: what it answered.',
      ),
    answeredUs: us.exactOptional(),
    fault: Fault.exactOptional().describe('Why it was refused.'),
  })
  .describe('An acknowledgement on its way to a site. The site does it once, however often it is told.');

export const FleetAlarm = z
  .strictObject({
    site: z.string(),
    ...AlarmStatus.shape,
    occurrence: z
      .string()
      .describe('Another one each time that it is raised; given back with an acknowledgement.'),
    saidUs: saidUs
      .exactOptional()
      .describe('When the hub heard so; absent where there was never anything to say.'),
    siteState: z.enum(SITE_STATES).describe('Of a site that is not online this may have changed.'),
    asked: Acknowledgement.omit({ site: true, alarm: true })
      .exactOptional()
      .describe('The newest acknowledgement from here, while it is on its way, or was refused.'),
  })
  .describe('An alarm of a site, in the shape in which the site answers it.');

export const FleetGroup = z
  .strictObject({
    value: z.string().exactOptional().describe('Of the label; absent: sites without it.'),
    sites: z.strictObject({ online: count, offline: count, stale: count, never: count }),
    troubled: count.describe('Sites that report problems.'),
    silent: count.describe('Sites that have never reported: nothing is known of their alarms.'),
    alarms: AlarmCounts,
    waitingRows: count,
  })
  .describe('Sites with one value of a label, and what is wrong among them.');
