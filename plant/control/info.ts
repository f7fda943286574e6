import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ControlServer } from '#plant/control/server.ts';
import type { Plant } from '#plant/plant.ts';

export const PLANT_FILE = 'plant.json';

/** What `plant.json` says of a running plant. The token lets its reader break things: mode 0600. */
export interface PlantInfo {
  readonly pid: number;
  readonly modbusA: { readonly host: string; readonly port: number };
  readonly modbusB: { readonly host: string; readonly port: number };
  readonly mqttUrl: string;
  readonly opcua: { readonly url: string; readonly fingerprint: string };
  /** Base URL of the control. */
  readonly control: string;
  readonly token: string;
}

/** Where the plant is found when nobody names a folder, so that two terminals agree. */
export const defaultPlantDir = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'holdfast', 'plant');

/** Writes `plant.json` whole or not at all. */
export async function writeInfo(dir: string, plant: Plant, control: ControlServer): Promise<PlantInfo> {
  const { modbusA, modbusB, mqttUrl, opcua } = plant;
  const info = {
    pid: process.pid,
    modbusA,
    modbusB,
    mqttUrl,
    opcua,
    control: control.url,
    token: control.token,
  };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `.${PLANT_FILE}.${process.pid}`);
  await writeFile(draft, `${JSON.stringify(info, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, join(dir, PLANT_FILE));
  return info;
}

export const removeInfo = (dir: string): Promise<void> => rm(join(dir, PLANT_FILE), { force: true });
