import * as z from 'zod';
import { IDENTITY_STATES, SITE_STATES } from '#contract/fleet/requests.ts';
import { AlarmCounts, siteState } from '#contract/fleet/state.ts';
import { count, us } from '#contract/routes/replies/common.ts';
import { TagValue } from '#contract/routes/replies/tags.ts';
import { EVENT_KINDS } from '#kernel/event.ts';
import { ROLES } from '#kernel/rights.ts';

/* Schemas of everything that a hub answers, by the names that its document and its client use. */

export {
  EndedIdentities,
  JoinToken,
  NewJoinToken,
  SiteCertificate,
  SiteIdentity,
} from '#contract/fleet/identity-replies.ts';
export { NewToken } from '#contract/routes/replies/access.ts';
export { Ended } from '#contract/routes/replies/common.ts';
export { OpenApi, ProblemDetails } from '#contract/routes/replies/config.ts';
export { Aligned, Buckets, Series } from '#contract/routes/replies/history.ts';
export { Done } from '#contract/routes/replies/site.ts';
export { GapView } from '#contract/routes/replies/tags.ts';
export { Acknowledgement, FleetAlarm, FleetGroup, FleetHealth, FleetSource } from './state.ts';

const grants = z.array(
  z.strictObject({
    role: z.enum(ROLES),
    sites: z.string().exactOptional().describe('Label expression; absent: the whole fleet.'),
  }),
);

export const FleetMe = z.strictObject({ name: z.string(), grants, via: z.enum(['session', 'token']) });

export const PersonView = z.strictObject({
  name: z.string(),
  grants,
  issuer: z.string().exactOptional().describe('Who vouches for him; absent: he has a password here.'),
  createdUs: us,
  changedUs: us,
});

export const FleetSession = z.strictObject({
  id: z.string(),
  name: z.string(),
  grants,
  from: z.string().describe('Address that signed in.'),
  createdUs: us,
  usedUs: us.describe('Its last request, to the minute.'),
  isOwn: z.boolean().describe('Whether it is the one that asks.'),
});

export const SignInWays = z.strictObject({
  password: z.literal(true),
  provider: z
    .strictObject({ title: z.string(), begin: z.string().describe('Where a browser goes to sign in.') })
    .exactOptional()
    .describe("A company's own sign-in."),
});

export const FleetTokenView = z.strictObject({
  name: z.string(),
  grants,
  by: z.string().describe('Who made it.'),
  createdUs: us,
  endsUs: us.exactOptional().describe('Absent: it has no end.'),
});

export const FleetSite = z
  .strictObject({
    id: z.string(),
    labels: z.record(z.string(), z.string()),
    state: z.enum(SITE_STATES),
    sinceUs: us.exactOptional().describe('Since when it is so; absent: never.'),
    identity: z.enum(IDENTITY_STATES).describe('Of its newest certificate, as `holdfast hub sites` has it.'),
    validToUs: us.describe('End of that certificate.'),
    joinedUs: us,
    software: z.string().exactOptional().describe('Version that it said last.'),
    tags: count.describe('That the hub knows of.'),
    newestUs: us.exactOptional().describe('Source time of the newest value of any tag.'),
    gaps: count.describe('Counted holes in what the site acquired, of all that the hub was told of.'),
    lost: count.describe('Samples that are counted as lost in them.'),
    ...siteState,
  })
  .describe('A site as the hub knows it. Times of the hub, but for newestUs.');

export const FleetSummary = z
  .strictObject({
    nowUs: us.describe('Clock of the hub.'),
    version: z.string().describe('Of the hub.'),
    counts: z
      .array(z.strictObject({ state: z.enum(SITE_STATES), identity: z.enum(IDENTITY_STATES), sites: count }))
      .describe('How many sites are in which state with which identity.'),
    alarms: AlarmCounts.describe('Of all sites that report.'),
    silent: count.describe('Sites that have never reported: nothing is known of their alarms.'),
    troubled: count.describe('Sites that report problems.'),
    waitingRows: count.describe('Samples that wait at sites, as these said last.'),
    labels: z
      .array(z.strictObject({ name: z.string(), sites: count, values: count }))
      .describe('Labels of these sites: how many have one, and with how many values.'),
  })
  .describe('Figures of the sites that the one who asks may see.');

