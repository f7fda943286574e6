import type { Pool } from 'pg';

/**
 * Rows of sites beside those that are there, as if they had joined: most online, some of every other state, in ten regions
 * and seven lines.
 * @param count at most a hundred thousand
 */
export async function addSites(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO hub_processes (id, beat) VALUES ('00000000-0000-4000-8000-000000000001', now() + interval '1 day'),
       ('00000000-0000-4000-8000-000000000002', now() - interval '1 hour') ON CONFLICT DO NOTHING`,
  );
  await pool.query(
    `INSERT INTO sites (id, labels, joined)
     SELECT 'many-' || lpad(n::text, 5, '0'),
       jsonb_build_object('region', (ARRAY['alps','coast','delta','east','fjord','gulf','hills','isles','lakes','moor'])[n % 10 + 1],
         'line', (n % 7)::text),
       now() - n * interval '1 hour'
     FROM generate_series(1, $1::integer) n`,
    [count],
  );
  await pool.query(
    `INSERT INTO identities (serial, site, fingerprint, certificate, key_digest, valid_to, issued, cloned)
     SELECT 'S' || id, id, 'F' || id, '', '', now() + interval '80 days', now() - interval '10 days',
       CASE WHEN id LIKE '%007' THEN now() END
     FROM sites WHERE id LIKE 'many-%'`,
  );
  await pool.query(
    `INSERT INTO site_links (site, link, process, since, gone)
     SELECT id, gen_random_uuid(), CASE WHEN id LIKE '%13' THEN '00000000-0000-4000-8000-000000000002'::uuid
         ELSE '00000000-0000-4000-8000-000000000001'::uuid END,
       now() - interval '3 days', CASE WHEN id LIKE '%42' THEN now() - interval '5 hours' END
     FROM sites WHERE id LIKE 'many-%' AND id NOT LIKE '%77'`,
  );
}
