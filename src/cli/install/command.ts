import { Argument, type Command, Option } from 'commander';
import { Fault } from '#kernel/fault.ts';
import type { InstallOptions } from './install.ts';

const shared = (command: Command): Command =>
  command
    .addArgument(
      new Argument('[part]', 'the site of this machine, or the hub of a fleet')
        .choices(['edge', 'hub'])
        .default('edge'),
    )
    .option(
      '--data <dir>',
      'folder for everything that is kept (default: /var/lib/holdfast, /var/lib/holdfast-hub)',
    )
    .option('--program <dir>', 'where the program lies', '/opt/holdfast')
    .option('--user <name>', 'system user of the service (default: holdfast, holdfast-hub)')
    .option('--root <dir>', 'folder of an image to work on, instead of this machine', '/')
    .addOption(new Option('--init <init>', 'instead of the one that is found').choices(['systemd', 'openrc']))
    .option('--dry-run', 'only print what would be done', false)
    .addOption(new Option('--json', 'print JSON, for programs'));

type Options = Omit<InstallOptions, 'part' | 'config'> & { readonly site?: string; readonly config?: string };

/** The service that starts the site, or the hub, at boot. */
export function addInstall(holdfast: Command): void {
  shared(holdfast.command('install'))
    .description('install the service that starts the site, or the hub, at boot')
    .option('--site <file>', 'site file to start from; one that is installed already stays')
    .option('--config <hub.yaml>', 'of a hub: settings to start from; those that are installed already stay')
    .option('--name <name...>', 'of a hub: names and addresses that it is reached by')
    .option('--port <port>', 'of a hub: its one port (default: 8443)')
    .option('--memory-max <bytes>', 'hard limit on memory, such as 256M')
    .option('--no-start', 'do not start it now')
    .action(async (part, options) => (await import('#cli/install/run.ts')).runInstall(wanted(part, options)));
  shared(holdfast.command('uninstall'))
    .description('remove the service and the program; configuration and data stay')
    .action(async (part, options) =>
      (await import('#cli/install/run.ts')).runUninstall({ ...options, part }),
    );
}

/** Of the options only those of the part: others would do nothing, in silence. */
function wanted(part: InstallOptions['part'], { site, ...options }: Options): InstallOptions {
  const foreign =
    part === 'hub' ? { site } : { config: options.config, name: options.name, port: options.port };
  const [wrong] = Object.entries(foreign).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (wrong !== undefined)
    throw new Fault('cli.usage', `--${wrong} is none of the ${part}`, {
      retry: 'never',
      hint: 'holdfast install --site site.yaml; holdfast install hub --name hub.example',
    });
  return part === 'hub'
    ? { ...options, part }
    : { ...options, part, ...(site !== undefined && { config: site }) };
}
