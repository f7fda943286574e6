import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ABSENT, type SupervisedDevice, superviseDevice } from '#plant/devices/supervise.ts';
import {
  DEVICES,
  type DeviceName,
  FAULTS,
  type FaultName,
  type FaultState,
  type FaultTarget,
  type LinePlace,
  type Place,
  placeOf,
} from '#plant/faults.ts';
import { checkedCommands } from '#plant/physics/commands.ts';
import {
  type CommandName,
  type Commands,
  command,
  type Line,
  type ProcessFault,
  WEAR_S,
} from '#plant/physics/line.ts';
import { type Packaging, type PackagingCommand, packagingCommand } from '#plant/physics/packaging.ts';
import { type Utilities, type UtilityCommand, utilityCommand } from '#plant/physics/utilities.ts';
import { createWorld, LINES, type World } from '#plant/physics/world.ts';

/** Ports of the demo. Where one is taken, a free one is used instead; `plant.json` says which. */
export const DEFAULT_PORTS = { modbusA: 15_020, modbusB: 15_021, mqtt: 18_830, opcua: 14_840 } as const;

export interface PlantOptions {
  /** Absent: the port of the demo, or a free one when that is taken. 0: any free one. */
  readonly modbusA?: number | undefined;
  readonly modbusB?: number | undefined;
  readonly mqtt?: number | undefined;
  readonly opcua?: number | undefined;
  /** Uses this broker instead of starting one: `mqtt://127.0.0.1:1883`. */
  readonly broker?: string | undefined;
  /** Sparkplug host that the packaging waits for, and leaves with. Absent: it speaks to whoever listens. */
  readonly primaryHost?: string | undefined;
  /** Starts only these; the others are not there, and their ports are 0. Absent: all. */
  readonly devices?: readonly DeviceName[] | undefined;
  /** Seed of all noise. Default 1. */
  readonly seed?: number | undefined;
  /** Whether people change products and stop a line now and then. Default true. */
  readonly people?: boolean | undefined;
  /** Seconds of the process in one second of the clock. Default 1. */
  readonly speed?: number | undefined;
  /** Delay of a slow device. Default 3000. */
  readonly slowMs?: number | undefined;
  /** How long a restarting device is away, and how long it then stays. Default 4000 and 20000. */
  readonly restartDownMs?: number | undefined;
  readonly restartEveryMs?: number | undefined;
  /** Where the OPC UA server keeps its certificate from one start to the next. Absent: it makes one for this run. */
  readonly dir?: string | undefined;
}

/** A running plant. Disposing it ends all of its processes. */
export interface Plant extends AsyncDisposable {
  /** Pumps: units 1–3 are the pump stations, 11–13 their energy meters. */
  readonly modbusA: { readonly host: string; readonly port: number };
  /** Bottling: units 1–3 are the fillers. */
  readonly modbusB: { readonly host: string; readonly port: number };
  /** The broker; the Sparkplug node `packaging` speaks there too. */
  readonly mqttUrl: string;
  /** Utilities: plain and secured endpoints at one address. The fingerprint is SHA-256 of its certificate, hex. */
  readonly opcua: { readonly url: string; readonly fingerprint: string };
  /** The truth behind the instruments. */
  readonly lines: readonly Line[];
  readonly utilities: Utilities;
  readonly packaging: Packaging;
  /** Process ids of the devices; undefined while one is down. */
  readonly pids: { readonly [device in DeviceName]: number | undefined };
  faults(): readonly FaultState[];
  /** @throws Fault `plant.unknown-fault`, `plant.unknown-place` */
  fault(name: string, on: boolean, target?: FaultTarget): FaultState;
  /**
   * What somebody at the panel of a line would do: starts, stops, set-points, the key switch.
   * @param line from 1
   * @throws Fault `plant.unknown-command`, `plant.out-of-limits`
   */
  set(line: number, values: Partial<Commands>): void;
}

/** How often the world moves on and tells its devices. */
const TICK_MS = 50;
/** Most that one tick makes up for: a machine that slept does not race through the night. */
const CATCH_UP_S = 2;

const PROCESS_FAULTS: { readonly [name in FaultName]?: ProcessFault } = {
  'worn-bearing': 'wornBearing',
  'stuck-sensor': 'stuckSensor',
  cavitation: 'cavitation',
  'sticking-valve': 'stickingValve',
  leak: 'leak',
};

/** How many ticks lie between two looks at the utilities and the packaging, which move slowly. */
const SLOW_TICKS = 5;

type Devices = { readonly [name in DeviceName]: SupervisedDevice };

/** Starts the plant: physics in this process, each device in one of its own. @throws Fault `plant.device-failed` */
export async function startPlant(options: PlantOptions = {}): Promise<Plant> {
  const world = createWorld(options.seed ?? 1, options.people ?? true);
  const temporary = options.dir === undefined ? await mkdtemp(join(tmpdir(), 'holdfast-plant-')) : undefined;
  const removeDir = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    const devices = await startDevices(
      { ...options, dir: options.dir ?? temporary },
      world,
      temporary !== undefined,
    );
    const stop = runWorld(world, devices, options.speed ?? 1);
    return plantOf(world, devices, options.broker, async () => {
      stop();
      await Promise.all(Object.values(devices).map((device) => device[Symbol.asyncDispose]()));
      await removeDir();
    });
  } catch (error) {
    await removeDir();
    throw error;
  }
}

