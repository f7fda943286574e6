import type { Me } from '#contract/client.ts';
import type { FleetMe } from '#contract/fleet-client.ts';
import { atLeast } from '#kernel/rights.ts';
import type { Console } from '../shell/console.ts';
import { start } from '../shell/start.tsx';
import { FleetBanner } from './banner.tsx';
import { fleet } from './data/api.ts';
import { PAGES } from './pages/registry.ts';
import { FleetState } from './state-bar.tsx';

/** The highest role of somebody; limited to groups where he has it nowhere else. */
function lookerOf({ name, via, grants }: FleetMe): Me {
  const [first = { role: 'viewer' as const }, ...others] = grants;
  const { role } = others.reduce((best, one) => (atLeast(one.role, best.role) ? one : best), first);
  const fitting = grants.filter((one) => one.role === role);
  const groups = fitting.flatMap(({ sites }) => sites ?? []);
  return { name, via, role, ...(groups.length === fitting.length && { areas: groups }) };
}

/** The console that a hub serves. */
const hub: Console = {
  of: 'hub',
  pages: PAGES,
  access: {
    me: async (signal) => lookerOf(await fleet.me(signal)),
    signIn: async (given) => lookerOf(await fleet.signIn(given)),
    firstAdministrator: async (given) => lookerOf(await fleet.firstAdministrator(given)),
    elsewhere: async () => (await fleet.signInWays()).provider,
    signOut: () => fleet.signOut(),
    changePassword: (given) => fleet.changePassword(given),
  },
  useName: () => 'Fleet',
  State: FleetState,
  Banner: FleetBanner,
};

start(hub);
