import type { ColumnType, JSONColumnType, Selectable } from 'kysely';
import type { PasswordHash } from '#access/password.ts';
import type { Role } from '#kernel/rights.ts';

/** A role, and the sites where it holds. */
export interface Grant {
  readonly role: Role;
  /** Label expression; absent: the whole fleet. */
  readonly sites?: string | undefined;
}

interface PeopleTable {
  key: string;
  name: string;
  grants: JSONColumnType<readonly Grant[]>;
  /** Absent: somebody else vouches for him. */
  password: ColumnType<PasswordHash | null, string | null, string>;
  issuer: ColumnType<string | null, string | undefined, never>;
  subject: ColumnType<string | null, string | undefined, never>;
  created: Date;
  changed: Date;
}

interface ApiTokensTable {
  name: string;
  digest: string;
  grants: JSONColumnType<readonly Grant[]>;
  by: string;
  created: Date;
  expires: Date | null;
}

interface PeopleSessionsTable {
  digest: string;
  person: string;
  from: string;
  began: Date;
  ends: ColumnType<Date | null, Date | null, never>;
  used: Date;
}

export interface PeopleTables {
  people: PeopleTable;
  api_tokens: ApiTokensTable;
  people_sessions: PeopleSessionsTable;
  first_codes: { digest: string; expires: Date };
  sign_in_failures: { key: string; count: number; last: Date };
}

export type PersonRow = Selectable<PeopleTable>;
export type TokenRow = Selectable<ApiTokensTable>;

export const isAdministrator = (grants: readonly Grant[]): boolean =>
  grants.some(({ role, sites }) => role === 'administrator' && sites === undefined);

/** Who can sign in whatever becomes of others: with a password of this hub. */
export const isOwnAdministrator = ({ grants, password }: Pick<PersonRow, 'grants' | 'password'>): boolean =>
  password !== null && isAdministrator(grants);

/** As it is kept: without fields that are undefined. */
export const grantsText = (grants: readonly Grant[]): string => JSON.stringify(grants);
