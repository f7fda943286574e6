import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { followMembership } from '#edge/hub-membership.ts';
import type { Site } from '#edge/site.ts';
import { samplesOf } from '#hub/telemetry/samples.ts';
import { until } from '../until.ts';
import { arrives, siteOf } from './one-tag-site.ts';
import { HubRig } from './rig.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const LONG_MS = 60_000;

const linkOf = (site: Site) => site.status().sinks[HUB_CURSOR];

test('a box that has joined sends over TLS, with its certificate, what the hub then has; revoked, it is cut off', async (t) => {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  const { pool } = rig.hub.database;
  await rig.join('north');
  const site = await siteOf(t, 'north');
  const keeper = followMembership(site, rig.trustDir('north'), quiet, () => {});
  t.after(() => keeper[Symbol.asyncDispose]());
  const values = async () =>
    [...(await samplesOf(pool, 1, site.core.table.number('p/a'), 0, 2 ** 53)).value].filter(
      (value) => value > 0,
    );
  for (let n = 1; n <= 50; n++) arrives(site, n);
  await until('all samples', async () => (await values()).length === 50, LONG_MS);
  assert.deepEqual(
    await values(),
    Array.from({ length: 50 }, (_, n) => n + 1),
  );
  const newest = async () =>
    (
      await pool.query(
        'SELECT j.site, t.path, n.value FROM newest_values n JOIN site_tags t USING (journal, number) JOIN journals j ON j.id = n.journal',
      )
    ).rows;
  // The source, whose device is not there, says in between that the value is bad.
  const isShown = async () => {
    arrives(site, 51);
    return isDeepStrictEqual(await newest(), [{ site: 'north', path: 'p/a', value: 51 }]);
  };
  await until('the newest value', isShown, LONG_MS);
  const { rows } = await pool.query(
    "SELECT count(*)::int AS n FROM site_events WHERE name = 'system.started'",
  );
  assert.equal(rows[0].n, 1);
  assert.equal(linkOf(site)?.state, 'running');
  await rig.hub.identities.end('north', 'revoked', { by: 'test', why: 'stolen' });
  await until('it is cut off', () => linkOf(site)?.fault?.code === 'hub.identity-ended', LONG_MS);
});

test('a box that calls itself otherwise than its certificate does is refused, and the hub has it on record', async (t) => {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  await rig.join('south');
  const site = await siteOf(t, 'west');
  const keeper = followMembership(site, rig.trustDir('south'), quiet, () => {});
  t.after(() => keeper[Symbol.asyncDispose]());
  await until('the refusal', () => linkOf(site)?.fault?.code === 'uplink.wrong-site', LONG_MS);
  await until('the record', async () => (await rig.events('south')).includes('security.uplink-cut'), LONG_MS);
  const { rows } = await rig.hub.database.pool.query('SELECT count(*)::int AS n FROM journals');
  assert.equal(rows[0].n, 0);
});
