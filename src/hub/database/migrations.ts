import type { Migration } from './migrate.ts';
import { identities } from './migrations/0001-identities.ts';
import { uplink } from './migrations/0002-uplink.ts';
import { people } from './migrations/0003-people.ts';
import { parcels } from './migrations/0004-parcels.ts';
import { ledger } from './migrations/0005-ledger.ts';
import { reports } from './migrations/0006-reports.ts';
import { identitiesOfSite } from './migrations/0007-identities-of-site.ts';
import { passing } from './migrations/0020-passing.ts';
import { rows } from './migrations/0021-rows.ts';
import { webhooks } from './migrations/0022-webhooks.ts';
import { oidc } from './migrations/0023-oidc.ts';
import { addresses } from './migrations/0030-addresses.ts';
import { newestPositions } from './migrations/0040-newest-positions.ts';
import { ledgerHours } from './migrations/0041-ledger-hours.ts';
import { outboxLimits } from './migrations/0042-outbox-limits.ts';
import { streamAdopted } from './migrations/0043-stream-adopted.ts';

/** All steps, in their order. A new one is a file beside the others and a line here. */
export const MIGRATIONS: readonly Migration[] = [
  identities,
  uplink,
  people,
  parcels,
  ledger,
  reports,
  identitiesOfSite,
  passing,
  rows,
  webhooks,
  oidc,
  addresses,
  newestPositions,
  ledgerHours,
  outboxLimits,
  streamAdopted,
];
