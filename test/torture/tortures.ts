import { TARGETS } from '#test/fuzz/targets.ts';
import type { Torture } from './torture.ts';

/** All of them by name, in the order of a run; each is loaded by whoever wants it. */
export const TORTURES: { readonly [name: string]: () => Promise<Torture> } = {
  kill: async () => (await import('./kinds/kill.ts')).kill,
  'power-cut': async () => (await import('./kinds/kill.ts')).powerCut,
  'failing-writes': async () => (await import('./kinds/failing-writes.ts')).failingWrites,
  disk: async () => (await import('./kinds/disk.ts')).disk,
  damage: async () => (await import('./kinds/damage.ts')).damage,
  clock: async () => (await import('./kinds/clock.ts')).clock,
  'small-box': async () => (await import('./kinds/small-box.ts')).smallBox,
  devices: async () => (await import('./kinds/devices.ts')).devices,
  network: async () => (await import('./kinds/network.ts')).network,
  brokers: async () => (await import('./kinds/brokers.ts')).brokers,
  uplink: async () => (await import('./kinds/uplink.ts')).uplink,
  'dead-devices': async () => (await import('./kinds/from-tests.ts')).deadDevices,
  reloads: async () => (await import('./kinds/from-tests.ts')).reloads,
  'half-year': async () => (await import('./kinds/half-year.ts')).halfYear,
  'api-bodies': async () => (await import('./kinds/api-bodies.ts')).apiBodies,
  ...Object.fromEntries(
    Object.keys(TARGETS).map((target) => [
      `parse:${target}`,
      async () => (await import('./kinds/parse.ts')).parse(target),
    ]),
  ),
  soak: async () => (await import('./kinds/soak.ts')).soak,
};
