import type { Migration } from '../migrate.ts';

/** How far newest values are written: they follow the samples that hold them. */
export const newestPositions: Migration = {
  name: '0040-newest-positions',
  sql: `
    -- The history of a journal is in its newest values up to there; what was stored beyond is found in the inbox.
    CREATE TABLE newest_positions (
      journal integer PRIMARY KEY REFERENCES journals,
      upto    bigint NOT NULL
    ) WITH (fillfactor = 50);
    INSERT INTO newest_positions SELECT journal, position FROM lane_positions WHERE lane = 2;
  `,
};
