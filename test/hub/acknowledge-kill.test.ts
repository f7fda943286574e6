import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import type { Tables } from '#hub/database/tables.ts';
import { acknowledge, findAcknowledgements } from '#hub/state/acknowledgements.ts';
import { type FleetAlarm, findSiteAlarms } from '#hub/state/alarms.ts';
import { kill, started } from '#test/uplink/children.ts';
import { database, scratch } from '#test/uplink/hub-rig.ts';
import { until } from '../until.ts';

const ROUNDS = 5;
const LONG_MS = 120_000;

test('site and hub killed around each acknowledgement: it is done once, and the hub knows', async (t) => {
  const { postgres, pool } = await database(t, ['north']);
  const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const dataDir = scratch(t);
  const socket = join(scratch(t), 'hub.sock');
  const startHub = async () =>
    (await started('hub-process.ts', [JSON.stringify(postgres.connection), socket, 'north'])).child;
  const startSite = async () => (await started('../hub/alarm-process.ts', [dataDir, socket])).child;
  let hub = await startHub();
  let site = await startSite();
  t.after(() => [hub, site].map((child) => child.kill('SIGKILL')));
  const alarmNow = async (isSo: (alarm: FleetAlarm) => boolean, what: string): Promise<FleetAlarm> => {
    let alarm: FleetAlarm | undefined;
    const look = async () => {
      [alarm] = (await findSiteAlarms(queries, Date.now(), 'north', { prefix: '', limit: 1 })).items;
      return alarm !== undefined && isSo(alarm);
    };
    await until(what, look, LONG_MS);
    return alarm as FleetAlarm;
  };
  /** Who did what, of events of the site. */
  const namesOf = async (name: string) => {
    const { rows } = await pool.query<{ by: string | null }>(
      'SELECT by FROM site_events WHERE name = $1 ORDER BY seq',
      [name],
    );
    return rows.map(({ by }) => by);
  };
  const seen = new Set<string>(['0']);
  for (let round = 0; round < ROUNDS; round++) {
    site.stdin?.write('1\n200\n');
    const { id, occurrence } = await alarmNow(
      (one) => one.state === 'unacknowledged' && !seen.has(one.occurrence),
      `the alarm of round ${round}`,
    );
    // What the hub has of it may be ahead of the site's disk; its event is not.
    const told = async () => (await namesOf('alarm.unacknowledged')).length === round + 1;
    await until('it is on the disk of the site', told, LONG_MS);
    seen.add(occurrence);
    const by = `ann-${round}`;
    const asking = () => acknowledge(queries, new Date(), 'north', { alarms: [{ id, occurrence }], by });
    // The site hears of it when it comes back, or when this hub does: both begin anew while it is on its way.
    if (round % 2 === 0) {
      await kill(site);
      await asking();
      site = await startSite();
    } else {
      await kill(hub);
      await asking();
      hub = await startHub();
    }
    // The moment is random on purpose: whatever it is, what follows must hold.
    await pause(randomInt(0, 150));
    await kill(site);
    if (round % 3 === 0) {
      await kill(hub);
      hub = await startHub();
    }
    site = await startSite();
    const isDone = async () => {
      const [newest] = (await findAcknowledgements(queries, { where: [], limit: 1 })).items;
      return newest?.by === by && newest.state === 'done';
    };
    await until(`the answer of round ${round}`, isDone, LONG_MS);
    await alarmNow((one) => one.state === 'acknowledged', `round ${round} shows at the hub`);
  }
  await until('all events', async () => (await namesOf('alarm.acknowledge')).length >= ROUNDS, LONG_MS);
  assert.deepEqual(
    await namesOf('alarm.acknowledge'),
    Array.from({ length: ROUNDS }, (_, round) => `hub:ann-${round}`),
  );
  const { rows } = await pool.query(
    "SELECT count(*)::int AS n FROM hub_events WHERE name = 'alarm.acknowledge-done'",
  );
  assert.equal(rows[0].n, ROUNDS);
});
