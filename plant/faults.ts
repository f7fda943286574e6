import { Fault } from '#kernel/fault.ts';

/** Devices that are processes of their own. */
export const DEVICES = ['pumps', 'bottling', 'sensors', 'utilities', 'packaging'] as const;
export type DeviceName = (typeof DEVICES)[number];

interface FaultEntry {
  /** What is broken: the process of a line, or a device. */
  readonly where: 'line' | 'device';
  /** Devices that can show it; the first one does unless told otherwise. */
  readonly devices?: readonly DeviceName[];
  readonly description: string;
}

/** All that can be made to go wrong. The one table: command line, documentation and tests read it. */
export const FAULTS = {
  'worn-bearing': {
    where: 'line',
    description:
      'The pump bearing wears: first it knocks, then vibration and temperature rise. Worn out in 20 s, or --over a time.',
  },
  'stuck-sensor': {
    where: 'line',
    description: 'The flow meter freezes at its last value, to the last digit, whatever the pump does.',
  },
  'sticking-valve': {
    where: 'line',
    description: 'The inflow valve sticks: when it is told to move it comes in jerks and stops short.',
  },
  leak: {
    where: 'line',
    description: 'The drain of the feed tank does not close: water goes that no meter sees.',
  },
  cavitation: {
    where: 'line',
    description:
      'The suction strainer clogs: suction pressure and flow drop, vibration crackles, rejects rise.',
  },
  'device-silent': {
    where: 'device',
    devices: DEVICES,
    description: 'The device keeps its connections and accepts new ones, but says nothing any more.',
  },
  'device-restarting': {
    where: 'device',
    devices: DEVICES,
    description: 'The device is killed and comes back on the same port some seconds later, again and again.',
  },
  'slow-device': {
    where: 'device',
    devices: DEVICES,
    description: 'The device answers or reports only after seconds.',
  },
  'garbage-replies': {
    where: 'device',
    devices: DEVICES,
    description: 'The device sends malformed frames, wrong lengths and wrong numbers, or broken JSON.',
  },
  'clock-wrong': {
    where: 'device',
    devices: ['sensors', 'utilities', 'packaging'],
    description: 'The clock of the device runs ahead; its time stamps with it.',
  },
  'server-renumbered': {
    where: 'device',
    devices: ['utilities'],
    description: 'The OPC UA server restarts with other node ids and another namespace index, same names.',
  },
  'certificate-changed': {
    where: 'device',
    devices: ['utilities'],
    description: 'The OPC UA server restarts with a certificate that nobody has seen before.',
  },
  'node-reborn': {
    where: 'device',
    devices: ['packaging'],
    description: 'The Sparkplug node goes without a death certificate and is born with other aliases.',
  },
  'out-of-order': {
    where: 'device',
    devices: ['packaging'],
    description:
      'Messages of the Sparkplug node change places, and a sequence number is missing now and then.',
  },
} as const satisfies { readonly [name: string]: FaultEntry };

export type FaultName = keyof typeof FAULTS;

export interface FaultTarget {
  /** 1 to 3, for faults of a line. */
  readonly line?: number | undefined;
  /** Seconds in which it grows to its full size; for worn-bearing. */
  readonly overS?: number | undefined;
  readonly device?: string | undefined;
}

/** A fault at a place, as `holdfast plant faults` lists it. */
export interface FaultState {
  readonly name: FaultName;
  /** `line 2`, or the name of a device. */
  readonly place: string;
  readonly on: boolean;
  readonly description: string;
}

export interface LinePlace {
  readonly fault: FaultName;
  readonly line: number;
  readonly overS?: number | undefined;
}

export type Place = LinePlace | { readonly fault: FaultName; readonly device: DeviceName };

/**
 * Where a fault goes: line 1, or the first device that can show it, unless told otherwise.
 * @throws Fault `plant.unknown-fault`, `plant.unknown-place`, `plant.no-such-growth`
 */
export function placeOf(name: string, target: FaultTarget, lines: number): Place {
  if (!Object.hasOwn(FAULTS, name)) {
    const hint = `Faults are: ${Object.keys(FAULTS).join(', ')}.`;
    throw new Fault('plant.unknown-fault', `there is no fault ${name}`, { retry: 'never', hint });
  }
  const fault = name as FaultName;
  const entry: FaultEntry = FAULTS[fault];
  const { overS } = target;
  if (overS !== undefined && !(fault === 'worn-bearing' && overS > 0)) {
    throw new Fault('plant.no-such-growth', `${name} does not grow over ${overS} s`, {
      retry: 'never',
      hint: 'Only worn-bearing grows, over more than nothing.',
    });
  }
  if (entry.devices === undefined) return { fault, line: lineOf(target, lines), overS };
  const device = target.device ?? (entry.devices[0] as DeviceName);
  const found = entry.devices.find((one) => one === device);
  if (found) return { fault, device: found };
  throw new Fault('plant.unknown-place', `${name} cannot happen at ${device}`, {
    retry: 'never',
    hint: `Devices that can show it: ${entry.devices.join(', ')}.`,
  });
}

function lineOf({ line = 1 }: FaultTarget, lines: number): number {
  if (Number.isInteger(line) && line >= 1 && line <= lines) return line;
  const hint = `Lines are 1 to ${lines}.`;
  throw new Fault('plant.unknown-place', `there is no line ${line}`, { retry: 'never', hint });
}
