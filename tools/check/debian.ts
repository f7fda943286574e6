import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { runChild } from './child.ts';
import { tail } from './test-run.ts';

const limitMs = 10 * 60_000;

/** The names in `scripts/packages.txt`. */
export function namesIn(list: string): string[] {
  const lines = readFileSync(list, 'utf8').split('\n');
  return lines.flatMap((line) => /^[a-z0-9][a-z0-9+.-]*/.exec(line)?.[0] ?? []);
}

function missingOf(names: readonly string[]): string[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own notation
  const format = '-f=${Package} ${db:Status-Status}\n';
  const { stdout } = spawnSync('dpkg-query', ['-W', format, ...names], {
    encoding: 'utf8',
  });
  const here = new Set(stdout.split('\n').filter((line) => line.endsWith(' installed')));
  return names.filter((name) => !here.has(`${name} installed`));
}

const asRoot = (): readonly string[] | undefined => {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
};

/** Installs the Debian packages that are missing; never fails, as tests that miss one say so themselves. Returns what to print. */
export async function installPackages(list: string): Promise<readonly string[]> {
  const names = namesIn(list);
  if (!existsSync('/usr/bin/dpkg-query'))
    return [`no Debian here; tests skip what they miss of: ${names.join(', ')}`];
  const missing = missingOf(names);
  if (missing.length === 0) return [];
  const how = asRoot();
  const command = `apt-get install ${missing.join(' ')}`;
  if (how === undefined)
    return [
      `missing, and this is neither root nor sudo without a password; tests that need them skip. As root: ${command}`,
    ];
  process.stderr.write(`installing Debian packages: ${missing.join(' ')}\n`);
  const update = await apt(how, ['update']);
  const install = await apt(how, ['install', '-y', '--no-install-recommends', ...missing]);
  const left = missingOf(missing);
  if (left.length === 0) return [`installed ${missing.join(' ')}`];
  return [
    `could not install ${left.join(' ')}; tests that need them skip`,
    ...tail(`${update}\n${install}`, 15),
  ];
}

async function apt(how: readonly string[], args: readonly string[]): Promise<string> {
  const settings = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=120',
  ];
  const [command = 'env', ...rest] = [...how, ...settings, ...args];
  return (await runChild(command, rest, limitMs)).output;
}
