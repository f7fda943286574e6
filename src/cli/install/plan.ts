import { posix } from 'node:path';
import { openrcScript } from '#cli/install/openrc.ts';
import { configOf, type Part, type ServiceSettings, serviceName } from '#cli/install/settings.ts';
import { systemdUnit } from '#cli/install/systemd.ts';

/** One thing to do, described so that it can be shown or done. Paths are those of the machine that will run the service. */
export type Step =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  /** Replaces the program as a whole, the previous one going only when the new one is there. */
  | {
      readonly kind: 'program';
      readonly from: string;
      readonly path: string;
      /** With the PostgreSQL of a hub. */
      readonly withDatabase: boolean;
    }
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
  /** The site file, or that of the hub. */
  readonly configExists: boolean;
  /** What lies at the program's place has been copied there by an installation. */
  readonly programIsCopy: boolean;
  /** The other service is installed too, and runs the same program. */
  readonly hasOther: boolean;
}

export interface Wanted {
  readonly settings: ServiceSettings;
  /** Folder that the program is copied from; the same as `settings.program`: it stays where it is. */
  readonly from: string;
  /** Text for the configuration, when there is none yet. */
  readonly configText?: string;
  readonly start: boolean;
}

/** Where a service is told of, each init its own. */
export function servicePaths(part: Part) {
  const name = serviceName(part);
  return {
    unit: `/etc/systemd/system/${name}.service`,
    wants: `/etc/systemd/system/multi-user.target.wants/${name}.service`,
    script: `/etc/init.d/${name}`,
    runlevel: `/etc/runlevels/default/${name}`,
    sysusers: `/etc/sysusers.d/${name}.conf`,
    tmpfiles: `/etc/tmpfiles.d/${name}.conf`,
  };
}

const commandPath = '/usr/local/bin/holdfast';

/** Everything that an installation does, in order. Doing it twice changes nothing the second time. */
export function installPlan(wanted: Wanted, facts: Facts): Step[] {
  const { settings, from, start } = wanted;
  const program: Step[] =
    from === settings.program
      ? []
      : [
          {
            kind: 'program',
            from,
            path: settings.program,
            withDatabase: settings.part === 'hub' || facts.hasOther,
          },
        ];
  return [
    ...userSteps(settings, facts),
    ...program,
    { kind: 'link', path: commandPath, to: `${settings.program}/holdfast` },
    ...folderSteps(wanted, facts),
    ...serviceSteps(settings, facts),
    ...enableSteps(settings, facts, start),
  ];
}

