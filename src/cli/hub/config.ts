import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type HubFile, readHubFile } from '#contract/hub-file.ts';
import { formatProblem } from '#contract/load.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** Settings of a hub, its paths from the folder of the file. @throws Fault `hub.usage` with all that is wrong */
export async function hubConfig(path: string): Promise<HubFile> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new Fault('hub.usage', `--config ${path} cannot be read: ${messageOf(error)}`, {
      retry: 'never',
      cause: error,
    });
  });
  const { settings, problems } = readHubFile(text);
  if (settings) return fromFolder(settings, dirname(resolve(path))) as HubFile;
  const lines = problems.map((problem) => formatProblem(path, problem));
  throw new Fault('hub.usage', lines.join('\n'), { retry: 'never', hint: 'docs/scale.md has an example' });
}

function fromFolder(value: unknown, folder: string, key = ''): unknown {
  if (typeof value === 'string') return key.endsWith('File') ? resolve(folder, value) : value;
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, fromFolder(one, folder, name)]),
  );
}
