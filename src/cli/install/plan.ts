import { posix } from 'node:path';
import { openrcScript } from '#cli/install/openrc.ts';
import type { ServiceSettings } from '#cli/install/settings.ts';
import { systemdUnit } from '#cli/install/systemd.ts';

/** One thing to do, described so that it can be shown or done. Paths are those of the machine that will run the service. */
export type Step =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  /** Replaces the program as a whole, the previous one going only when the new one is there. */
  | { readonly kind: 'program'; readonly from: string; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** `mayFail`: what it brings about may be so already. */
  | { readonly kind: 'run'; readonly command: readonly string[]; readonly mayFail?: boolean }
  | { readonly kind: 'say'; readonly text: string };

export type Init = 'systemd' | 'openrc';

/** What has been found on the machine, or in the folder that becomes one. */
export interface Facts {
  /** Which init starts the service; undefined when none is known. */
  readonly init: Init | undefined;
  /** Nothing runs there: an image in a folder. Users and services are prepared in files instead of by commands. */
  readonly image: boolean;
  readonly userExists: boolean;
  /** `useradd` is there; otherwise `adduser` of busybox. */
  readonly hasUseradd: boolean;
  readonly siteExists: boolean;
  /** What lies at the program's place has been copied there by an installation. */
  readonly programIsCopy: boolean;
}

export interface Wanted {
  readonly settings: ServiceSettings;
  /** Folder that the program is copied from; the same as `settings.program`: it stays where it is. */
  readonly from: string;
  /** Text for the site file, when there is none yet. */
  readonly siteText?: string;
  readonly start: boolean;
}

const unitPath = '/etc/systemd/system/holdfast.service';
const wantsPath = '/etc/systemd/system/multi-user.target.wants/holdfast.service';
const scriptPath = '/etc/init.d/holdfast';
const runlevelPath = '/etc/runlevels/default/holdfast';
const sysusersPath = '/etc/sysusers.d/holdfast.conf';
const tmpfilesPath = '/etc/tmpfiles.d/holdfast.conf';
const commandPath = '/usr/local/bin/holdfast';

/** Everything that an installation does, in order. Doing it twice changes nothing the second time. */
export function installPlan(wanted: Wanted, facts: Facts): Step[] {
  const { settings, from, start } = wanted;
  const program: Step[] =
    from === settings.program ? [] : [{ kind: 'program', from, path: settings.program }];
  return [
    ...userSteps(settings, facts),
    ...program,
    { kind: 'link', path: commandPath, to: `${settings.program}/holdfast` },
    ...folderSteps(wanted, facts),
    ...serviceSteps(settings, facts),
    ...enableSteps(facts, start),
  ];
}

function userSteps({ user, data, site }: ServiceSettings, facts: Facts): Step[] {
  if (facts.image) return imageUserSteps(user, data, site, facts);
  if (facts.userExists) return [];
  const home = facts.hasUseradd ? ['--home-dir', data] : ['-h', data];
  if (facts.hasUseradd)
    return [
      run(
        'useradd',
        '--system',
        '--user-group',
        '--no-create-home',
        ...home,
        '--shell',
        '/usr/sbin/nologin',
        user,
      ),
    ];
  return [
    run('addgroup', '-S', user),
    run('adduser', '-S', '-D', '-H', ...home, '-s', '/sbin/nologin', '-G', user, user),
  ];
}

function imageUserSteps(user: string, data: string, site: string, { init }: Facts): Step[] {
  if (init === 'openrc')
    return [
      say(
        `Create the system user ${user} in the image: addgroup -S ${user}; adduser -S -D -H -G ${user} ${user}`,
      ),
    ];
  const owners = `d ${posix.dirname(site)} 0750 root ${user}\nz ${site} 0640 root ${user}\nd ${data} 0750 ${user} ${user}\n`;
  return [
    { kind: 'file', path: sysusersPath, mode: 0o644, text: `u ${user} - "Holdfast edge" ${data}\n` },
    { kind: 'file', path: tmpfilesPath, mode: 0o644, text: owners },
  ];
}

function folderSteps({ settings: { user, site, data }, siteText }: Wanted, facts: Facts): Step[] {
  const owner = (who: string, path: string): Step[] => (facts.image ? [] : [run('chown', who, path)]);
  const text = facts.siteExists ? undefined : siteText;
  const folder = posix.dirname(site);
  return [
    { kind: 'folder', path: folder, mode: 0o750 },
    ...owner(`root:${user}`, folder),
    ...(text === undefined ? [] : [{ kind: 'file', path: site, mode: 0o640, text } as const]),
    ...owner(`root:${user}`, site),
    { kind: 'folder', path: data, mode: 0o750 },
    ...owner(`${user}:${user}`, data),
  ];
}

function serviceSteps(settings: ServiceSettings, { init }: Facts): Step[] {
  if (init === 'openrc')
    return [{ kind: 'file', path: scriptPath, mode: 0o755, text: openrcScript(settings) }];
  return [{ kind: 'file', path: unitPath, mode: 0o644, text: systemdUnit(settings) }];
}

function enableSteps({ init, image }: Facts, start: boolean): Step[] {
  if (init === undefined)
    return [
      say(
        `Neither systemd nor OpenRC runs here. The unit is written; let your init run its ExecStart as its User.`,
      ),
    ];
  if (init === 'openrc') {
    if (image) return [{ kind: 'link', path: runlevelPath, to: scriptPath }];
    const restart = run('rc-service', 'holdfast', 'restart');
    return [run('rc-update', 'add', 'holdfast', 'default'), ...(start ? [restart] : [])];
  }
  if (image) return [{ kind: 'link', path: wantsPath, to: unitPath }];
  const restart = run('systemctl', 'restart', 'holdfast.service');
  return [
    run('systemctl', 'daemon-reload'),
    run('systemctl', 'enable', 'holdfast.service'),
    ...(start ? [restart] : []),
  ];
}

/** Takes away the service and the copied program; what the site has kept stays, and so does its user, who owns it. */
export function uninstallPlan({ user, program, site, data }: ServiceSettings, facts: Facts): Step[] {
  const files = [unitPath, wantsPath, scriptPath, runlevelPath, sysusersPath, tmpfilesPath, commandPath];
  if (facts.programIsCopy) files.push(program);
  return [
    ...disableSteps(facts),
    ...files.map((path): Step => ({ kind: 'remove', path })),
    ...(!facts.image && facts.init === 'systemd' ? [run('systemctl', 'daemon-reload')] : []),
    say(
      `Kept: ${data}, ${posix.dirname(site)} and the user ${user}. To remove these too: rm -r ${data} ${posix.dirname(site)}; userdel ${user}`,
    ),
  ];
}

function disableSteps({ init, image }: Facts): Step[] {
  if (image || init === undefined) return [];
  if (init === 'systemd')
    return [{ ...run('systemctl', 'disable', '--now', 'holdfast.service'), mayFail: true }];
  return [
    { ...run('rc-service', 'holdfast', 'stop'), mayFail: true },
    { ...run('rc-update', 'del', 'holdfast', 'default'), mayFail: true },
  ];
}

const run = (...command: string[]) => ({ kind: 'run', command }) as const;
const say = (text: string) => ({ kind: 'say', text }) as const;
