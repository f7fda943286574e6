import type { Migration } from '../migrate.ts';

/** A stream may stand where this database has never been. */
export const streamAdopted: Migration = {
  name: '0043-stream-adopted',
  sql: `
    -- The stream said where it stands, and not a block that we have: the one that follows may be cut elsewhere than the one that
    -- its rows were of.
    ALTER TABLE stream_positions ADD COLUMN adopted boolean NOT NULL DEFAULT false;
  `,
};
