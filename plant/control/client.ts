import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#kernel/fault.ts';
import { PLANT_FILE, type PlantInfo } from '#plant/control/info.ts';
import type { FaultState, FaultTarget } from '#plant/faults.ts';
import type { Commands } from '#plant/physics/line.ts';

/** A plant that runs in another process of this machine. */
export interface PlantControl {
  readonly info: PlantInfo;
  faults(): Promise<readonly FaultState[]>;
  fault(name: string, on: boolean, target?: FaultTarget): Promise<FaultState>;
  set(line: number, values: Partial<Commands>): Promise<void>;
}

/**
 * Finds the plant that was started with this folder.
 * @throws Fault `plant.not-running`; the calls throw what the plant answers
 */
export async function plantControl(dir: string): Promise<PlantControl> {
  const info = await readInfo(dir);
  const call = (path: string, payload?: object) => ask(info, path, payload);
  return {
    info,
    faults: async () => (await call('/faults')) as readonly FaultState[],
    fault: async (name, on, target = {}) => (await call('/fault', { name, on, ...target })) as FaultState,
    set: async (line, values) => void (await call('/set', { line, values })),
  };
}

async function readInfo(dir: string): Promise<PlantInfo> {
  const file = join(dir, PLANT_FILE);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw notRunning(`there is no readable ${file}`, cause);
  }
}

async function ask({ control, token }: PlantInfo, path: string, payload?: object): Promise<unknown> {
  const reply = await fetch(control + path, {
    method: payload ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5000),
    ...(payload && { body: JSON.stringify(payload) }),
  }).catch((cause) => {
    throw notRunning(`the plant at ${control} does not answer`, cause);
  });
  const result = (await reply.json()) as { code: string; message: string; hint?: string };
  if (reply.ok) return result;
  throw new Fault(result.code, result.message, {
    retry: 'never',
    ...(result.hint !== undefined && { hint: result.hint }),
  });
}

function notRunning(message: string, cause: unknown): Fault {
  const hint = 'Start it with `holdfast plant` or `holdfast demo`, and name the same --dir.';
  return new Fault('plant.not-running', message, { hint, cause });
}
