import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { freePort } from '#test/e2e/free-port.ts';
import { hubFolder } from '#test/fleet/hub-process.ts';
import { keptAtHub, keptAtSite, parted } from '#test/fleet/same-samples.ts';
import { Scene, SITE } from '#test/fleet/scene.ts';
import { until } from '#test/until.ts';
import { readMembership } from '#trust/hub/membership.ts';
import { clockOff, fakeClock, noFakeClock } from './fake-clock.ts';

const options = { skip: noFakeClock };
const LONG_MS = 240_000;
const DAY_S = 86_400;
/** Half of a certificate's life of 90 days falls into the week. */
const BEFORE_DAYS = 38.5;
const BACKLOG = 8000;

/** `env` in front of a program gives it another clock. */
const under = (env: NodeJS.ProcessEnv): string[] => [
  'env',
  ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
];

interface AtHub {
  /** Wall clock of the site, in s: its newest event, and its newest value. */
  readonly eventS: number;
  readonly newestS: number;
  /** Samples that have come. */
  readonly samples: number;
}

/** Undefined while its database takes no questions. */
async function atHub(pool: pg.Pool): Promise<AtHub | undefined> {
  const { rows } = await pool
    .query(
      `SELECT (SELECT max(time_us) FROM site_events WHERE name = 'security.clock-jump') / 1e6 AS event,
              (SELECT max(time_us) FROM newest_values) / 1e6 AS newest,
              (SELECT count FROM lane_positions WHERE lane = 2) AS samples`,
    )
    .catch(() => ({ rows: [] }));
  const [row] = rows;
  return row && { eventS: Number(row.event), newestS: Number(row.newest), samples: Number(row.samples) };
}

test(
  'a hub that was dead for a week: the site went on; the present comes at once, the week after it, the certificate is new',
  options,
  async (t) => {
    const dir = hubFolder();
    const clock = fakeClock(join(dir, 'hub'));
    const isAt = (days: number) => clock.offset(days * DAY_S);
    isAt(0);
    const link = { bytesPerS: 300 };
    const port = await freePort();
    const scene = await Scene.open(t, { dir, port, wrap: under(clock.env), siteEnv: clock.env, link });
    const pool = new pg.Pool({ connectionString: scene.databaseUrl, max: 1 });
    pool.on('error', () => {});
    t.after(() => pool.end());
    const samples = async () => (await atHub(pool))?.samples ?? 0;
    await until('samples come', async () => (await samples()) > 100, LONG_MS);
    const serial = async () => (await readMembership(join(scene.dataDir, 'trust')))?.certificate.serialNumber;
    const first = await serial();

    isAt(BEFORE_DAYS);
    await scene.stopHub();
    const waiting = async () => {
      const { sinks, journal } = await (await scene.site()).status();
      assert.ok(journal.usedBytes < journal.quotaBytes, 'within its quota');
      return sinks['/hub']?.backlog.rows ?? 0;
    };
    for (let day = 1; day <= 7; day++) {
      isAt(BEFORE_DAYS + day);
      await until(`day ${day}`, async () => (await waiting()) > (day * BACKLOG) / 7, LONG_MS);
    }
    assert.equal(await serial(), first, 'nobody was there to renew it');
    assert.equal((await (await scene.site()).status()).journal.lostRows, 0);

    const [before, jumps] = [
      await samples(),
      (await (await scene.site()).events()).filter(({ name }) => name === 'security.clock-jump'),
    ];
    assert.equal(before, 0, 'the database is away');
    const lastJumpS = (jumps.at(-1)?.timeUs ?? Number.NaN) / 1e6;
    await scene.hub();
    const nowS = () => Date.now() / 1000 + (BEFORE_DAYS + 7) * DAY_S;
    const beganMs = performance.now();
    let presentMs = 0;
    let atPresent: AtHub | undefined;
    await until(
      'events and newest values',
      async () => {
        atPresent = await atHub(pool);
        presentMs = performance.now() - beganMs;
        return (
          atPresent !== undefined && atPresent.eventS >= lastJumpS - 1 && nowS() - atPresent.newestS < 10
        );
      },
      LONG_MS,
    );
    const had = atPresent?.samples ?? 0;
    const behind = await waiting();
    assert.ok(behind > BACKLOG / 2, `the week was still to come: ${behind} of ${BACKLOG}, ${had} had come`);
    await until('the week has come', async () => (await waiting()) < 500, LONG_MS);
    const drainedMs = performance.now() - beganMs;
    t.diagnostic(`the present after ${Math.round(presentMs)} ms, the week after ${Math.round(drainedMs)} ms`);
    await until('another certificate', async () => (await serial()) !== first, LONG_MS);
    const events = await (await scene.site()).events();
    assert.equal(events.filter(({ name }) => name === 'security.hub-certificate-renewed').length, 1);

    await scene.edge?.stop();
    await scene.export();
    await scene.import();
    assert.deepEqual(parted(keptAtSite(scene.dataDir), await keptAtHub(scene.databaseUrl, SITE)), []);
  },
);

test(
  "a hub whose certificate is long over by the site's clock is the hub all the same",
  options,
  async (t) => {
    const dir = hubFolder();
    const scene = await Scene.open(t, { dir, port: await freePort(), siteEnv: clockOff(40 * DAY_S) });
    // The hub's own is valid for 30 days.
    const stored = async () =>
      (await keptAtHub(scene.databaseUrl, SITE).catch(() => undefined))?.samples ?? 0;
    await until('samples come', async () => (await stored()) > 200, LONG_MS);
  },
);
