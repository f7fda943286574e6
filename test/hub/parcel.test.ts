import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { keepCarried, readCarried } from '#trust/hub/carried.ts';
import { keepLinked, type Link } from '#trust/hub/linked.ts';
import { CarriedSite, importStick } from './carried-site.ts';
import { HubRig } from './rig.ts';

function stickOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-stick-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function siteOf(t: TestContext, rig: HubRig, name: string): Promise<CarriedSite> {
  const site = await CarriedSite.join(rig, name);
  t.after(() => site[Symbol.asyncDispose]());
  return site;
}

const parcelsIn = (stick: string) => readdirSync(stick).filter((name) => name.endsWith('.parcel'));
const results = ({ parcels }: Awaited<ReturnType<typeof importStick>>) => parcels.map(({ result }) => result);

/** As by a receipt of a hub that comes from a backup and has nothing any more. */
async function keepCarriedBack(trustDir: string, link: Link): Promise<void> {
  const { confirmed, ...rest } = await readCarried(trustDir, link);
  assert.ok(confirmed);
  await keepCarried(trustDir, {
    ...rest,
    confirmed: { ...confirmed, positions: { security: 0, others: 0, history: 0 } },
  });
}

async function same(site: CarriedSite): Promise<void> {
  const { hub, site: own } = await site.compared();
  assert.deepEqual(hub, own);
}