export const FleetEvent = z
  .strictObject({
    id: z.string().describe('Where it stands among all events.'),
    site: z.string().exactOptional().describe('Absent: it concerns the hub itself.'),
    origin: z.enum(['site', 'hub']).describe('Who wrote it.'),
    timeUs: us,
    receivedUs: us.describe('When the hub got it.'),
    kind: z.enum(EVENT_KINDS),
    name: z.string(),
    subject: z.string(),
    by: z.string().exactOptional(),
    detail: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .describe('Something that happened at a site, or at the hub.');

/** As a site answers it, but for the age, which the site's own clock would tell. */
export const FleetTag = TagValue.omit({ ageMs: true });

const ledgerSums = {
  acquired: count.describe('Taken from sources, as the site counts: stored there, or lost before that.'),
  stored: count.describe('Written to the journal of the site.'),
  delivered: count.describe('At the hub, as the hub counts.'),
  waiting: count.describe('In the journal of the site, and not at the hub.'),
  lost: count.describe('Counted as lost, before they were stored or before they were delivered.'),
  difference: z
    .int()
    .describe('acquired - delivered - waiting - lost; anything but 0 is a mistake that must be looked at.'),
  unknown: count.describe('Holes of which nobody can know how many samples are missing; in no other number.'),
  toldUs: us
    .exactOptional()
    .describe(
      'When the site counted last; absent: it has told nothing yet, and only what has come is known. What came since is in ' +
        'delivered, and no more in waiting; what it acquired since is in nothing yet.',
    ),
};

export const FleetLedger = z
  .strictObject({ site: z.string(), ...ledgerSums })
  .describe('What became of every sample of a site, from its sources to the hub; of all its boxes together.');

export const SiteLedger = z
  .strictObject({
    site: z.string(),
    ...ledgerSums,
    journals: z
      .array(z.strictObject({ journal: z.string().describe('UUID.'), beganUs: us, ...ledgerSums }))
      .describe(
        'Each box has a journal of its own, unless it went on from the backup of another; the newest first.',
      ),
    holes: z
      .array(
        z.strictObject({
          reason: z.string(),
          gaps: count,
          samples: count.describe('Counted in them.'),
          unknown: count.describe('Of them, those without a count.'),
        }),
      )
      .describe('Why samples are missing, as the site told it.'),
    stream: z
      .strictObject({
        passed: count.describe('Acknowledged by NATS.'),
        waiting: count,
        lost: count.describe('Dropped at the hub because too much waited for NATS.'),
      })
      .exactOptional()
      .describe('What became of its samples on their way to NATS; absent where none were passed on.'),
  })
  .describe('The ledger of one site.');

export const SiteLedgerRow = z
  .strictObject({
    tag: z.string().exactOptional().describe('Absent: all tags, or samples of which the tag is not known.'),
    fromUs: us
      .exactOptional()
      .describe(
        'Begin of the hour in which they arrived at the site, UTC. Absent: all hours, or older ones that were put together.',
      ),
    delivered: count.describe('That the hub has.'),
  })
  .describe('One hour, one tag, or one hour of a tag.');

export const Target = z
  .strictObject({
    targets: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
  })
  .describe('As Prometheus takes it from HTTP service discovery.');

export const Inventory = z
  .record(z.string(), z.unknown())
  .describe('As Ansible takes it from an inventory script: groups, and `_meta.hostvars`.');

export const WebhookView = z
  .strictObject({
    name: z.string(),
    url: z.string(),
    kinds: z.array(z.enum(EVENT_KINDS)).exactOptional(),
    names: z.array(z.string()).exactOptional(),
    sites: z.string().exactOptional(),
    by: z.string().describe('Who made it.'),
    madeUs: us,
    delivered: count.describe('Events that its receiver has taken.'),
    waiting: count.describe('Events that it has not taken yet.'),
    dead: count.describe('Events that it has not taken, and that are not sent any more.'),
    dropped: count.describe('Events that it was never told, because too many waited: the oldest of them.'),
    lastUs: us.exactOptional().describe('When it took one last.'),
    pausedUs: us
      .exactOptional()
      .describe('Since when nothing is sent, because its receiver said that it is gone.'),
    error: z.string().exactOptional().describe('Why one was not taken.'),
  })
  .describe('A receiver of events. Times of the hub.');

export const NewWebhook = z.strictObject({
  secret: z.string().describe('Its requests are signed with it, after Standard Webhooks; told once.'),
});

export const DeadDelivery = z.strictObject({
  event: z.string().describe('Id of the event, as its receiver would have had it.'),
  type: z.string(),
  attempts: count,
  error: z.string(),
  madeUs: us,
  deadUs: us,
});

export const Retried = z.strictObject({ events: count.describe('That are sent again.') });
