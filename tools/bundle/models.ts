import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

/** Systems that a release can carry the runtime of models for. */
export const MODEL_SYSTEMS = ['linux-x64', 'linux-arm64'] as const;
export type ModelSystem = (typeof MODEL_SYSTEMS)[number];

const RUNTIME = 'onnxruntime-node';
const PACKAGES = [RUNTIME, 'onnxruntime-common'];
/** What nothing loads: types, source maps, sources, what npm would run, the form of the common part for other importers. */
const IDLE = /\.d\.ts$|\.map$|\/(?:lib|script|esm)$/;

/**
 * Puts what runs models (ONNX) beside a bundle, with the machine code of one system: npm brings that of all of them.
 * @param modules folder of the installed packages
 * @throws Error where the package is not installed
 */
export async function bringModels(modules: string, outDir: string, system: ModelSystem): Promise<void> {
  const native = join(RUNTIME, 'bin', 'napi-v6', ...system.split('-'));
  if (!existsSync(join(modules, native)))
    throw new Error(`${RUNTIME} is not installed with its machine code for ${system}: run npm ci`);
  for (const name of PACKAGES) {
    const from = join(modules, name);
    const filter = (path: string): boolean =>
      !IDLE.test(path.slice(from.length)) && path !== join(from, 'bin');
    await cp(from, join(outDir, 'node_modules', name), { recursive: true, filter });
  }
  await cp(join(modules, native), join(outDir, 'node_modules', native), { recursive: true });
}
