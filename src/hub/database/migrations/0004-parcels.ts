import type { Migration } from '../migrate.ts';

/** What is carried by hand. */
export const parcels: Migration = {
  name: '0004-parcels',
  sql: `
    -- Keys that sites encrypt parcels to. Rows stay: a parcel may be on its way for months.
    CREATE TABLE parcel_keys (
      id   text PRIMARY KEY,
      key  text NOT NULL,
      made timestamptz NOT NULL
    );
  `,
};
