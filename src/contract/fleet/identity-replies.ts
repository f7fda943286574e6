import * as z from 'zod';
import { count, us } from '#contract/routes/replies/common.ts';
import { IDENTITY_STATES } from './requests.ts';

const labels = z.record(z.string(), z.string());

export const SiteIdentity = z
  .strictObject({
    id: z.string(),
    labels,
    state: z.enum(IDENTITY_STATES),
    serial: z.string(),
    validToUs: us,
    joinedUs: us,
    seenUs: us.exactOptional().describe('When it showed its certificate last; absent: never.'),
    why: z.string().exactOptional().describe('Why it ended.'),
    by: z.string().exactOptional().describe('Who ended it.'),
  })
  .describe('The newest certificate of a site. Times of the hub.');

export const SiteCertificate = z
  .strictObject({
    serial: z.string(),
    fingerprint: z.string().describe('SHA-256 of the certificate.'),
    state: z.enum(IDENTITY_STATES),
    issuedUs: us,
    validToUs: us,
    endedUs: us.exactOptional(),
    by: z.string().exactOptional().describe('Who ended it.'),
    why: z.string().exactOptional(),
    firstUsedUs: us.exactOptional().describe('Absent: it was never shown.'),
    seenUs: us.exactOptional(),
    clonedUs: us.exactOptional().describe('When two boxes were seen with it.'),
    starts: count.describe('How many runs of a site have spoken with it.'),
  })
  .describe('A certificate that a site has, or had. Times of the hub.');

export const JoinToken = z
  .strictObject({
    id: z.string().describe('Names it; lets nobody in.'),
    site: z.string(),
    labels,
    madeUs: us,
    by: z.string(),
    endsUs: us,
  })
  .describe('A join token that no box has used yet.');

export const NewJoinToken = z.strictObject({
  token: z.string().describe('For `holdfast edge join`; it stands nowhere else.'),
  endsUs: us,
});

export const EndedIdentities = z.strictObject({ identities: count.describe('How many ended.') });
