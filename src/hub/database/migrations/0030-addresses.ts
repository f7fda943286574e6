import type { Migration } from '../migrate.ts';

/** Where people and boxes reach the hub. */
export const addresses: Migration = {
  name: '0030-addresses',
  sql: `
    -- As it would be written into a browser; null until it listens.
    ALTER TABLE hub_processes ADD COLUMN address text;
  `,
};
