import { parseArgs } from 'node:util';
import { Fault } from '#kernel/fault.ts';
import { plantControl } from '#plant/control/client.ts';
import { defaultPlantDir, removeInfo, writeInfo } from '#plant/control/info.ts';
import { serveControl } from '#plant/control/server.ts';
import { DEVICES, type DeviceName, type FaultState } from '#plant/faults.ts';
import { startPlant } from '#plant/plant.ts';

export { plantControl } from '#plant/control/client.ts';
export { defaultPlantDir, type PlantInfo } from '#plant/control/info.ts';
export { FAULTS } from '#plant/faults.ts';
export { DEFAULT_PORTS, type Plant, type PlantOptions, startPlant } from '#plant/plant.ts';
export { pumpingSiteFile, siteFileFor } from '#plant/site-file.ts';

export const PLANT_USAGE = `holdfast plant [--dir DIR] [--modbus-a PORT] [--modbus-b PORT] [--mqtt PORT] [--opcua PORT]
               [--broker URL] [--primary-host ID] [--speed N] [--seed N]
               [--only ${DEVICES.join(',')}]
holdfast plant faults [--dir DIR]
holdfast plant fault NAME [--off] [--line N] [--over 2m] [--device ${DEVICES.join('|')}] [--dir DIR]
`;

const OPTIONS = {
  dir: { type: 'string' },
  'modbus-a': { type: 'string' },
  'modbus-b': { type: 'string' },
  mqtt: { type: 'string' },
  opcua: { type: 'string' },
  broker: { type: 'string' },
  'primary-host': { type: 'string' },
  speed: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string' },
  off: { type: 'boolean' },
  line: { type: 'string' },
  over: { type: 'string' },
  device: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * `holdfast plant …`: runs the plant until told to stop, or speaks to one that runs.
 * @param args what follows `plant` on the command line
 * @returns exit status
 * @throws Fault with what is wrong and what to do
 */
export async function runPlant(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  const dir = values.dir ?? defaultPlantDir();
  const [verb, name] = positionals;
  if (values.help) say(PLANT_USAGE);
  else if (verb === undefined) await run(dir, values).finally(leaveParent);
  else if (verb === 'faults') list(await (await plantControl(dir)).faults());
  else if (verb === 'fault' && name !== undefined) {
    const target = {
      line: number('line', values.line),
      device: values.device,
      overS: seconds('over', values.over),
    };
    list([await (await plantControl(dir)).fault(name, !values.off, target)]);
  } else {
    throw new Fault('plant.usage', `the plant does not know "${positionals.join(' ')}"`, {
      hint: PLANT_USAGE,
    });
  }
  return 0;
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new Fault('plant.usage', (cause as Error).message, { retry: 'never', hint: PLANT_USAGE });
  }
}

async function run(dir: string, values: Values): Promise<void> {
  const stopped = whenToldToStop();
  await using plant = await startPlant({
    modbusA: number('modbus-a', values['modbus-a']),
    modbusB: number('modbus-b', values['modbus-b']),
    mqtt: number('mqtt', values.mqtt),
    opcua: number('opcua', values.opcua),
    dir,
    broker: values.broker,
    primaryHost: values['primary-host'],
    speed: number('speed', values.speed),
    seed: number('seed', values.seed),
    devices: values.only === undefined ? undefined : values.only.split(',').map(device),
  });
  await using control = await serveControl(plant);
  const info = await writeInfo(dir, plant, control);
  // A parent that forked us need not look for the file.
  process.send?.({ kind: 'plant', info });
  say(`plant runs: Modbus 127.0.0.1:${info.modbusA.port} and :${info.modbusB.port}, ${info.mqttUrl} (sensors, Sparkplug B)
            ${info.opcua.url}, certificate ${info.opcua.fingerprint}\n`);
  await stopped;
  await removeInfo(dir);
}

/** A channel to a parent keeps a process alive, also when there is nothing left to do. */
function leaveParent(): void {
  if (process.connected) process.disconnect?.();
}

/** Ctrl-C, a polite kill, or the death of a parent that holds a channel to us: all end the plant and its devices. */
function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    // Not `once`: a second Ctrl-C must not cut the tidying short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.once('disconnect', () => resolve());
  });
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Fault('plant.usage', `--${option} ${text}: not a number`, { retry: 'never', hint: PLANT_USAGE });
}

function seconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text) ?? [];
  if (count !== '') return Number(count) * (SECONDS[unit] as number);
  const message = `--${option} ${text}: no length of time, such as 90s, 2m or 8h`;
  throw new Fault('plant.usage', message, { retry: 'never', hint: PLANT_USAGE });
}

const SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 };

function device(name: string): DeviceName {
  const found = DEVICES.find((one) => one === name);
  if (found) return found;
  throw new Fault('plant.usage', `--only ${name}: no device`, { retry: 'never', hint: PLANT_USAGE });
}

function list(faults: readonly FaultState[]): void {
  for (const { name, place, on, description } of faults) {
    say(`${on ? 'on ' : 'off'}  ${name.padEnd(18)} ${place.padEnd(9)} ${description}\n`);
  }
}

function say(text: string): void {
  process.stdout.write(text);
}
