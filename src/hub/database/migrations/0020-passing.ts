import type { Migration } from '../migrate.ts';

/** Samples that are passed on to a stream outside. */
export const passing: Migration = {
  name: '0020-passing',
  sql: `
    -- A row while samples are passed on, whichever process does it; since some time they may not be stored here any more.
    CREATE TABLE stream_passing (
      one   boolean PRIMARY KEY DEFAULT true CHECK (one),
      since timestamptz NOT NULL DEFAULT now(),
      unkept_since timestamptz
    );
    -- How far the stream has each journal: all up to an entry, and so many rows of the block that follows; and the number
    -- that its last message has there.
    CREATE TABLE stream_positions (
      journal integer PRIMARY KEY REFERENCES journals,
      upto    bigint NOT NULL DEFAULT 0,
      "row"   integer NOT NULL DEFAULT 0,
      seq     bigint NOT NULL DEFAULT 0,
      count   bigint NOT NULL DEFAULT 0,
      tried   timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 50);
    -- Blocks that were sorted before the stream had them.
    CREATE TABLE telemetry_outbox (
      journal  integer NOT NULL REFERENCES journals,
      upto     bigint NOT NULL,
      rows     integer NOT NULL,
      received timestamptz NOT NULL,
      body     bytea NOT NULL,
      PRIMARY KEY (journal, upto)
    );
    ALTER TABLE telemetry_outbox ALTER COLUMN body SET STORAGE EXTERNAL;
  `,
};
