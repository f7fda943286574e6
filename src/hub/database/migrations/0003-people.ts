import type { Migration } from '../migrate.ts';

/** Who may ask the hub, and what it knows of who is connected. */
export const people: Migration = {
  name: '0003-people',
  sql: `
    -- By the name as it is compared. Grants: [{"role", "sites"}], sites a label expression; absent: the whole fleet.
    CREATE TABLE people (
      key      text PRIMARY KEY,
      name     text NOT NULL,
      grants   jsonb NOT NULL,
      password jsonb NOT NULL,
      created  timestamptz NOT NULL,
      changed  timestamptz NOT NULL
    );
    -- Only digests of secrets, here and below: who reads the tables can use none.
    CREATE TABLE api_tokens (
      name    text PRIMARY KEY,
      digest  text NOT NULL UNIQUE,
      grants  jsonb NOT NULL,
      by      text NOT NULL,
      created timestamptz NOT NULL,
      expires timestamptz
    );
    CREATE TABLE people_sessions (
      digest text PRIMARY KEY,
      person text NOT NULL REFERENCES people ON DELETE CASCADE,
      "from" text NOT NULL,
      began  timestamptz NOT NULL,
      used   timestamptz NOT NULL
    );
    CREATE INDEX people_sessions_of ON people_sessions (person);
    -- Codes that make the first administrator.
    CREATE TABLE first_codes (digest text PRIMARY KEY, expires timestamptz NOT NULL);
    CREATE TABLE sign_in_failures (key text PRIMARY KEY, count integer NOT NULL, last timestamptz NOT NULL);

    CREATE INDEX identities_by_site ON identities (site);
    -- Processes of the hub: one that was killed cannot say that its sites are gone.
    CREATE TABLE hub_processes (id uuid PRIMARY KEY, beat timestamptz NOT NULL);
    -- The last connection of each site.
    CREATE TABLE site_links (
      site    text PRIMARY KEY REFERENCES sites,
      process uuid NOT NULL,
      link    uuid NOT NULL,
      since   timestamptz NOT NULL,
      gone    timestamptz
    ) WITH (fillfactor = 50);
  `,
};
