import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ledgerView } from '#edge/api/ledger.ts';
import { journalDir } from '#edge/data-folder.ts';
import { sentUpTo } from '#edge/parcel/sent.ts';
import { openReader } from '#journal/reader.ts';
import { freePort } from '#test/e2e/free-port.ts';
import { hubFolder } from '#test/fleet/hub-process.ts';
import { type Kept, keptAtHub, keptAtSite, parted } from '#test/fleet/same-samples.ts';
import { Scene, SITE } from '#test/fleet/scene.ts';
import { until } from '#test/until.ts';
import { SmallDisk } from './small-disk.ts';

const LONG_MS = 240_000;
/** Of a cluster that was just made, its log, and a little. */
const DISK_MB = 256;
const SOME = 500;

/** What the hub has; nothing while its database takes no questions. */
const atHub = (scene: Scene): Promise<Kept | undefined> =>
  keptAtHub(scene.databaseUrl, SITE).catch(() => undefined);

const samplesAtHub = async (scene: Scene): Promise<number> => (await atHub(scene))?.samples ?? 0;

async function endEqual(scene: Scene): Promise<void> {
  await scene.edge?.stop();
  const { samples } = keptAtSite(scene.dataDir);
  await scene.site();
  await until('the hub has it all', async () => (await samplesAtHub(scene)) >= samples, LONG_MS);
  await scene.edge?.stop();
  await scene.export();
  await scene.import();
  assert.deepEqual(parted(keptAtSite(scene.dataDir), await keptAtHub(scene.databaseUrl, SITE)), []);
}

test('while the disk of the hub is full the site waits and goes on, the hub says so, and nothing is missing then', async (t) => {
  const disk = await SmallDisk.open(DISK_MB);
  t.after(() => disk[Symbol.asyncDispose]());
  const dir = join(disk.mount, 'hub');
  const seenDir = join(disk.seen, 'hub');
  const scene = await Scene.open(t, { dir, seenDir, wrap: disk.wrap, port: await freePort() });
  await until('samples come', async () => (await samplesAtHub(scene)) > SOME, LONG_MS);
  disk.fill();
  const hub = await scene.hub();
  await until('the hub says so', () => /nothing can be stored; sites keep/.test(hub.said), LONG_MS);
  const { samples: before } = await (await scene.site()).status();
  await until(
    'the site goes on, and waits',
    async () => {
      const { samples, sinks } = await (await scene.site()).status();
      return samples > before + SOME && (sinks['/hub']?.backlog.rows ?? 0) > SOME;
    },
    LONG_MS,
  );
  disk.free();
  await until('it comes after', async () => (await samplesAtHub(scene)) > before + SOME, LONG_MS);
  await endEqual(scene);
});

test('what goes one way only is sent, unconfirmed, and never delivered, although the hub has it', async (t) => {
  const dir = hubFolder();
  const scene = await Scene.open(t, { dir, port: await freePort() });
  await until('samples come', async () => (await samplesAtHub(scene)) > SOME, LONG_MS);
  await scene.export(); // once, where the hub can be reached, for its key
  await scene.stopHub();
  type Told = Awaited<ReturnType<typeof ledgerView>>;
  const hubIn = ({ sinks }: Told) => sinks.find(({ id }) => id === '/hub');
  const running = async () => hubIn(await (await scene.site()).get<Told>('/api/ledger'));
  await until('it waits', async () => ((await running())?.waiting ?? 0) > SOME, LONG_MS);
  const { unconfirmed } = await scene.export({ repeatUs: 3600e6 });
  const sent = unconfirmed?.samples ?? 0;
  await until('the site takes note', async () => (await running())?.sent !== undefined, LONG_MS);
  const told = await running();
  assert.ok(told?.sent !== undefined && told.sent <= told.waiting);
  await scene.hub();
  await scene.stopHub();
  await scene.edge?.stop();
  const stopped = async () => {
    using reader = openReader(journalDir(scene.dataDir));
    return hubIn(await ledgerView(reader, 0, await sentUpTo(scene.dataDir)));
  };
  const then = await stopped();
  assert.equal(then?.difference, 0);
  await scene.hub();
  await scene.export({ repeatUs: 3600e6 });
  await scene.import(true);
  assert.deepEqual(parted(keptAtSite(scene.dataDir), await keptAtHub(scene.databaseUrl, SITE)), []);
  const after = await stopped();
  assert.equal(after?.delivered, then?.delivered, 'nothing has said that it is there');
  assert.equal(after?.sent, after?.waiting, 'all of it was sent');
  assert.ok((after?.sent ?? 0) >= sent && sent > 0);
  await scene.site();
  await until('the link says so', async () => (await running())?.sent === undefined, LONG_MS);
});

test('a hub that was restored from its backup gets again what it lost, and the site says that it went back', async (t) => {
  const dir = hubFolder();
  const scene = await Scene.open(t, { dir, port: await freePort() });
  const data = join(dir, 'postgres/data');
  await until('samples come', async () => (await samplesAtHub(scene)) > SOME, LONG_MS);
  await scene.stopHub();
  execFileSync('cp', ['-a', data, `${data}.backup`]);
  await scene.hub();
  const { samples: then } = await (await scene.site()).status();
  await until('more has come than was saved', async () => (await samplesAtHub(scene)) > then, LONG_MS);
  await scene.stopHub();
  execFileSync('rm', ['-r', data]);
  execFileSync('mv', [`${data}.backup`, data]);
  await scene.hub();
  await until(
    'the site has noticed',
    async () => (await (await scene.site()).events()).some(({ name }) => name === 'hub.went-back'),
    LONG_MS,
  );
  await endEqual(scene);
});
