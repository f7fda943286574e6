import { Command, Option } from 'commander';
import { printProblems } from '#cli/check.ts';
import { Exit } from '#cli/fail.ts';
import { type InstallOptions, install, uninstall } from '#cli/install/install.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const shared = (command: Command): Command =>
  command
    .option('--data <dir>', 'folder for everything the site keeps', '/var/lib/holdfast')
    .option('--program <dir>', 'where the program lies', '/opt/holdfast')
    .option('--user <name>', 'system user of the service', 'holdfast')
    .option('--root <dir>', 'folder of an image to work on, instead of this machine', '/')
    .addOption(new Option('--init <init>', 'instead of the one that is found').choices(['systemd', 'openrc']))
    .option('--dry-run', 'only print what would be done', false);

/** `holdfast install`: the service that starts the site at boot. */
export function installCommand(): Command {
  return shared(new Command('install'))
    .description('install the service that starts the site at boot')
    .option('--site <file>', 'site file to start from; one that is installed already stays')
    .option('--memory-max <bytes>', 'hard limit on memory, such as 256M')
    .option('--no-start', 'do not start it now')
    .action(async (options: InstallOptions) => {
      if (options.site !== undefined && !(await isValid(options.site))) {
        process.exitCode = Exit.invalid;
        return;
      }
      install(options, say);
    });
}

/** `holdfast uninstall`: removes service and program, keeps what the site has kept. */
export function uninstallCommand(): Command {
  return shared(new Command('uninstall'))
    .description('remove the service and the program; the data stays')
    .action((options: InstallOptions) => uninstall(options, say));
}

async function isValid(site: string): Promise<boolean> {
  const { readBlueprint } = await import('#edge/main.ts');
  const { blueprint, problems } = await readBlueprint(site);
  printProblems(site, problems, process.stderr);
  return blueprint !== undefined;
}
