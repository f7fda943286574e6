import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { MODEL_SYSTEMS } from './models.ts';

const HELP = `Usage: scripts/bundle [options] [folder]

make what a release carries: the command line and the site in a few files, the console beside them, in folder
(dist when absent); it is run with node FOLDER/main.js

  --models <system>  with what runs models (ONNX) there: ${MODEL_SYSTEMS.join(' or ')}
  --help
`;

/** @returns exit status */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { models: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const models = MODEL_SYSTEMS.find((system) => system === values.models);
  if (values.models !== undefined && models === undefined)
    throw new Error(`models can be carried for ${MODEL_SYSTEMS.join(' and ')}, not for ${values.models}`);
  await bundle(resolve(positionals[0] ?? 'dist'), { models });
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bundle: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
