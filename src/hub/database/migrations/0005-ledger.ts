import type { Migration } from '../migrate.ts';

/** What sites say of the samples that they acquired, beside what has come. */
export const ledger: Migration = {
  name: '0005-ledger',
  sql: `
    -- The last statement of each journal, as of a position of its samples. Count: samples that the hub had up to there, so that
    -- both sides are compared at one place, however much came since.
    CREATE TABLE site_ledgers (
      journal  integer PRIMARY KEY REFERENCES journals,
      at_us    bigint NOT NULL,
      position bigint NOT NULL,
      acquired bigint NOT NULL,
      stored   bigint NOT NULL,
      lost     bigint NOT NULL,
      waiting  bigint NOT NULL,
      unknown  bigint NOT NULL,
      count    bigint NOT NULL
    ) WITH (fillfactor = 50);
  `,
};
