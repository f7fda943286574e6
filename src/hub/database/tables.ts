import type { Generated, JSONColumnType, Selectable } from 'kysely';
import type { Json } from '#kernel/event.ts';
import type { PeopleTables } from '../people/rows.ts';

/* The tables as queries see them; migrations/ says what each column is. */

export type Labels = Readonly<Record<string, string>>;

interface AuthoritiesTable {
  serial: string;
  kind: 'root' | 'issuing';
  certificate: Buffer;
  key: string | null;
  made: Date;
}

interface SitesTable {
  id: string;
  labels: JSONColumnType<Labels>;
  joined: Date;
  retired: Date | null;
}

export type IdentityState = 'active' | 'retired' | 'revoked';

interface IdentitiesTable {
  serial: string;
  site: string;
  fingerprint: string;
  certificate: Buffer;
  key_digest: string;
  valid_to: Date;
  issued: Date;
  state: Generated<IdentityState>;
  ended: Date | null;
  ended_by: string | null;
  why: string | null;
  first_used: Date | null;
  last_seen: Date | null;
  instance: string | null;
  /** How many instances have spoken with it, that one the last. */
  starts: Generated<number>;
  past_instances: Generated<string[]>;
  cloned: Date | null;
}

interface JoinTokensTable {
  digest: string;
  site: string;
  labels: JSONColumnType<Labels>;
  made: Date;
  made_by: string;
  expires: Date;
  used: Date | null;
  serial: string | null;
}

interface AdoptionsTable {
  id: Generated<string>;
  until: Date;
  by: string;
}

interface HubEventsTable {
  id: Generated<string>;
  time: Date;
  kind: 'security' | 'config' | 'system';
  name: string;
  subject: string;
  by: string | null;
  detail: JSONColumnType<{ readonly [key: string]: Json }>;
}

interface ParcelKeysTable {
  id: string;
  key: string;
  made: Date;
}

export interface Tables extends PeopleTables {
  authorities: AuthoritiesTable;
  sites: SitesTable;
  identities: IdentitiesTable;
  join_tokens: JoinTokensTable;
  adoptions: AdoptionsTable;
  hub_events: HubEventsTable;
  parcel_keys: ParcelKeysTable;
}

export type IdentityRow = Selectable<IdentitiesTable>;