function userSteps(settings: ServiceSettings, facts: Facts): Step[] {
  const { user, data } = settings;
  if (facts.image) return imageUserSteps(settings, facts);
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

function imageUserSteps(settings: ServiceSettings, { init }: Facts): Step[] {
  const { user, data, part } = settings;
  const config = configOf(settings);
  const paths = servicePaths(part);
  if (init === 'openrc')
    return [
      say(
        `Create the system user ${user} in the image: addgroup -S ${user}; adduser -S -D -H -G ${user} ${user}`,
      ),
    ];
  const owners = [
    `d ${posix.dirname(config)} 0750 root ${user}`,
    `z ${config} 0640 root ${user}`,
    ...secretsOf(settings).map(({ path, mode }) => `z ${path} ${mode} root ${user}`),
    `d ${data} 0750 ${user} ${user}\n`,
  ].join('\n');
  return [
    { kind: 'file', path: paths.sysusers, mode: 0o644, text: `u ${user} - "Holdfast ${part}" ${data}\n` },
    { kind: 'file', path: paths.tmpfiles, mode: 0o644, text: owners },
  ];
}

function folderSteps({ settings, configText }: Wanted, facts: Facts): Step[] {
  const { user, data } = settings;
  const owner = (who: string, path: string): Step[] => (facts.image ? [] : [run('chown', who, path)]);
  const text = facts.configExists ? undefined : configText;
  const config = configOf(settings);
  const folder = posix.dirname(config);
  const isThere = facts.configExists || text !== undefined;
  const secrets = facts.image ? [] : secretsOf(settings);
  return [
    { kind: 'folder', path: folder, mode: 0o750 },
    ...owner(`root:${user}`, folder),
    ...(text === undefined ? [] : [{ kind: 'file', path: config, mode: 0o640, text } as const]),
    ...(isThere ? owner(`root:${user}`, config) : []),
    ...secrets.flatMap(({ path, mode }) => [...owner(`root:${user}`, path), run('chmod', mode, path)]),
    { kind: 'folder', path: data, mode: 0o750 },
    ...owner(`${user}:${user}`, data),
  ];
}

/** What people have put beside the configuration: read by the service, written by root only. */
function secretsOf({
  hub,
  part,
}: ServiceSettings): readonly { readonly path: string; readonly mode: string }[] {
  const config = configOf({ part });
  const files = (hub?.files ?? []).filter((file) => file !== posix.basename(config));
  return files.map((file) => ({
    path: `${posix.dirname(config)}/${file}`,
    mode: file === 'signer' ? '0750' : '0640',
  }));
}

function serviceSteps(settings: ServiceSettings, { init }: Facts): Step[] {
  const { script, unit } = servicePaths(settings.part);
  if (init === 'openrc') return [{ kind: 'file', path: script, mode: 0o755, text: openrcScript(settings) }];
  return [{ kind: 'file', path: unit, mode: 0o644, text: systemdUnit(settings) }];
}

function enableSteps({ part }: ServiceSettings, { init, image }: Facts, start: boolean): Step[] {
  const name = serviceName(part);
  const paths = servicePaths(part);
  if (init === undefined)
    return [
      say(
        `Neither systemd nor OpenRC runs here. The unit is written; let your init run its ExecStart as its User.`,
      ),
    ];
  if (init === 'openrc') {
    if (image) return [{ kind: 'link', path: paths.runlevel, to: paths.script }];
    const restart = run('rc-service', name, 'restart');
    return [run('rc-update', 'add', name, 'default'), ...(start ? [restart] : [])];
  }
  if (image) return [{ kind: 'link', path: paths.wants, to: paths.unit }];
  const restart = run('systemctl', 'restart', `${name}.service`);
  return [
    run('systemctl', 'daemon-reload'),
    run('systemctl', 'enable', `${name}.service`),
    ...(start ? [restart] : []),
  ];
}

/** Takes away the service and the copied program; what it has kept stays, and so does its user, who owns it. */
export function uninstallPlan(settings: ServiceSettings, facts: Facts): Step[] {
  const { part, user, program, data } = settings;
  const folder = posix.dirname(configOf(settings));
  const files: string[] = Object.values(servicePaths(part));
  if (!facts.hasOther) files.push(commandPath, ...(facts.programIsCopy ? [program] : []));
  return [
    ...disableSteps(serviceName(part), facts),
    ...files.map((path): Step => ({ kind: 'remove', path })),
    ...(!facts.image && facts.init === 'systemd' ? [run('systemctl', 'daemon-reload')] : []),
    say(
      `Kept: ${data}, ${folder} and the user ${user}. To remove these too: rm -r ${data} ${folder}; userdel ${user}`,
    ),
  ];
}

function disableSteps(name: string, { init, image }: Facts): Step[] {
  if (image || init === undefined) return [];
  if (init === 'systemd')
    return [{ ...run('systemctl', 'disable', '--now', `${name}.service`), mayFail: true }];
  return [
    { ...run('rc-service', name, 'stop'), mayFail: true },
    { ...run('rc-update', 'del', name, 'default'), mayFail: true },
  ];
}

const run = (...command: string[]) => ({ kind: 'run', command }) as const;
const say = (text: string) => ({ kind: 'say', text }) as const;
