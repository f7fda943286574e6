import { type SupervisedDevice, superviseDevice } from '#plant/devices/supervise.ts';
import {
  type DeviceName,
  FAULTS,
  type FaultName,
  type FaultState,
  type FaultTarget,
  type Place,
  placeOf,
} from '#plant/faults.ts';
import { checkedCommands } from '#plant/physics/commands.ts';
import { type Commands, command, type Line, type ProcessFaults } from '#plant/physics/line.ts';
import { createWorld, LINES, type World } from '#plant/physics/world.ts';

/** Ports of the demo. Where one is taken, a free one is used instead; `plant.json` says which. */
export const DEFAULT_PORTS = { modbusA: 15_020, modbusB: 15_021, mqtt: 18_830 } as const;

export interface PlantOptions {
  /** Absent: the port of the demo, or a free one when that is taken. 0: any free one. */
  readonly modbusA?: number | undefined;
  readonly modbusB?: number | undefined;
  readonly mqtt?: number | undefined;
  /** Uses this broker instead of starting one: `mqtt://127.0.0.1:1883`. */
  readonly broker?: string | undefined;
  /** Seed of all noise. Default 1. */
  readonly seed?: number | undefined;
  /** Seconds of the process in one second of the clock. Default 1. */
  readonly speed?: number | undefined;
  /** Delay of a slow device. Default 3000. */
  readonly slowMs?: number | undefined;
  /** How long a restarting device is away, and how long it then stays. Default 4000 and 20000. */
  readonly restartDownMs?: number | undefined;
  readonly restartEveryMs?: number | undefined;
}

/** A running plant. Disposing it ends all of its processes. */
export interface Plant extends AsyncDisposable {
  /** Pumps: units 1–3 are the pump stations, 11–13 their energy meters. */
  readonly modbusA: { readonly host: string; readonly port: number };
  /** Bottling: units 1–3 are the fillers. */
  readonly modbusB: { readonly host: string; readonly port: number };
  readonly mqttUrl: string;
  /** The truth behind the instruments. */
  readonly lines: readonly Line[];
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

const PROCESS_FAULTS: { readonly [name in FaultName]?: keyof ProcessFaults } = {
  'worn-bearing': 'wornBearing',
  'stuck-sensor': 'stuckSensor',
  cavitation: 'cavitation',
};

/** Starts the plant: physics in this process, each device in one of its own. @throws Fault `plant.device-failed` */
export async function startPlant(options: PlantOptions = {}): Promise<Plant> {
  const world = createWorld(options.seed ?? 1);
  const started = await Promise.allSettled([
    deviceOf('pumps', options, world),
    deviceOf('bottling', options, world),
    deviceOf('sensors', options, world),
  ]);
  const devices = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [pumps, bottling, sensors] = devices;
  if (!pumps || !bottling || !sensors) {
    await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
    throw started.find((one) => one.status === 'rejected')?.reason;
  }
  const stop = runWorld(world, devices, options.speed ?? 1);
  return plantOf(world, { pumps, bottling, sensors }, stop, options.broker);
}

function deviceOf(name: DeviceName, options: PlantOptions, world: World): Promise<SupervisedDevice> {
  const key = ({ pumps: 'modbusA', bottling: 'modbusB', sensors: 'mqtt' } as const)[name];
  const program = name === 'sensors' ? './mqtt/device.ts' : './modbus/device.ts';
  return superviseDevice({
    program: new URL(program, import.meta.url),
    start: {
      name,
      port: options[key] ?? DEFAULT_PORTS[key],
      orFree: options[key] === undefined,
      broker: options.broker,
      slowMs: options.slowMs ?? 3000,
    },
    restart: { downMs: options.restartDownMs ?? 4000, everyMs: options.restartEveryMs ?? 20_000 },
    onCommand: (line, what, value) => command(lineOf(world, line), what, value),
  });
}

function runWorld(world: World, devices: readonly SupervisedDevice[], speed: number): () => void {
  const tell = () => {
    const lines = world.measure();
    for (const device of devices) device.signals(lines);
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
  devices: { readonly [name in DeviceName]: SupervisedDevice },
  stop: () => void,
  broker: string | undefined,
): Plant {
  const active = new Set<string>();
  const all = Object.values(devices);
  return {
    modbusA: { host: '127.0.0.1', port: devices.pumps.port },
    modbusB: { host: '127.0.0.1', port: devices.bottling.port },
    mqttUrl: broker ?? `mqtt://127.0.0.1:${devices.sensors.port}`,
    lines: world.lines,
    get pids() {
      return { pumps: devices.pumps.pid, bottling: devices.bottling.pid, sensors: devices.sensors.pid };
    },
    faults: () => everyPlace().map((place) => stateOf(place, active)),
    fault(name, on, target = {}) {
      const place = placeOf(name, target, LINES);
      if (on) active.add(keyOf(place));
      else active.delete(keyOf(place));
      if ('line' in place) setProcessFault(lineOf(world, place.line), place.fault, on);
      else setDeviceFault(devices[place.device], place.fault, on);
      return stateOf(place, active);
    },
    set(line, values) {
      for (const [name, value] of checkedCommands(line, values)) command(lineOf(world, line), name, value);
    },
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.all(all.map((device) => device[Symbol.asyncDispose]()));
    },
  };
}

function setProcessFault(line: Line, fault: FaultName, on: boolean): void {
  const key = PROCESS_FAULTS[fault];
  if (key) line.faults[key] = on;
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
