import type { Migration } from '../migrate.ts';

/** Who may speak for a site, and who says so. */
export const identities: Migration = {
  name: '0001-identities',
  sql: `
    -- Certificates of the hub's own authority. The key of the root is nowhere here.
    CREATE TABLE authorities (
      serial      text PRIMARY KEY,
      kind        text NOT NULL CHECK (kind IN ('root', 'issuing')),
      certificate bytea NOT NULL,
      key         text CHECK (kind = 'issuing' OR key IS NULL),
      made        timestamptz NOT NULL
    );
    CREATE TABLE sites (
      id      text PRIMARY KEY,
      labels  jsonb NOT NULL DEFAULT '{}',
      joined  timestamptz NOT NULL,
      retired timestamptz
    );
    -- One row for each certificate that a site has ever had. Rows stay: who shows an old one is told what became of it.
    CREATE TABLE identities (
      serial         text PRIMARY KEY,
      site           text NOT NULL REFERENCES sites,
      fingerprint    text NOT NULL UNIQUE,
      certificate    bytea NOT NULL,
      key_digest     text NOT NULL,
      valid_to       timestamptz NOT NULL,
      issued         timestamptz NOT NULL,
      state          text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired', 'revoked')),
      ended          timestamptz,
      ended_by       text,
      why            text,
      first_used     timestamptz,
      last_seen      timestamptz,
      instance       text,
      starts         integer NOT NULL DEFAULT 0,
      past_instances text[] NOT NULL DEFAULT '{}',
      cloned         timestamptz
    );
    CREATE INDEX identities_of_site ON identities (site) WHERE state = 'active';
    -- Only a digest of the secret: who reads the table cannot join.
    CREATE TABLE join_tokens (
      digest     text PRIMARY KEY,
      site       text NOT NULL,
      labels     jsonb NOT NULL DEFAULT '{}',
      made       timestamptz NOT NULL,
      made_by    text NOT NULL,
      expires    timestamptz NOT NULL,
      used       timestamptz,
      serial     text REFERENCES identities
    );
    -- Times in which certificates that have no row are taken up: somebody said that the database comes from a backup.
    CREATE TABLE adoptions (
      id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      until timestamptz NOT NULL,
      by    text NOT NULL
    );
    CREATE TABLE hub_events (
      id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      time    timestamptz NOT NULL,
      kind    text NOT NULL,
      name    text NOT NULL,
      subject text NOT NULL,
      by      text,
      detail  jsonb NOT NULL DEFAULT '{}'
    );
  `,
};
