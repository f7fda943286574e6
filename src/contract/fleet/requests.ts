import * as z from 'zod';
import { LabelExpression } from '#contract/fleet/labels.ts';
import { SignInRequest, TokenRequest } from '#contract/routes/access-requests.ts';
import { AlarmsQuery, EventsQuery, from, limit, several, TagsQuery, to } from '#contract/routes/requests.ts';
import { EVENT_KINDS } from '#kernel/event.ts';
import { ROLES } from '#kernel/rights.ts';

export const Grant = z.strictObject({
  role: z.enum(ROLES),
  sites: LabelExpression.optional().describe(
    'Group of sites, by label expression; the whole fleet when absent.',
  ),
});

const grants = z.array(Grant).min(1).max(50).describe('What he may, and at which sites.');
const { name, password } = SignInRequest.shape;
const { by } = TokenRequest.shape;

export const OidcBeginQuery = z.strictObject({
  to: z.string().max(2000).optional().describe('Page of the hub to go on to.'),
});

export const AddPersonRequest = z.strictObject({ name, grants, password, by });
export const GrantsRequest = z.strictObject({ name, grants, by });
export const PersonPasswordRequest = z.strictObject({ name, password, by });
export const PersonRequest = z.strictObject({ name, by });
export const FleetTokenRequest = z.strictObject({
  name: TokenRequest.shape.name,
  grants,
  validForMs: TokenRequest.shape.validForMs,
  by,
});
export const FleetRevokeRequest = z.strictObject({ name: TokenRequest.shape.name, by });

/** `stale`: the hub process that it was connected to is gone, and it has come to no other one yet. */
export const SITE_STATES = ['online', 'offline', 'stale', 'never'] as const;

/** Of the newest certificate of a site. `cloned`: two boxes were seen with it. */
export const IDENTITY_STATES = ['active', 'expired', 'cloned', 'revoked', 'retired'] as const;

/** By what a list of sites may be in order; what wants somebody comes first. */
export const SITE_ORDERS = [
  'id',
  'state',
  'alarms',
  'waiting',
  'since',
  'software',
  'joined',
  'validTo',
] as const;

const search = z.string().min(1).max(200).optional();

export const SitesQuery = z.strictObject({
  labels: LabelExpression.optional(),
  state: several(z.enum(SITE_STATES)).optional().describe('Only in these states.'),
  identity: several(z.enum(IDENTITY_STATES)).optional().describe('Only whose identity is so.'),
  search: search.describe('Only where id or a label holds this text.'),
  sort: z
    .enum(SITE_ORDERS)
    .default('id')
    .describe('`state`, `alarms`, `waiting`: what wants somebody first.'),
  order: z.enum(['asc', 'desc']).default('asc'),
  limit: limit(10_000, 1000),
  offset: z.coerce.number().int().min(0).max(100_000).default(0).describe('How many to pass over.'),
  after: z
    .string()
    .max(500)
    .optional()
    .describe('Id of the last site of the page before, where they are in the order of their ids.'),
});

export const SummaryQuery = z.strictObject({
  labels: LabelExpression.optional(),
  search: search.describe('Only where id or a label holds this text.'),
});

const { labels, search: siteSearch, limit: siteLimit, after: afterSite } = SitesQuery.shape;
export const LedgerQuery = z.strictObject({
  labels,
  search: siteSearch,
  differing: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('true: only sites whose sum is not right. false: only those where it is.'),
  limit: siteLimit,
  after: afterSite,
});
export const ASKED_STATES = ['waiting', 'sent', 'done', 'refused'] as const;

export const GroupQuery = z.strictObject({ labels: LabelExpression.optional() });

const ofSites = several(z.string().min(1).max(500)).optional().describe('Only of these sites.');
const { kind, name: eventName, subject } = EventsQuery.shape;

export const FleetEventsQuery = z.strictObject({
  site: ofSites,
  labels: LabelExpression.optional(),
  kind,
  name: eventName,
  subject,
  search: search.describe('Only where name, subject, who did it, or the detail holds this text.'),
  from: from.optional(),
  to: to.optional(),
  limit: limit(1000, 100),
  before: z
    .string()
    .regex(/^\d{1,16}\.\d{1,10}\.\d{1,16}$/)
    .optional()
    .describe('Id of the oldest event of the page before.'),
});

const { prefix, search: tagSearch, limit: tagLimit, after } = TagsQuery.shape;
export const SiteTagsQuery = z.strictObject({ prefix, search: tagSearch, limit: tagLimit, after });

export const GroupsQuery = z.strictObject({
  label: z.string().min(1).max(63).describe('Its values make the groups, such as region.'),
  labels: LabelExpression.optional(),
});

const { prefix: alarmPrefix, state: alarmState, priority, active } = AlarmsQuery.shape;
const alarmFilter = { state: alarmState, priority, active };

export const SiteAlarmsQuery = z.strictObject({
  prefix: alarmPrefix,
  ...alarmFilter,
  limit: limit(10_000, 1000),
  after: z.string().max(500).optional().describe('Id of the last alarm of the page before.'),
});

export const FleetAlarmsQuery = z.strictObject({
  site: ofSites,
  labels: LabelExpression.optional(),
  ...alarmFilter,
  active: active.default(true).describe('true: all but normal ones. false: normal ones only.'),
  asked: several(z.enum(ASKED_STATES)).optional().describe('Only where an acknowledgement from here is so.'),
  search: search.describe('Only where site, id, description, consequence or response hold this text.'),
  limit: limit(1000, 100),
  after: z.string().max(1100).optional().describe('Where the page before ended, as its `Link` says.'),
});

const occurrence = z
  .string()
  .regex(/^\d{1,16}$/, 'as the list of alarms shows it')
  .describe('Of the alarm as it was shown: one that was raised anew since is not acknowledged.');

export const AcknowledgeRequest = z.strictObject({
  alarms: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(500),
        occurrence,
      }),
    )
    .min(1)
    .max(1000),
  comment: z.string().trim().min(1).max(500).optional(),
  by,
});

export const AcknowledgementsQuery = z.strictObject({
  site: ofSites,
  labels: LabelExpression.optional(),
  state: several(z.enum(ASKED_STATES)).optional().describe('Only those.'),
  limit: limit(1000, 100),
  before: z.coerce.number().int().min(0).optional().describe('Id of the last one of the page before.'),
});

const webhookName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'small letters, digits, and . _ - within')
  .describe('Name of the webhook.');

export const WebhookRequest = z.strictObject({
  name: webhookName,
  url: z.string().min(1).max(2000).describe('Where its receiver is: https, without user and password.'),
  kinds: z.array(z.enum(EVENT_KINDS)).min(1).optional().describe('Only events of these kinds.'),
  names: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(100)
    .optional()
    .describe('Only events whose name begins so, such as `alarm.`'),
  sites: LabelExpression.optional().describe('Only events of these sites; those of the hub too when absent.'),
  by,
});
export const NamedWebhookRequest = z.strictObject({ name: webhookName, by });
export const DeadQuery = z.strictObject({ limit: limit(1000, 100) });
