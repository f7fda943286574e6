import type { Migration } from '../migrate.ts';

/** People whom somebody else vouches for, and ends of sessions. */
export const oidc: Migration = {
  name: '0023-oidc',
  sql: `
    -- Either a password, or who says that it is he: issuer and subject of OpenID Connect, which name one person for ever.
    ALTER TABLE people ALTER COLUMN password DROP NOT NULL;
    ALTER TABLE people ADD COLUMN issuer text;
    ALTER TABLE people ADD COLUMN subject text;
    ALTER TABLE people ADD CONSTRAINT people_known_by CHECK ((password IS NULL) = (issuer IS NOT NULL AND subject IS NOT NULL));
    CREATE UNIQUE INDEX people_of_issuer ON people (issuer, subject);
    -- However much it is used; absent: as all.
    ALTER TABLE people_sessions ADD COLUMN ends timestamptz;
  `,
};