describe('parcels', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start({ stores: true });
  });
  after(() => rig?.[Symbol.asyncDispose]());

  test('a site that never had a link: stick there, receipt back, and nothing is left to carry', async (t) => {
    const site = await siteOf(t, rig, 'island');
    const stick = stickOf(t);
    await site.write(100);
    const made = await site.export(stick, { parcelBytes: 100 });
    assert.ok(made.parcels.length > 1, 'several parcels');
    assert.equal(made.samples, site.samples);
    assert.equal(made.events, site.events);
    assert.deepEqual(
      { ...made.unconfirmed, upTo: 0, atUs: 0 },
      { samples: site.samples, events: site.events, parcels: made.parcels.length, upTo: 0, atUs: 0 },
    );
    const taken = await importStick(rig, stick);
    assert.ok(
      results(taken).every((result) => result === 'taken'),
      JSON.stringify(taken),
    );
    assert.equal(taken.receipts.length, 1);
    await same(site);
    const { rows } = await rig.hub.database.pool.query(
      "SELECT path FROM site_tags t JOIN journals j ON j.id = t.journal WHERE site = 'island' ORDER BY number",
    );
    assert.deepEqual(
      rows.map(({ path }) => path),
      ['a/b/0', 'a/b/1', 'a/b/2'],
    );
    const again = await importStick(rig, stick);
    assert.ok(results(again).every((result) => result === 'known'));
    await same(site);
    const back = await site.export(stick);
    assert.ok(back.receipt);
    assert.equal(back.removed, made.parcels.length);
    assert.deepEqual([back.parcels, back.unconfirmed], [[], undefined]);
    await site.write(10);
    const later = await site.export(stick);
    assert.equal(later.samples, 200);
    assert.deepEqual(results(await importStick(rig, stick)), ['taken']);
    await same(site);
  });

  test('the same stick goes on where its parcels end, another one with next; one before it is waited for', async (t) => {
    const site = await siteOf(t, rig, 'long-way');
    const [one, two] = [stickOf(t), stickOf(t)];
    await site.write(40);
    await site.export(one);
    await site.write(40);
    const more = await site.export(one);
    assert.equal(more.samples, 800);
    await site.write(40);
    const third = await site.export(two, { next: true });
    assert.equal(third.samples, 800);
    assert.equal(third.unconfirmed?.samples, site.samples);
    assert.deepEqual(results(await importStick(rig, two)), ['waits']);
    assert.deepEqual(results(await importStick(rig, one)), ['taken', 'taken']);
    assert.deepEqual(results(await importStick(rig, two)), ['taken']);
    await same(site);
  });

  test('a parcel that begins before where the link has come, and ends after it, is taken from there', async (t) => {
    const site = await siteOf(t, rig, 'both');
    const stick = stickOf(t);
    await site.write(100);
    await site.link(1);
    await same(site);
    await site.write(300);
    // It begins at 0: this journal has no cursor, and nothing is known of what was confirmed.
    assert.equal((await site.export(stick)).samples, 8000);
    const [only] = (await importStick(rig, stick)).parcels;
    assert.deepEqual([only?.result, only?.samples], ['taken', 6000]);
    await same(site);
    await site.write(50);
    const late = stickOf(t);
    await site.export(late, { next: true });
    await site.link(1);
    await same(site);
    assert.deepEqual(results(await importStick(rig, late)), ['known']);
    await same(site);
  });

  test('events that the link has brought are not carried again, unless the hub went back since', async (t) => {
    const site = await siteOf(t, rig, 'linked');
    const { pool } = rig.hub.database;
    await site.write(40);
    await site.link(1000);
    await same(site);
    const { rows } = await pool.query<{ uuid: string; lane: number; position: string }>(
      "SELECT uuid, lane, position FROM journals j JOIN lane_positions p ON p.journal = j.id WHERE site = 'linked'",
    );
    const at = (lane: number) => Number(rows.find((row) => row.lane === lane)?.position);
    const link = { pin: rig.hub.authority.pin, journal: rows[0]?.uuid ?? '' };
    const before = site.events;
    await site.write(10);
    const whole = await site.export(stickOf(t));
    assert.equal(whole.events, site.events, 'nothing is known of the link');
    await keepLinked(rig.trustDir('linked'), link, { security: at(0), others: at(1) });
    const stick = stickOf(t);
    const made = await site.export(stick);
    assert.equal(made.events, site.events - before);
    assert.deepEqual(results(await importStick(rig, stick)), ['taken']);
    await same(site);
    // A receipt of a hub that stands further back than the link had come says more than what is known of the link.
    assert.ok((await site.export(stick)).receipt);
    await keepCarriedBack(rig.trustDir('linked'), link);
    assert.equal((await site.export(stickOf(t))).events, site.events);
  });

  test('what is for another hub, not by a site, revoked, changed or cut off touches nothing', async (t) => {
    const site = await siteOf(t, rig, 'watched');
    const stick = stickOf(t);
    await site.write(60, 2000);
    await site.export(stick);
    const [name = ''] = parcelsIn(stick);
    const whole = readFileSync(join(stick, name));
    const refused = async (bytes: Buffer) => {
      writeFileSync(join(stick, name), bytes);
      const [only] = (await importStick(rig, stick)).parcels;
      return [only?.result, only?.why?.code];
    };
    const flipped = (at: number) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      return bytes;
    };
    assert.deepEqual(await refused(flipped(0)), ['refused', 'parcel.damaged']);
    assert.deepEqual(await refused(flipped(whole.indexOf('"madeUs":') + 12)), [
      'refused',
      'parcel.signature',
    ]);
    await using other = await HubRig.start();
    const stranger = await importStick(other, stick);
    assert.equal(stranger.parcels[0]?.result, 'refused'); // the flipped one
    writeFileSync(join(stick, name), whole);
    assert.equal((await importStick(other, stick)).parcels[0]?.result, 'passed-over');
    const count = async () =>
      (await rig.hub.database.pool.query("SELECT 1 FROM journals WHERE site = 'watched'")).rowCount;
    assert.equal(await count(), 0);
    // The first section says what it is of; damage after it leaves what was whole.
    assert.deepEqual(await refused(whole.subarray(0, whole.length - 2000)), ['partly', 'parcel.damaged']);
    assert.deepEqual(await refused(flipped(whole.length - 2000)), ['partly', 'parcel.damaged']);
    await rig.hub.identities.end('watched', 'revoked', { by: 'test', why: 'stolen' });
    assert.deepEqual(await refused(whole), ['refused', 'hub.identity-ended']);
    const told = await rig.events('watched');
    assert.ok(told.filter((one) => one === 'security.parcel-refused').length >= 3, told.join());
  });

  test('sections of another parcel of the same site are noticed', async (t) => {
    const site = await siteOf(t, rig, 'mixer');
    const [one, two] = [stickOf(t), stickOf(t)];
    await site.write(10);
    await site.export(one);
    await site.export(two);
    const [a = ''] = parcelsIn(one);
    const [b = ''] = parcelsIn(two);
    const first = readFileSync(join(one, a));
    const second = readFileSync(join(two, b));
    const head = (bytes: Buffer) => 13 + bytes.readUInt32LE(9) + 64;
    writeFileSync(
      join(one, a),
      Buffer.concat([first.subarray(0, head(first)), second.subarray(head(second))]),
    );
    const [only] = (await importStick(rig, one)).parcels;
    assert.deepEqual([only?.result, only?.samples], ['partly', 0]);
    assert.ok(statSync(join(two, b)).size > 0);
    cpSync(two, one, { recursive: true });
    await importStick(rig, two);
    await same(site);
  });
});
