import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { readCarried } from '#trust/hub/carried.ts';
import { CarriedSite, importStick } from './carried-site.ts';
import { HubRig } from './rig.ts';

const HOUR_US = 3_600_000_000;
const LONG_AGO = new Date('2026-01-01');

/** Two folders, and what a diode does between them: it carries, loses, and cuts off; nothing comes back. */
class Diode {
  readonly inside: string;
  readonly outside: string;
  readonly #seen = new Set<string>();

  constructor(t: TestContext) {
    const folder = () => {
      const dir = mkdtempSync(join(tmpdir(), 'holdfast-diode-'));
      t.after(() => rmSync(dir, { recursive: true, force: true }));
      return dir;
    };
    [this.inside, this.outside] = [folder(), folder()];
  }

  /** @param fate of the n-th file that is new */
  carry(fate: (n: number) => 'carried' | 'lost' | 'cut'): void {
    const added = readdirSync(this.inside).filter((name) => !this.#seen.has(name));
    for (const [n, name] of added.entries()) {
      assert.ok(name.endsWith('.parcel'), name);
      this.#seen.add(name);
      const what = fate(n);
      if (what === 'lost') continue;
      const bytes = readFileSync(join(this.inside, name));
      const path = join(this.outside, name);
      writeFileSync(path, what === 'cut' ? bytes.subarray(0, bytes.length / 2) : bytes);
      // It came long ago: what it lacks comes no more.
      utimesSync(path, LONG_AGO, LONG_AGO);
    }
  }
}

describe('over a way without receipts', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start({ stores: true });
  });
  after(() => rig?.[Symbol.asyncDispose]());

  async function open(t: TestContext, name: string) {
    const site = await CarriedSite.join(rig, name);
    t.after(() => site[Symbol.asyncDispose]());
    const diode = new Diode(t);
    let nowUs = Date.now() * 1000;
    const hour = async (repeatHours: number) => {
      nowUs += HOUR_US;
      const repeatUs = repeatHours * HOUR_US;
      return await site.export(diode.inside, { parcelBytes: 100, repeatUs, nowUs: () => nowUs });
    };
    return { site, diode, hour };
  }

  test('what a diode loses or cuts off comes with a later export, and counts once', async (t) => {
    const { site, diode, hour } = await open(t, 'behind-diode');
    let made = 0;
    for (let round = 0; round < 12; round++) {
      await site.write(40);
      const { parcels, samples, unconfirmed } = await hour(4);
      made += samples;
      assert.ok(parcels.length > 1, 'several parcels');
      assert.equal(unconfirmed?.samples, site.samples, 'each sample once, however often it was sent');
      assert.equal(unconfirmed.events, site.events);
      // Each round loses others; of two nothing at all comes.
      diode.carry((n) =>
        round % 6 === 5 || (n + round) % 3 === 0 ? 'lost' : (n + round) % 5 === 0 ? 'cut' : 'carried',
      );
      const { receipts } = await importStick(rig, diode.outside, true);
      assert.deepEqual(receipts, []);
    }
    assert.ok(
      made < 4.5 * site.samples,
      `${made} of ${site.samples}: the last hours are repeated, not everything`,
    );
    const { hub, site: own } = await site.compared();
    assert.ok(hub.values.length < own.values.length, 'the last losses are still to come');
    await hour(4);
    diode.carry(() => 'carried');
    await importStick(rig, diode.outside, true);
    const after = await site.compared();
    assert.deepEqual(after.hub, after.site);
    // Nothing stays but what was cut off, put aside; at the site what is still repeated.
    assert.ok(readdirSync(diode.outside).every((name) => name.endsWith('.refused')));
    assert.ok(readdirSync(diode.outside).length > 0);
    for (let round = 0; round < 8; round++) await hour(4);
    const { parcels } = await hour(4);
    assert.deepEqual(parcels, [], 'nothing was written for hours, and nothing is repeated');
    assert.deepEqual(readdirSync(diode.inside), []);
  });

  test('a diode that was down for longer than is repeated waits for one export that begins earlier', async (t) => {
    const { site, diode, hour } = await open(t, 'long-down');
    for (let round = 0; round < 8; round++) {
      await site.write(10);
      await hour(2);
      diode.carry(() => (round < 1 || round > 5 ? 'carried' : 'lost'));
    }
    const { parcels } = await importStick(rig, diode.outside, true);
    assert.ok(parcels.some(({ result }) => result === 'waits'));
    await hour(1000);
    diode.carry(() => 'carried');
    await importStick(rig, diode.outside, true);
    const { hub, site: own } = await site.compared();
    assert.deepEqual(hub, own);
  });

  test('an export that is broken off counts nothing, and the next one begins where it began', async (t) => {
    const { site, diode, hour } = await open(t, 'broken-off');
    await site.write(20);
    await hour(1);
    const { samples } = site;
    await site.write(200);
    const stop = new AbortController();
    const broken = site.export(diode.inside, {
      ...{ parcelBytes: 100, repeatUs: HOUR_US, signal: stop.signal },
      progress: () => stop.abort(new Error('enough')),
    });
    await assert.rejects(broken, /enough/);
    const { membership } = site;
    const state = await readCarried(rig.trustDir(site.name), {
      pin: membership.pin,
      journal: site.journal(),
    });
    assert.equal(state.sent?.samples, samples);
    assert.equal((await hour(1)).unconfirmed?.samples, site.samples);
  });
});
