import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { contents, helloOf } from '#edge/parcel/contents.ts';
import { ledgerOf } from '#hub/state/ledger.ts';
import { openFeed } from '#journal/feed.ts';
import { parcelKeyFor } from '#trust/hub/parcel-key.ts';
import { spkiOf } from '#trust/issue.ts';
import { digestOf, headerBytes } from '#uplink/parcel/header.ts';
import { SectionWriter, sectionKey } from '#uplink/parcel/sections.ts';
import { CarriedSite, importStick } from './carried-site.ts';
import { HubRig, patience } from './rig.ts';

const HOUR_US = 3_600_000_000;

describe('what a site counts is carried with what it counts', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start({ stores: true });
  });
  after(() => rig?.[Symbol.asyncDispose]());

  function folder(t: TestContext): string {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-stick-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }

  async function siteOf(t: TestContext, name: string, quotaBytes?: number) {
    const site = await CarriedSite.join(rig, name, quotaBytes);
    t.after(() => site[Symbol.asyncDispose]());
    return site;
  }

  const counted = async (name: string) => {
    const { acquired, stored, delivered, waiting, lost, difference, toldUs } = await ledgerOf(
      rig.hub.database.queries,
      name,
    );
    return { acquired, stored, delivered, waiting, lost, difference, isTold: toldUs !== undefined };
  };
  const even = (samples: number, lost = 0) => ({
    ...{ acquired: samples, stored: samples, delivered: samples - lost, waiting: 0, lost },
    ...{ difference: 0, isTold: true },
  });

  test('behind a diode, with repetitions: the sum is right after each import', async (t) => {
    const site = await siteOf(t, 'diode');
    const way = folder(t);
    let nowUs = Date.now() * 1000;
    for (let round = 0; round < 5; round++) {
      await site.write(30);
      nowUs += HOUR_US;
      await site.export(way, { parcelBytes: 2000, repeatUs: 3 * HOUR_US, nowUs: () => nowUs });
      await importStick(rig, way, true);
      assert.deepEqual(await counted('diode'), even(site.samples));
    }
    const stated = await ledgerOf(rig.hub.database.queries, 'diode');
    assert.equal(stated.toldUs, nowUs, 'when the site counted last');
  });

  test('what the journal had no room for before it was given away is told as lost', async (t) => {
    const site = await siteOf(t, 'small', 2 ** 20);
    const way = folder(t);
    await site.write(10, 2000);
    const first = await site.export(way, { repeatUs: HOUR_US });
    await importStick(rig, way, true);
    await site.write(200, 1000, { noise: true });
    const last = await site.export(way, { repeatUs: 0, nowUs: () => Date.now() * 1000 + HOUR_US });
    await importStick(rig, way, true);
    const given = first.samples + last.samples;
    assert.ok(last.samples < 200_000, `the quota took some: ${last.samples} were left`);
    assert.deepEqual(await counted('small'), even(site.samples, site.samples - given));
  });

  test('by stick and receipt, and over the link between', async (t) => {
    const site = await siteOf(t, 'stick');
    const stick = folder(t);
    for (let round = 0; round < 4; round++) {
      await site.write(20);
      await site.export(stick, { parcelBytes: 3000 });
      await importStick(rig, stick);
      assert.deepEqual(await counted('stick'), even(site.samples));
    }
    await site.write(20);
    await site.link(100);
    await site.write(20);
    await site.export(stick);
    await importStick(rig, stick);
    const { hub, site: own } = await site.compared();
    assert.deepEqual(hub, own);
  });

  test('what waits behind a parcel that has not come is not taken for lost, and the old count stands', async (t) => {
    const site = await siteOf(t, 'waits');
    const [stick, other] = [folder(t), folder(t)];
    await site.write(20);
    await site.export(stick);
    await importStick(rig, stick);
    const { samples } = site;
    await site.write(20);
    await site.export(other, { next: true });
    const third = folder(t);
    await site.write(20);
    await site.export(third, { next: true });
    await importStick(rig, third);
    assert.deepEqual(await counted('waits'), even(samples));
    await importStick(rig, other);
    await importStick(rig, third);
    assert.deepEqual(await counted('waits'), even(site.samples));
  });

  test('an older parcel that comes again changes nothing', async (t) => {
    const site = await siteOf(t, 'again');
    const [old, stick] = [folder(t), folder(t)];
    await site.write(20);
    await site.export(old);
    await importStick(rig, old);
    await site.write(20);
    await site.export(stick);
    await importStick(rig, stick);
    assert.ok(readdirSync(old).some((name) => name.endsWith('.parcel')));
    await importStick(rig, old);
    assert.deepEqual(await counted('again'), even(site.samples));
  });

  test('a parcel of version 1, which says nothing of it, is taken as before', async (t) => {
    const site = await siteOf(t, 'older');
    const stick = folder(t);
    await site.write(30);
    writeFileSync(join(stick, 'older.parcel'), await parcelOfVersion1(rig, site));
    const { parcels } = await importStick(rig, stick);
    assert.deepEqual(
      parcels.map(({ result, samples }) => [result, samples]),
      [['taken', site.samples]],
    );
    const { isTold, delivered } = await counted('older');
    assert.deepEqual([isTold, delivered], [false, site.samples]);
    await site.write(10);
    await site.export(stick);
    await importStick(rig, stick);
    assert.equal((await counted('older')).isTold, false, 'what it gave before it does not know yet');
    const { receipt } = await site.export(stick);
    await site.noteReceipt(receipt?.positions.history ?? 0);
    await site.write(10);
    await site.export(stick);
    await importStick(rig, stick);
    assert.deepEqual(await counted('older'), even(site.samples));
  });
});

/** Its header says 1, and no section tells what was counted. */
async function parcelOfVersion1(rig: HubRig, site: CarriedSite): Promise<Buffer> {
  const { membership, name } = site;
  const journal = site.journal();
  const { id, key } = await parcelKeyFor(rig.trustDir(name), membership, patience());
  const own = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const after = { security: 0, others: 0, history: 0 };
  const header = { site: name, journal, hub: membership.pin, key: id, madeUs: 1, after };
  const head = headerBytes(
    { ...header, certificate: membership.certificate.raw, ephemeral: spkiOf(own.publicKey) },
    membership.key,
  );
  head[8] = 1;
  const writer = new SectionWriter(sectionKey(own.privateKey, key, digestOf(head)));
  const speaker = { site: name, journal, epoch: 1, software: 'test' };
  const parts: Uint8Array[] = [head, writer.section({ message: helloOf(speaker), entries: [] })];
  await using feed = openFeed(join(site.dataDir, 'journal'));
  for await (const content of contents(feed, after, { damage: assert.fail }))
    parts.push(writer.section(content));
  return Buffer.concat([...parts, writer.last()]);
}
