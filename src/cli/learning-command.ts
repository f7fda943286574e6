import type { Command, Option } from 'commander';

/** `holdfast learn`. */
export function addLearning(holdfast: Command, dataOption: () => Option, jsonOption: () => Option): void {
  holdfast
    .command('learn')
    .argument('<detector>', 'its id, as `holdfast detectors` shows it')
    .description('let a detector learn from a stated period of good running')
    .option(
      '--from <time>',
      'begin of good running: 2026-11-28T14:00 (of this machine unless it says a zone), or 2h for two hours ago',
    )
    .option('--to <time>', 'its end, the same', 'now')
    .option('--dry-run', 'say whether the period is fit to learn from, and keep nothing')
    .option('--force', 'learn of an unfit period too, as far as it teaches anything')
    .option('--why <reason>', 'kept in the audit')
    .option('--file <file>', 'take what the detector of an equal asset learned, instead of a period')
    .option('--save <file>', 'write what it goes on with as a file; by itself, or once it has learned')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (detector, options) => (await import('#cli/learn.ts')).learn(detector, options));
}
