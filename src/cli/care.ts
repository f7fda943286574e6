import { type Command, Option } from 'commander';

/** Commands that look after the box: backup, restore, what helpers need. */
export function addCare(holdfast: Command, dataOption: () => Option, jsonOption: () => Option): void {
  const passphrase = () =>
    new Option(
      '--passphrase-file <file>',
      'file that holds the passphrase of the keys (else $HOLDFAST_PASSPHRASE)',
    );
  holdfast
    .command('backup')
    .description('make one file of a site, running or stopped: configuration, trust, state, audit')
    .requiredOption('--out <file>', 'the archive; replaced as a whole where there is one')
    .option('--site <file>', 'site file, where the journal does not remember the one that ran last')
    .option('--with-keys', 'private keys too, sealed by a passphrase; a replacement does not need them')
    .option('--with-samples', 'the samples in the journal too')
    .addOption(passphrase())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/backup.ts')).backup(options));
  holdfast
    .command('restore')
    .argument('[file]', 'archive that `holdfast backup` has made')
    .description('put a site into an empty data folder')
    .option('--data <dir>', 'folder for the site: empty, or not there')
    .option('--as-replacement', 'this box takes the place of the one that the backup was made of')
    .option('--checked', 'tell a running site that somebody has looked at what may be old')
    .addOption(passphrase())
    .addOption(jsonOption())
    .action(async (file, options) => (await import('#cli/restore.ts')).restore(file, options));
  holdfast
    .command('support')
    .description('collect what a helper needs in one file, without any secret')
    .requiredOption('--out <file>', 'the bundle, a .tar.gz')
    .option('--site <file>', 'site file, where the journal does not remember one')
    .option('--log <file>', 'log of the site, of which the end is taken')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/support.ts')).support(options));
}
