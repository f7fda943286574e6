import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Facts, type Init, servicePaths } from '#cli/install/plan.ts';
import { copyMark } from '#cli/install/program.ts';
import { configOf, HUB_FILES, type ServiceSettings } from '#cli/install/settings.ts';

/** Looks at the machine, or at the image beneath `root`. Changes nothing. */
export function findFacts(settings: ServiceSettings, root: string, init: Init | undefined): Facts {
  const image = root !== '/';
  const other = servicePaths(settings.part === 'edge' ? 'hub' : 'edge');
  const found = init ?? (image ? initOfImage(root) : initOfMachine());
  return {
    init: found,
    image,
    userExists: !image && spawnSync('id', [settings.user]).status === 0,
    hasUseradd: existsSync('/usr/sbin/useradd'),
    configExists: existsSync(join(root, configOf(settings))),
    programIsCopy: existsSync(join(root, settings.program, copyMark)),
    hasOther: [other.unit, other.script].some((path) => existsSync(join(root, path))),
  };
}

function initOfMachine(): Init | undefined {
  if (existsSync('/run/systemd/system')) return 'systemd';
  return existsSync('/run/openrc') ? 'openrc' : undefined;
}

const initOfImage = (root: string): Init =>
  existsSync(join(root, 'sbin/openrc-run')) ? 'openrc' : 'systemd';

/** Major version of this machine's systemd; undefined where there is none. */
export function systemdVersion(): number | undefined {
  const { stdout } = spawnSync('systemctl', ['--version'], { encoding: 'utf8' });
  const version = /^systemd (\d+)/.exec(stdout ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Of the files that a hub is told of, those that are there; its configuration too, or one that is given now. */
export function hubFiles(root: string, given: string | undefined): readonly string[] {
  const config = configOf({ part: 'hub' });
  const isThere = (name: string) => existsSync(join(root, dirname(config), name));
  const found = Object.keys(HUB_FILES).filter(isThere);
  const own = basename(config);
  return given !== undefined || isThere(own) ? [own, ...found] : found;
}

/** Text of the file to install. @throws errors of the file system */
export const readConfigText = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readFileSync(file, 'utf8');
