import type { FleetHandlers } from '#contract/fleet/table.ts';
import { joinTokenText } from '#trust/hub/token.ts';
import type { Database } from '../database/database.ts';
import type { Identities } from '../identity/identities.ts';
import { findIdentities, listCertificates } from '../identity/listing.ts';
import { endToken, makeToken, waitingTokens } from '../identity/tokens.ts';
import type { FleetAsking } from '../people/gate.ts';
import { labelled } from '../people/selection.ts';

type Handlers = FleetHandlers<FleetAsking>;

export interface IdentityPorts {
  readonly database: Pick<Database, 'queries'>;
  readonly identities: Pick<Identities, 'end'>;
  /** Hash of the root's key: what a box knows the hub by. */
  readonly pin: string;
  /** Wall clock. */
  nowMs(): number;
}

/** Who may speak for a site, as administrators decide it. */
export function identityHandlers({ database: { queries }, identities, pin, nowMs }: IdentityPorts) {
  return {
    identities({ query: { labels, ...query } }, _signal, { sites }) {
      const where = labels === undefined ? [sites] : [sites, labelled(labels)];
      return findIdentities(queries, nowMs(), { where, ...query });
    },
    certificates: ({ params: { site } }) => listCertificates(queries, site, nowMs()),
    revokeSite: async ({ params: { site }, body }) => ({
      identities: await identities.end(site, 'revoked', body),
    }),
    retireSite: async ({ params: { site }, body }) => ({
      identities: await identities.end(site, 'retired', body),
    }),
    async joinTokens() {
      const waiting = await waitingTokens(queries, new Date(nowMs()));
      return waiting.map(({ made, expires, ...token }) => ({
        ...token,
        madeUs: made.getTime() * 1000,
        endsUs: expires.getTime() * 1000,
      }));
    },
    async makeJoinToken({ body: { site, labels, validForMs, by } }) {
      const now = nowMs();
      const secret = await makeToken(queries, { site, labels, ttlMs: validForMs, by }, new Date(now));
      return { token: joinTokenText({ secret, pin }), endsUs: (now + validForMs) * 1000 };
    },
    async endJoinToken({ body }) {
      await endToken(queries, body, new Date(nowMs()));
      return {};
    },
  } satisfies Partial<Handlers>;
}
