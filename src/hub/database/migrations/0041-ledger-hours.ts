import type { Migration } from '../migrate.ts';

/** Samples by hour and tag, counted when they are sorted away; those in the inbox are counted by whoever asks. */
export const ledgerHours: Migration = {
  name: '0041-ledger-hours',
  sql: `
    -- Hour: in which they arrived at the site, UTC; 0 for older hours that were put together. Counts: as in the journal of a site
    -- (docs/formats/journal.md). What was sorted by an earlier version is in none.
    CREATE TABLE ledger_hours (
      journal integer NOT NULL REFERENCES journals,
      hour_us bigint NOT NULL,
      counts  bytea NOT NULL,
      PRIMARY KEY (journal, hour_us)
    );
  `,
};
