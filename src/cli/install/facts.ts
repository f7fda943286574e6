import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts, Init } from '#cli/install/plan.ts';
import { copyMark } from '#cli/install/program.ts';
import type { ServiceSettings } from '#cli/install/settings.ts';

/** Looks at the machine, or at the image beneath `root`. Changes nothing. */
export function findFacts(settings: ServiceSettings, root: string, init: Init | undefined): Facts {
  const image = root !== '/';
  const found = init ?? (image ? initOfImage(root) : initOfMachine());
  return {
    init: found,
    image,
    userExists: !image && spawnSync('id', [settings.user]).status === 0,
    hasUseradd: existsSync('/usr/sbin/useradd'),
    siteExists: existsSync(join(root, settings.site)),
    programIsCopy: existsSync(join(root, settings.program, copyMark)),
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

/** Text of the site file to install. @throws errors of the file system */
export const readSiteText = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readFileSync(file, 'utf8');