/** All at once, but for the node that needs to know where the broker is. */
async function startDevices(options: PlantOptions, world: World, dirEndsWithUs: boolean): Promise<Devices> {
  const wanted = new Set(options.devices ?? DEVICES);
  const start = async (name: DeviceName, broker = options.broker) => {
    if (!wanted.has(name)) return ABSENT;
    return await superviseDevice({
      program: new URL(PROGRAMS[name], import.meta.url),
      start: {
        name,
        ...portOf(name, options),
        broker,
        primaryHost: options.primaryHost,
        slowMs: options.slowMs ?? 3000,
        dir: options.dir,
        dirEndsWithUs,
      },
      inBackground: name === 'packaging',
      restart: { downMs: options.restartDownMs ?? 4000, everyMs: options.restartEveryMs ?? 20_000 },
      onCommand: (section, what, value) => give(world, name, section, what, value),
    });
  };
  const sensors = start('sensors');
  const starting = {
    pumps: start('pumps'),
    bottling: start('bottling'),
    sensors,
    utilities: start('utilities'),
    packaging: sensors.then((device) => start('packaging', brokerUrl(device, options.broker))),
  };
  const started = await Promise.allSettled(Object.values(starting));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    const devices = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
    throw failed.reason;
  }
  const names = Object.keys(starting) as DeviceName[];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await starting[name]])),
  ) as Devices;
}

const PROGRAMS: { readonly [name in DeviceName]: string } = {
  pumps: './modbus/device.ts',
  bottling: './modbus/device.ts',
  sensors: './mqtt/device.ts',
  utilities: './opcua/device.ts',
  packaging: './sparkplug/device.ts',
};

/** The packaging listens nowhere. */
function portOf(
  name: DeviceName,
  options: PlantOptions,
): { readonly port: number; readonly orFree: boolean } {
  if (name === 'packaging') return { port: 0, orFree: true };
  const key = ({ pumps: 'modbusA', bottling: 'modbusB', sensors: 'mqtt', utilities: 'opcua' } as const)[name];
  return { port: options[key] ?? DEFAULT_PORTS[key], orFree: options[key] === undefined };
}

const brokerUrl = (sensors: SupervisedDevice, broker: string | undefined): string =>
  broker ?? `mqtt://127.0.0.1:${sensors.port}`;

/** What a device was told to do, by the part of the plant that it belongs to. */
function give(
  world: World,
  device: DeviceName,
  section: number,
  what: string,
  value: number | boolean,
): void {
  if (device === 'utilities') utilityCommand(world.utilities, what as UtilityCommand, value, Date.now());
  else if (device === 'packaging') packagingCommand(world.packaging, what as PackagingCommand, value);
  else command(lineOf(world, section), what as CommandName, value);
}

function runWorld(world: World, devices: Devices, speed: number): () => void {
  let tick = 0;
  const tell = () => {
    const lines = world.measure();
    for (const name of ['pumps', 'bottling', 'sensors'] as const) devices[name].signals(lines);
    if (tick++ % SLOW_TICKS !== 0) return;
    devices.utilities.signals([world.measureUtilities()]);
    devices.packaging.signals([world.measurePackaging()]);
  };
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    world.step(Math.min((now - last) / 1000, CATCH_UP_S) * speed);
    last = now;
    tell();
  }, TICK_MS);
  tell();
  return () => clearInterval(timer);
}

function plantOf(
  world: World,
  devices: Devices,
  broker: string | undefined,
  dispose: () => Promise<void>,
): Plant {
  const active = new Set<string>();
  return {
    modbusA: { host: '127.0.0.1', port: devices.pumps.port },
    modbusB: { host: '127.0.0.1', port: devices.bottling.port },
    mqttUrl: brokerUrl(devices.sensors, broker),
    opcua: {
      url: `opc.tcp://127.0.0.1:${devices.utilities.port}`,
      fingerprint: devices.utilities.fingerprint ?? '',
    },
    lines: world.lines,
    utilities: world.utilities,
    packaging: world.packaging,
    get pids() {
      const pids = Object.entries(devices).map(([name, { pid }]) => [name, pid]);
      return Object.fromEntries(pids) as Plant['pids'];
    },
    faults: () => everyPlace().map((place) => stateOf(place, active)),
    fault(name, on, target = {}) {
      const place = placeOf(name, target, LINES);
      if ('line' in place) setProcessFault(lineOf(world, place.line), place, on);
      else setDeviceFault(devices[place.device], place.fault, on);
      if (on) active.add(keyOf(place));
      else active.delete(keyOf(place));
      return stateOf(place, active);
    },
    set(line, values) {
      for (const [name, value] of checkedCommands(line, values)) command(lineOf(world, line), name, value);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function setProcessFault(line: Line, { fault, overS }: LinePlace, on: boolean): void {
  const key = PROCESS_FAULTS[fault];
  if (key) line.faults[key] = on;
  if (fault === 'worn-bearing') line.faults.wearOverS = overS ?? WEAR_S;
}

function setDeviceFault(device: SupervisedDevice, fault: FaultName, on: boolean): void {
  if (fault === 'device-restarting') device.restarting(on);
  else device.fault(fault as Parameters<SupervisedDevice['fault']>[0], on);
}

const keyOf = (place: Place): string => `${place.fault} ${placeText(place)}`;
const placeText = (place: Place): string => ('line' in place ? `line ${place.line}` : place.device);

const stateOf = (place: Place, active: ReadonlySet<string>): FaultState => ({
  name: place.fault,
  place: placeText(place),
  on: active.has(keyOf(place)),
  description: FAULTS[place.fault].description,
});

function everyPlace(): Place[] {
  return (Object.keys(FAULTS) as FaultName[]).flatMap((fault): Place[] => {
    const entry = FAULTS[fault];
    if (entry.where === 'device') return entry.devices.map((device) => ({ fault, device }));
    return Array.from({ length: LINES }, (_, i) => ({ fault, line: i + 1 }));
  });
}

const lineOf = (world: World, line: number): Line => world.lines[line - 1] as Line;
