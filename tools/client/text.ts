import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fleetApi } from '#contract/fleet/openapi.ts';
import { openApi } from '#contract/routes/openapi.ts';
import { clientOf } from './generate.ts';

const root = new URL('../../', import.meta.url);

/** The generated clients: where each lies, and as it should be now, formatted as all our code is. */
export async function clients(): Promise<readonly { readonly file: URL; readonly text: string }[]> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  const site = clientOf(openApi(version), { name: 'SiteApi', about: 'Everything that a site can be asked.' });
  const fleet = clientOf(fleetApi(version), {
    name: 'FleetApi',
    about: 'Everything that a hub can be asked about its fleet.',
    shared: './client.ts',
  });
  return await Promise.all([formatted('client.ts', site), formatted('fleet-client.ts', fleet)]);
}

async function formatted(name: string, text: string) {
  const path = `src/contract/${name}`;
  return { file: new URL(path, root), text: await biomeFormatted(path, text) };
}

function biomeFormatted(path: string, text: string): Promise<string> {
  const biome = fileURLToPath(new URL('node_modules/@biomejs/biome/bin/biome', root));
  const args = [biome, 'format', `--stdin-file-path=${path}`];
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd: fileURLToPath(root) }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(text);
  });
}
