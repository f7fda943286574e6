import { type Command, Option } from 'commander';
import type { Filter } from '#cli/rows.ts';

const dataOption = () => new Option('--data <dir>', 'data folder of the site, running or stopped');
const jsonOption = () => new Option('--json', 'print JSON, for programs');

interface Given {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly limit?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Lists of what a site has, running or stopped, with what narrows them down. */
export function addLists(holdfast: Command): void {
  common(holdfast.command('tags'))
    .argument('[prefix]', 'only tags whose path begins so')
    .option('--tree', 'areas, lines, assets and signals as a tree')
    .option('--search <text>', 'only where path or description hold this')
    .description('list the tags of a site with their values')
    .action(async (prefix, { tree, search, ...given }) => {
      const { list, tree: showTree } = await import('#cli/look.ts');
      if (tree) await showTree(prefix, given);
      else await list('tags', { prefix, search }, given);
    });
  common(holdfast.command('alarms'))
    .argument('[prefix]', 'only alarms whose id begins so')
    .option('--active', 'only those that are not normal')
    .description('list the alarms of a site')
    .action(async (prefix, { active, ...given }) =>
      (await import('#cli/look.ts')).list('alarms', { prefix, active }, given),
    );
  timed(common(holdfast.command('events')))
    .addOption(
      new Option('--kind <kind...>', 'only of these kinds').choices([
        'alarm',
        'write',
        'rule',
        'security',
        'config',
        'system',
      ]),
    )
    .option('--subject <name>', "only about this tag, alarm or source; ends with '*' for all below")
    .description('list what happened, the newest last')
    .action(async ({ kind, subject, ...given }) =>
      (await import('#cli/look.ts')).list('events', { kind, subject, ...(await spanOf(given)) }, given),
    );
  timed(common(holdfast.command('gaps')))
    .option('--source <id>', 'only what this source told of')
    .description('list counted holes in what is kept')
    .action(async ({ source, ...given }) =>
      (await import('#cli/look.ts')).list('gaps', { source, ...(await spanOf(given)) }, given),
    );
}

const common = (command: Command): Command => command.addOption(dataOption()).addOption(jsonOption());

const timed = (command: Command): Command =>
  command
    .option('--from <time>', 'not before: 2026-11-28, 2026-11-28T10:00, or 2h for two hours ago')
    .option('--to <time>', 'before this time')
    .option('--last <time>', 'the last 30m, 2h, 7d; instead of --from')
    .option('--limit <count>', 'at most so many');

async function spanOf({ from, to, last, limit }: Given): Promise<Pick<Filter, 'fromUs' | 'toUs' | 'limit'>> {
  const { countOf, span } = await import('#cli/moment.ts');
  return { ...span({ from, to, last }), ...(limit !== undefined && { limit: countOf(limit, '--limit') }) };
}
