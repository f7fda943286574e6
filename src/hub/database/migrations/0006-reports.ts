import type { Migration } from '../migrate.ts';

/** What sites report of themselves, and what is asked of them. Stamps: start of the site, and what it counted since. */
export const reports: Migration = {
  name: '0006-reports',
  sql: `
    -- Version of the uplink that was spoken last.
    ALTER TABLE journals ADD COLUMN protocol smallint NOT NULL DEFAULT 1;
    CREATE INDEX journals_last ON journals (site, welcomed DESC);
    -- The journal that speaks for each site now.
    CREATE VIEW speaking_journals AS
      SELECT DISTINCT ON (site) id, site, software, protocol FROM journals ORDER BY site, welcomed DESC;
    CREATE TABLE site_reports (
      journal     integer PRIMARY KEY REFERENCES journals,
      stamp       bigint NOT NULL,
      said        timestamptz NOT NULL,
      health      jsonb,
      health_said timestamptz,
      waiting     jsonb
    ) WITH (fillfactor = 50);
    CREATE TABLE site_sources (
      journal  integer NOT NULL REFERENCES journals,
      id       text NOT NULL,
      stamp    bigint NOT NULL,
      said     timestamptz NOT NULL,
      troubled boolean NOT NULL,
      body     jsonb NOT NULL,
      PRIMARY KEY (journal, id)
    );
    -- What the site file says of alarms: table 2 of journal_pages.
    CREATE TABLE site_alarms (
      journal integer NOT NULL REFERENCES journals,
      number  bigint NOT NULL,
      id      text NOT NULL,
      body    jsonb NOT NULL,
      PRIMARY KEY (journal, number)
    );
    CREATE INDEX site_alarms_id ON site_alarms (journal, id);
    -- Alarms that are or were something else than normal. Urgency: 0 to 3 nobody has acknowledged it, by priority, 4 to 7
    -- somebody has, 8 it is covered, 9 normal.
    CREATE TABLE alarm_states (
      journal    integer NOT NULL REFERENCES journals,
      id         text NOT NULL,
      stamp      bigint NOT NULL,
      said       timestamptz NOT NULL,
      state      text NOT NULL,
      urgency    smallint NOT NULL,
      since_us   bigint NOT NULL,
      occurrence bigint NOT NULL,
      body       jsonb NOT NULL,
      PRIMARY KEY (journal, id)
    ) WITH (fillfactor = 70);
    CREATE INDEX alarm_states_urgent ON alarm_states (urgency, since_us DESC, journal, id) WHERE urgency < 9;
    -- Asked of a journal: of a box that was replaced since, they mean nothing to the new one.
    CREATE TABLE acknowledgements (
      id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      journal    integer NOT NULL REFERENCES journals,
      alarm      text NOT NULL,
      occurrence bigint NOT NULL,
      by         text NOT NULL,
      comment    text,
      asked      timestamptz NOT NULL,
      state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'done', 'refused')),
      answered   timestamptz,
      fault      jsonb
    );
    CREATE INDEX acknowledgements_open ON acknowledgements (journal, id) WHERE state IN ('waiting', 'sent');
    CREATE INDEX acknowledgements_of ON acknowledgements (journal, alarm, id DESC);
  `,
};
