import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { SmallDisk } from '../crash/small-disk.ts';
import { CarriedSite, importStick } from './carried-site.ts';
import { HubRig } from './rig.ts';

const MB = 2 ** 20;
/** Of a small stick, free. */
const ROOM_BYTES = 4 * 4096;

const parcelsIn = (stick: string) => readdirSync(stick).filter((name) => name.endsWith('.parcel'));

/* What happens to sticks in people's hands. */
describe('a bad day of a stick', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start({ stores: true });
  });
  after(() => rig?.[Symbol.asyncDispose]());

  async function open(t: TestContext, name: string): Promise<CarriedSite> {
    const site = await CarriedSite.join(rig, name);
    t.after(() => site[Symbol.asyncDispose]());
    return site;
  }

  async function same(site: CarriedSite): Promise<void> {
    const { hub, site: own } = await site.compared();
    assert.deepEqual(hub, own);
  }

  test('one that is full says so, keeps what is whole, and the same command goes on once there is room', async (t) => {
    const site = await open(t, 'full-stick');
    const disk = await SmallDisk.open(1);
    t.after(() => disk[Symbol.asyncDispose]());
    // The first export fits, the second does not.
    writeFileSync(join(disk.seen, 'foreign-music'), new Uint8Array(MB - ROOM_BYTES));
    await site.write(20);
    assert.equal((await site.export(disk.seen)).parcels.length, 1);
    await site.write(2000, 20);
    const full = site.export(disk.seen, { parcelBytes: 2000 });
    await assert.rejects(full, { code: 'parcel.stick', message: /no space left.*whole parcels are on it/is });
    const whole = parcelsIn(disk.seen).length;
    assert.ok(!readdirSync(disk.seen).some((name) => name.endsWith('.part')), 'what is not whole went');
    // Full to the last byte: not even that is a reason to harm what is there.
    disk.fill();
    await assert.rejects(site.export(disk.seen), { code: 'parcel.stick' });
    assert.equal(parcelsIn(disk.seen).length, whole);
    const { parcels } = await importStick(rig, disk.seen).catch(() => ({ parcels: [] }));
    assert.ok(parcels.every(({ result }) => result === 'taken'));
    disk.free();
    // The receipt makes the room.
    for (let round = 0; (await importStick(rig, disk.seen)).parcels.length > 0; round++) {
      assert.ok(round < 50, 'it does not end');
      await site.export(disk.seen, { parcelBytes: 2000 }).catch((error) => {
        assert.equal(error.code, 'parcel.stick');
      });
    }
    await same(site);
  });

  test('one that was pulled out holds a parcel cut off: what is whole of it counts, and the rest comes anew', async (t) => {
    const site = await open(t, 'pulled');
    const stick = mkdtempSync(join(tmpdir(), 'holdfast-stick-'));
    t.after(() => rmSync(stick, { recursive: true, force: true }));
    await site.write(100, 2000);
    await site.export(stick);
    const [name = ''] = parcelsIn(stick);
    // As a file system without a journal leaves it: there under its name, without its end.
    truncateSync(join(stick, name), Math.floor(statSync(join(stick, name)).size * 0.6));
    const [cut] = (await importStick(rig, stick)).parcels;
    assert.deepEqual([cut?.result, cut?.why?.code], ['partly', 'parcel.damaged']);
    // At the site the same command: the receipt is there, what it does not confirm is written again.
    const again = await site.export(stick);
    assert.ok(again.receipt);
    assert.ok(again.samples > 0 && again.samples <= site.samples, `${again.samples}`);
    const { parcels } = await importStick(rig, stick);
    assert.equal(parcels.filter(({ result }) => result === 'taken').length, 1, JSON.stringify(parcels));
    await same(site);
  });

  test('two exports at once, as of a timer that comes too early: the second one says so, and does nothing', async (t) => {
    const site = await open(t, 'hasty');
    const stick = mkdtempSync(join(tmpdir(), 'holdfast-stick-'));
    t.after(() => rmSync(stick, { recursive: true, force: true }));
    await site.write(100, 100);
    let second: Promise<unknown> = Promise.resolve();
    const first = site.export(stick, {
      progress: () => {
        second = second
          .then(() => site.export(stick))
          .catch((error) => assert.equal(error.code, 'parcel.running'));
      },
    });
    assert.equal((await first).samples, site.samples);
    await second;
    assert.equal(parcelsIn(stick).length, 1);
    await importStick(rig, stick);
    await same(site);
  });

  test('taken at two hubs of one database at once, and again later, all of it is there once', async (t) => {
    const site = await open(t, 'two-hands');
    const stick = () => {
      const dir = mkdtempSync(join(tmpdir(), 'holdfast-stick-'));
      t.after(() => rmSync(dir, { recursive: true, force: true }));
      return dir;
    };
    const [one, two] = [stick(), stick()];
    for (let round = 0; round < 3; round++) {
      await site.write(150, 100);
      // The same, twice: somebody copied the stick.
      await site.export(one);
      await site.export(two, { parcelBytes: 100 });
      const taken = await Promise.all([one, two, one].map((dir) => importStick(rig, dir)));
      for (const { parcels } of taken)
        for (const { result, why } of parcels)
          assert.ok(['taken', 'known'].includes(result), why?.message ?? result);
      await same(site);
    }
    assert.deepEqual(
      await importStick(rig, two).then(({ parcels }) => parcels.filter(({ result }) => result !== 'known')),
      [],
    );
  });
});
