import type { Migration } from '../migrate.ts';

/** Events that are told to programs elsewhere. */
export const webhooks: Migration = {
  name: '0022-webhooks',
  sql: `
    -- Kinds and begins of names (absent: all), and a label expression of sites (absent: all, and what concerns the hub).
    CREATE TABLE webhooks (
      name       text PRIMARY KEY,
      url        text NOT NULL,
      kinds      text[],
      names      text[],
      sites      text,
      secret     text NOT NULL,
      by         text NOT NULL,
      made       timestamptz NOT NULL DEFAULT now(),
      delivered  bigint NOT NULL DEFAULT 0,
      last_ok    timestamptz,
      -- Its receiver is left alone until then, after so many failures in a row; or until somebody says so.
      failures   integer NOT NULL DEFAULT 0,
      not_before timestamptz NOT NULL DEFAULT now(),
      paused     timestamptz,
      -- When it was told that something of it is dead.
      dead_told  timestamptz
    );
    -- What has happened and was not yet looked at; written with the event itself. No journal: one of the hub.
    CREATE TABLE webhook_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, journal integer, seq bigint NOT NULL);
    CREATE TABLE webhook_deliveries (
      id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      hook     text NOT NULL REFERENCES webhooks ON DELETE CASCADE,
      event    text NOT NULL,
      type     text NOT NULL,
      body     text NOT NULL,
      made     timestamptz NOT NULL DEFAULT now(),
      due      timestamptz NOT NULL DEFAULT now(),
      attempts integer NOT NULL DEFAULT 0,
      error    text,
      dead     timestamptz,
      UNIQUE (hook, event)
    );
    CREATE INDEX webhook_deliveries_due ON webhook_deliveries (hook, due) WHERE dead IS NULL;
    CREATE FUNCTION webhook_site_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM webhooks) THEN
          INSERT INTO webhook_outbox (journal, seq) SELECT journal, seq FROM added;
        END IF;
        RETURN NULL;
      END $$;
    CREATE TRIGGER webhook_site_events AFTER INSERT ON site_events REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION webhook_site_events();
    CREATE FUNCTION webhook_hub_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM webhooks) THEN
          INSERT INTO webhook_outbox (seq) SELECT id FROM added;
        END IF;
        RETURN NULL;
      END $$;
    CREATE TRIGGER webhook_hub_events AFTER INSERT ON hub_events REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION webhook_hub_events();
  `,
};
