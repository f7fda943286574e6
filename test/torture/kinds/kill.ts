import { killSites } from '#test/crash/killed-sites.ts';
import { builtPowerCut, noPowerCut } from '#test/crash/power-cut.ts';
import type { Report, Rig, Torture } from '../torture.ts';

const LANES = 2;

async function cutDown(rig: Rig, kills: number, what: string, powerCut?: string): Promise<Report> {
  const rounds = Math.ceil(kills / LANES);
  let done = 0;
  const sites = await killSites(rig, {
    lanes: LANES,
    rounds,
    chance: () => rig.chance.uniform(),
    killed: () => rig.progress(`${++done} of ${rounds * LANES} ${what}`),
    ...(powerCut !== undefined && { powerCut }),
  });
  const sum = (key: keyof (typeof sites)[number]) => sites.reduce((total, site) => total + site[key], 0);
  const acquired = sum('published');
  const stored = sum('rows') - sum('twice');
  return {
    tried: [done, what],
    rows: { acquired, stored, counted: 0, lost: acquired - stored, twice: sum('twice') },
    notes: [
      `${sum('confirmed')} confirmed under them`,
      `${sum('twice')} redelivered by the broker after they were stored`,
      ...(powerCut === undefined ? [] : [`${sum('lostBytes')} bytes taken back by the disk`]),
    ],
  };
}

export const kill: Torture = {
  name: 'kill',
  about:
    'kill -9 of whole sites at random moments under load: all that was confirmed is there, no more often than it was sent',
  run: (rig) => cutDown(rig, rig.times(4, 500), 'kills'),
};

export const powerCut: Torture = {
  name: 'power-cut',
  about: 'the power fails at random moments, and the disk forgets what was not synced: the same must hold',
  impossible: noPowerCut,
  run: (rig) => cutDown(rig, rig.times(4, 200), 'power cuts', builtPowerCut(rig)),
};
