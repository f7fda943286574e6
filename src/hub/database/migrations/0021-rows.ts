import type { Migration } from '../migrate.ts';

/** Chosen tags as plain rows, for whoever asks in SQL. */
export const rows: Migration = {
  name: '0021-rows',
  sql: `
    -- Which tags, by patterns of their paths, at which sites, by a label expression (absent: all). While fill_from is there,
    -- what came since then and before the choice has not all been copied.
    CREATE TABLE chosen_tags (
      name      text PRIMARY KEY,
      tags      text[] NOT NULL,
      sites     text,
      fill_from timestamptz,
      by        text NOT NULL,
      made      timestamptz NOT NULL DEFAULT now()
    );
    -- How far each journal has been copied.
    CREATE TABLE row_positions (journal integer PRIMARY KEY REFERENCES journals, upto bigint NOT NULL DEFAULT 0);
    -- A tag of a site, whichever box it came from.
    CREATE TABLE telemetry_series (
      id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      site        text NOT NULL REFERENCES sites,
      tag         text NOT NULL,
      type        text,
      unit        text,
      description text,
      UNIQUE (site, tag)
    );
    -- Other: what is no number. A sample that comes again, equal in all, is there once.
    CREATE TABLE telemetry_rows (
      series   integer NOT NULL,
      at       timestamptz NOT NULL,
      value    double precision,
      other    jsonb,
      quality  integer NOT NULL,
      received timestamptz NOT NULL DEFAULT now()
    ) PARTITION BY RANGE (at);
    CREATE UNIQUE INDEX telemetry_rows_once ON telemetry_rows
      (series, at, quality, coalesce(value, 'NaN'), coalesce(md5(other::text), ''));
    -- Times far from the day on which they came.
    CREATE TABLE telemetry_rows_odd PARTITION OF telemetry_rows DEFAULT;
    CREATE VIEW samples AS
      SELECT s.site, s.tag, s.unit, r.at, r.value, r.other,
        CASE r.quality >> 14 WHEN 0 THEN 'good' WHEN 1 THEN 'uncertain' ELSE 'bad' END AS quality, r.received
      FROM telemetry_rows r JOIN telemetry_series s ON s.id = r.series;
    CREATE VIEW sample_tags AS SELECT site, tag, type, unit, description FROM telemetry_series;
  `,
};
