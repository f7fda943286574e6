import { Fault } from '#kernel/fault.ts';
import { toldLosses } from '#test/crash/edge-process.ts';
import { hubFolder, postmasterPid } from '#test/fleet/hub-process.ts';
import { keptAtHub, keptAtSite, parted } from '#test/fleet/same-samples.ts';
import { Scene, SITE } from '#test/fleet/scene.ts';
import { until } from '#test/until.ts';
import { FarNetwork, type LinkState, noFarNetwork } from '../far-network.ts';
import { pause, pick, type Report, type Rig, type Torture } from '../torture.ts';

const PORT = 8443;
const LONG_MS = 240_000;

const LINKS: readonly LinkState[] = ['down', 'slow', 'lossy', 'well'];
const DEEDS = [
  'site killed',
  'hub killed',
  'database killed',
  'stick exported',
  'stick imported',
  'nothing',
] as const;
type Deed = (typeof DEEDS)[number];

async function run(rig: Rig): Promise<Report> {
  const network = FarNetwork.open(rig);
  const dir = hubFolder();
  const scene = await Scene.open(rig, { dir, wrap: network.wrap, host: network.address, port: PORT });
  const { chance, long } = rig;
  const endMs = performance.now() + LONG_FORM_MS;
  const least = rig.times(6, 10);
  const done = new Map<string, number>();
  const tally = (what: string) => done.set(what, (done.get(what) ?? 0) + 1);
  let rounds = 0;
  for (; rounds < least || (long && performance.now() < endMs); rounds++) {
    const link = pick(chance, LINKS);
    // At first each once.
    const deed = DEEDS[rounds] ?? pick(chance, DEEDS);
    rig.progress(`round ${rounds + 1}: link ${link}, ${deed}`);
    network.set(link);
    tally(`link ${link}`);
    await pause(chance.uniform() * 2500);
    tally(await doneTo(scene, dir, deed));
    await pause(chance.uniform() * 1500);
    await Promise.all([scene.hub(), scene.site()]);
  }
  network.set('well');
  const notes = [...done].map(([what, times]) => `${times} × ${what}`);
  return { ...(await equal(scene, rounds)), notes: [...notes, `bad links by ${network.means}`] };
}

/** @returns what was done; a stick may be in vain while the hub is away, and then people try again */
async function doneTo(scene: Scene, hubDir: string, deed: Deed): Promise<string> {
  switch (deed) {
    case 'site killed':
      await scene.edge?.kill();
      return deed;
    case 'hub killed':
      await (await scene.hub()).kill();
      return deed;
    case 'database killed': {
      const pid = postmasterPid(hubDir);
      if (pid !== undefined) process.kill(pid, 'SIGQUIT'); // at once, as by a power cut
      return deed;
    }
    case 'nothing':
      return deed;
  }
  const work = deed === 'stick exported' ? scene.export() : scene.import();
  return await work.then(
    () => deed,
    (error: unknown) => `${deed} in vain (${Fault.from(error, 'other', deed).code})`,
  );
}

/** How long the long form goes on. */
const LONG_FORM_MS = 600_000;

/** Nothing new comes: site and hub must end with the same. */
async function equal(scene: Scene, rounds: number): Promise<Report> {
  const { dataDir, databaseUrl } = scene;
  const edge = await scene.site();
  // The same once more by hand, of which the hub has most already.
  await scene.export();
  await scene.import();
  await edge.stop();
  const before = keptAtSite(dataDir);
  await scene.site();
  const atHub = () => keptAtHub(databaseUrl, SITE);
  await until('the hub has it all', async () => (await atHub()).samples >= before.samples, LONG_MS);
  await scene.edge?.stop();
  // What came in that last run: by the link where it was quick enough, by the stick where not.
  await scene.export();
  await scene.import();
  const here = keptAtSite(dataDir);
  const parts = parted(here, await atHub());
  if (parts.length > 0) throw new Error(`site and hub differ: ${parts.join('; ')}`);
  const told = toldLosses(dataDir);
  return {
    tried: [rounds, 'rounds of cuts, bad links, kills and sticks'],
    rows: {
      acquired: here.samples + told.rows,
      stored: here.samples,
      counted: told.rows,
      reasons: told.reasons,
      lost: 0,
    },
  };
}

export const uplink: Torture = {
  name: 'uplink',
  about:
    'a link that is cut, slow and lossy in the kernel, sites, hubs and databases killed, and sticks carried, in random order: site and hub end equal, sample by sample',
  impossible: noFarNetwork,
  run,
};
