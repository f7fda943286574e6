import { type Command, Option } from 'commander';

const shared = (command: Command): Command =>
  command
    .option('--data <dir>', 'folder for everything the site keeps', '/var/lib/holdfast')
    .option('--program <dir>', 'where the program lies', '/opt/holdfast')
    .option('--user <name>', 'system user of the service', 'holdfast')
    .option('--root <dir>', 'folder of an image to work on, instead of this machine', '/')
    .addOption(new Option('--init <init>', 'instead of the one that is found').choices(['systemd', 'openrc']))
    .option('--dry-run', 'only print what would be done', false)
    .addOption(new Option('--json', 'print JSON, for programs'));

/** The service that starts the site at boot. */
export function addInstall(holdfast: Command): void {
  shared(holdfast.command('install'))
    .description('install the service that starts the site at boot')
    .option('--site <file>', 'site file to start from; one that is installed already stays')
    .option('--memory-max <bytes>', 'hard limit on memory, such as 256M')
    .option('--no-start', 'do not start it now')
    .action(async (options) => (await import('#cli/install/run.ts')).runInstall(options));
  shared(holdfast.command('uninstall'))
    .description('remove the service and the program; site file and data stay')
    .action(async (options) => (await import('#cli/install/run.ts')).runUninstall(options));
}
