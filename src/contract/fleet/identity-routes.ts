import * as z from 'zod';
import { LabelExpression } from '#contract/fleet/labels.ts';
import { limit, several } from '#contract/routes/requests.ts';
import { IDENTITY_STATES } from './requests.ts';
import type { FleetRoute } from './route.ts';

const by = z
  .string()
  .min(1)
  .max(100)
  .default('local')
  .describe('Who does it; taken from the command line only.');
const SITE = { in: 'params', field: 'site' } as const;

const IdentitiesQuery = z.strictObject({
  labels: LabelExpression.optional(),
  identity: several(z.enum(IDENTITY_STATES)).optional().describe('Only those that are so.'),
  search: z.string().min(1).max(200).optional().describe('Only where the id or a label holds this text.'),
  limit: limit(10_000, 1000),
  after: z.string().max(500).optional().describe('Id of the last site of the page before.'),
});

const JoinTokenRequest = z.strictObject({
  site: z.string().min(1).max(100).describe('As the site file names it.'),
  labels: z
    .record(z.string().max(100), z.string().max(500))
    .default({})
    .describe('What the site has from then on, such as region: north.'),
  validForMs: z
    .number()
    .positive()
    .max(30 * 86_400_000)
    .default(3_600_000)
    .describe('30 days at most.'),
  by,
});

const EndJoinTokenRequest = z.strictObject({
  id: z.string().min(1).max(100).describe('As the list of join tokens names it.'),
  by,
});

const EndSiteRequest = z.strictObject({
  why: z.string().trim().min(1).max(500).describe('Kept with the identity and its event.'),
  by,
});

/** Who may speak for a site. */
export const IDENTITY_ROUTES = {
  identities: {
    method: 'GET',
    path: '/api/identities',
    group: 'identities',
    role: 'administrator',
    area: 'filtered',
    summary: 'Identities of all sites that have ever joined, by id',
    query: IdentitiesQuery,
    reply: { list: 'SiteIdentity' },
    paged: true,
  },
  certificates: {
    method: 'GET',
    path: '/api/sites/{site}/certificates',
    group: 'identities',
    role: 'administrator',
    area: SITE,
    summary: 'Certificates that a site has had, the newest first, and what became of them',
    reply: { list: 'SiteCertificate' },
    faults: ['hub.unknown-site'],
  },
  revokeSite: {
    method: 'POST',
    path: '/api/sites/{site}/revoke',
    group: 'identities',
    role: 'administrator',
    area: SITE,
    summary: 'End the identity of a site at once: somebody may have its key',
    about:
      'Its connections are cut and join tokens that wait for it end. A new join token lets the site in again.',
    body: EndSiteRequest,
    reply: { json: 'EndedIdentities' },
    faults: ['hub.unknown-site'],
  },
  retireSite: {
    method: 'POST',
    path: '/api/sites/{site}/retire',
    group: 'identities',
    role: 'administrator',
    area: SITE,
    summary: 'End the identity of a site that is no more; what it sent stays',
    body: EndSiteRequest,
    reply: { json: 'EndedIdentities' },
    faults: ['hub.unknown-site'],
  },
  joinTokens: {
    method: 'GET',
    path: '/api/join-tokens',
    group: 'identities',
    role: 'administrator',
    summary: 'Join tokens that wait for a box; not what opens them, which is kept nowhere',
    reply: { list: 'JoinToken' },
  },
  makeJoinToken: {
    method: 'POST',
    path: '/api/join-tokens',
    group: 'identities',
    role: 'administrator',
    summary:
      'Make a token that lets one box in as a site, once; the answer is the only place where it stands',
    body: JoinTokenRequest,
    reply: { json: 'NewJoinToken' },
    faults: ['hub.usage'],
  },
  endJoinToken: {
    method: 'POST',
    path: '/api/join-tokens/revoke',
    group: 'identities',
    role: 'administrator',
    summary: 'End a join token before a box has used it',
    body: EndJoinTokenRequest,
    reply: { json: 'Done' },
    faults: ['hub.unknown-join-token'],
  },
} as const satisfies { readonly [id: string]: FleetRoute };
