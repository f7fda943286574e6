import type { Migration } from '../migrate.ts';

/** What waits for a far side that is away has an end; what goes beyond it is counted. */
export const outboxLimits: Migration = {
  name: '0042-outbox-limits',
  sql: `
    -- Bytes of samples that wait aside at most, for all processes alike.
    ALTER TABLE stream_passing ADD COLUMN waiting_bytes bigint;
    -- Samples that the stream was never given.
    ALTER TABLE stream_positions ADD COLUMN lost bigint NOT NULL DEFAULT 0;
    -- Events that went because too many waited.
    ALTER TABLE webhooks ADD COLUMN dropped bigint NOT NULL DEFAULT 0;
  `,
};
