import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openApi } from '#contract/routes/openapi.ts';
import { clientOf } from './generate.ts';

const root = new URL('../../', import.meta.url);

/** Where the generated client lies. */
export const CLIENT = new URL('src/contract/client.ts', root);

/** The client as it should be now, formatted as all our code is. */
export async function clientText(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  return await formatted(clientOf(openApi(version)));
}

function formatted(text: string): Promise<string> {
  const biome = fileURLToPath(new URL('node_modules/@biomejs/biome/bin/biome', root));
  const args = [biome, 'format', '--stdin-file-path=src/contract/client.ts'];
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd: fileURLToPath(root) }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(text);
  });
}
