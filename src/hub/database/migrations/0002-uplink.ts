import type { Migration } from '../migrate.ts';

/** What sites send over the uplink. Times `…_us` are µs since 1970. */
export const uplink: Migration = {
  name: '0002-uplink',
  sql: `
    -- By which a site knows that a hub was set up anew.
    CREATE TABLE hub (one boolean PRIMARY KEY DEFAULT true CHECK (one), id uuid NOT NULL DEFAULT gen_random_uuid());
    INSERT INTO hub DEFAULT VALUES;
    -- Sequences and tag numbers mean something within one journal only; a replaced box may begin another one.
    CREATE TABLE journals (
      id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      site     text NOT NULL REFERENCES sites,
      uuid     uuid NOT NULL,
      epoch    bigint NOT NULL,
      software text NOT NULL,
      began    timestamptz NOT NULL DEFAULT now(),
      welcomed timestamptz NOT NULL DEFAULT now(),
      UNIQUE (site, uuid)
    );
    -- Lane 0: events of security, 1: all others, 2: samples. Moves in the transaction that stores what it passes.
    CREATE TABLE lane_positions (
      journal  integer NOT NULL REFERENCES journals,
      lane     smallint NOT NULL,
      position bigint NOT NULL DEFAULT 0,
      count    bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (journal, lane)
    ) WITH (fillfactor = 50);
    -- Checksums of the pages of small tables as they came: table 0 is site_tags, 1 is site_gaps.
    CREATE TABLE journal_pages (
      journal integer NOT NULL REFERENCES journals,
      "table" smallint NOT NULL,
      page    bigint NOT NULL,
      crc     bigint NOT NULL,
      PRIMARY KEY (journal, "table", page)
    );
    CREATE TABLE site_tags (
      journal integer NOT NULL REFERENCES journals,
      number  bigint NOT NULL,
      path    text NOT NULL,
      body    jsonb NOT NULL,
      PRIMARY KEY (journal, number)
    );
    CREATE INDEX site_tags_path ON site_tags USING hash (path);
    CREATE TABLE site_gaps (
      journal integer NOT NULL REFERENCES journals,
      id      bigint NOT NULL,
      from_us bigint NOT NULL,
      to_us   bigint NOT NULL,
      count   bigint,
      reason  text NOT NULL,
      body    jsonb NOT NULL,
      PRIMARY KEY (journal, id)
    );
    CREATE TABLE site_events (
      journal integer NOT NULL REFERENCES journals,
      seq     bigint NOT NULL,
      time_us bigint NOT NULL,
      kind    text NOT NULL,
      name    text NOT NULL,
      subject text NOT NULL,
      by      text,
      detail  jsonb,
      received timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (journal, seq)
    );
    CREATE INDEX site_events_received ON site_events USING brin (received);
    CREATE INDEX site_events_time ON site_events (time_us);
    -- As of an entry of the journal, which need not have been on the disk: one of an earlier run may be lost, and its number
    -- given again.
    CREATE TABLE newest_values (
      journal integer NOT NULL REFERENCES journals,
      number  bigint NOT NULL,
      epoch   bigint NOT NULL,
      seq     bigint NOT NULL,
      time_us bigint NOT NULL,
      value   double precision NOT NULL,
      wide    jsonb,
      quality integer NOT NULL,
      PRIMARY KEY (journal, number)
    ) WITH (fillfactor = 50);
    -- Samples as they came, in the blocks of the uplink, until they are sorted by tag.
    CREATE TABLE telemetry_inbox (
      journal  integer NOT NULL REFERENCES journals,
      upto     bigint NOT NULL,
      rows     integer NOT NULL,
      from_us  bigint NOT NULL,
      to_us    bigint NOT NULL,
      received timestamptz NOT NULL DEFAULT now(),
      body     bytea NOT NULL,
      PRIMARY KEY (journal, upto)
    );
    -- Chunks of the historian, each of one tag and one day. Odd: its times are far from the day on which it came.
    CREATE TABLE telemetry (
      day     date NOT NULL,
      journal integer NOT NULL,
      number  bigint NOT NULL,
      from_us bigint NOT NULL,
      to_us   bigint NOT NULL,
      rows    integer NOT NULL,
      odd     boolean NOT NULL,
      body    bytea NOT NULL
    ) PARTITION BY RANGE (day);
    -- Both are packed already.
    ALTER TABLE telemetry_inbox ALTER COLUMN body SET STORAGE EXTERNAL;
    ALTER TABLE telemetry ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE INDEX telemetry_tag ON telemetry (journal, number, from_us);
    CREATE INDEX telemetry_odd ON telemetry (journal, number) WHERE odd;
  `,
};
