import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { hubTransport } from '#cli/fleet/client.ts';
import { FleetApi, type FleetLedger } from '#contract/fleet-client.ts';
import { journalDir } from '#edge/data-folder.ts';
import { startPlant } from '#plant/plant.ts';
import { pumpingSiteFile } from '#plant/site-file.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { trustDir } from '#trust/store.ts';
import { EdgeProcess } from '../crash/edge-process.ts';
import { journalConfig } from '../crash/journal-fixture.ts';
import { checkedLedger } from '../ledger.ts';
import { until } from '../until.ts';
import { HubRig, patience } from './rig.ts';

const LIMIT_MS = 120_000;
const KILLS = 3;

/** Ends what the hub's database has under way, as a kill of the hub would. */
const cutDatabase = (rig: HubRig) =>
  rig.hub.database.pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user',
  );

async function rigged(t: TestContext) {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  const free = { modbusA: 0, modbusB: 0, mqtt: 0, opcua: 0 };
  const plant = await startPlant({ devices: ['pumps'], ...free });
  t.after(() => plant[Symbol.asyncDispose]());
  const { dir } = journalConfig(t);
  await joinHub({ trustDir: trustDir(dir), hub: rig.url, token: await rig.token('north') }, patience());
  const site = parse(await pumpingSiteFile('north', plant)) as object;
  const token = await rig.hub.people.tokens.create({ name: 'x', grants: [{ role: 'viewer' }] }, 'test');
  const api = new FleetApi(hubTransport(rig.url, token));
  const row = async () => (await api.ledger({})).items[0] as FleetLedger;
  return { rig, dir, site, row };
}

test('site and database killed again and again: both ledgers are even, and say the same', async (t) => {
  const { rig, dir, site, row } = await rigged(t);
  let known = 0;
  for (let round = 0; round < KILLS; round++) {
    const edge = await new EdgeProcess(site, dir).up();
    await until('it delivers', async () => (await row()).delivered > known, LIMIT_MS);
    // The moment is random on purpose: whatever it is, what follows must hold.
    await new Promise((resolve) => setTimeout(resolve, randomInt(0, 1500)));
    if (round % 2 === 1) await cutDatabase(rig).catch(() => {});
    await edge.kill();
    const { ledger } = checkedLedger(journalDir(dir));
    const there = await row();
    assert.equal(there.difference, 0, `round ${round}`);
    known = there.delivered;
    const hub = ledger.sinks.find(({ id }) => id === '/hub');
    // A confirmation that was not on the site's disk yet is heard again.
    assert.ok(hub && hub.delivered <= known, `${hub?.delivered} of ${known}`);
  }
  const edge = await new EdgeProcess(site, dir).up();
  await until(
    'all that was acquired is at the hub',
    async () => {
      const { delivered, waiting, difference, toldUs = 0 } = await row();
      return delivered > known && waiting === 0 && difference === 0 && toldUs > Date.now() * 1000 - 20e6;
    },
    LIMIT_MS,
  );
  await edge.kill();
  const { ledger } = checkedLedger(journalDir(dir));
  const { rows } = await rig.hub.database.pool.query('SELECT count FROM lane_positions WHERE lane = 2');
  const count = Number(rows[0].count);
  const hub = ledger.sinks.find(({ id }) => id === '/hub');
  assert.ok(hub && hub.delivered <= count && count <= hub.delivered + hub.waiting, `${count} at the hub`);
  assert.equal(hub.lost, 0);
});
