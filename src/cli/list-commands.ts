import { type Command, Option } from 'commander';
import type { Filter } from '#cli/rows.ts';
import { AGGREGATES } from '#historian/api.ts';

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

/** Who did what: writes, acts of operators, changes of the site file, and what concerns security. */
export function addAudit(holdfast: Command): Command {
  return timed(common(holdfast.command('audit')))
    .description('the record of events that nobody can rewrite: who did what')
    .action(async (given) => {
      const kind = ['write', 'alarm', 'security', 'config'] as const;
      await (await import('#cli/look.ts')).list('events', { kind, ...(await spanOf(given)) }, given);
    });
}

/** The past of tags: a chart, a table, samples, a file. */
export function addPast(holdfast: Command): void {
  timed(common(holdfast.command('history')), false)
    .argument('[tag...]', 'paths of tags')
    .option('--calc <expression>', 'a calculation in place of tags, in the language of derived tags')
    .option('--asset <path>', 'with --calc: bare names are signals of it')
    .option('--step <time>', 'with --calc: what stands at each step, not a row whenever an input has one')
    .option('--bucket <time>', 'a table of stretches this long, such as 1m, instead of a chart')
    .addOption(new Option('--aggregate <name...>', 'what the table has').choices(AGGREGATES))
    .option('--state <value>', 'with --aggregate duration: the value whose time counts')
    .option('--raw', 'every sample')
    .option('--at <time>', 'the values at this time')
    .option('--gaps', 'what is missing')
    .option('--rows <count>', 'height of a chart')
    .description('show the past of tags: as a chart, the last hour unless told otherwise')
    .action(async (tags, options) => (await import('#cli/history.ts')).history(tags, options));
  timed(holdfast.command('export'), false)
    .argument('<tag...>', 'paths of tags')
    .option('-o, --output <file>', 'write it here instead of to the terminal')
    .addOption(
      new Option('--format <name>', 'as a table or as a line of JSON each')
        .choices(['csv', 'ndjson'])
        .default('csv'),
    )
    .addOption(dataOption())
    .description('every sample of some tags, all there are unless told otherwise')
    .action(async (tags, options) => (await import('#cli/export.ts')).exportHistory(tags, options));
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

const timed = (command: Command, isList = true): Command => {
  command
    .option('--from <time>', 'not before: 2026-11-28, 2026-11-28T10:00, or 2h for two hours ago')
    .option('--to <time>', 'before this time')
    .option('--last <time>', 'the last 30m, 2h, 7d; instead of --from');
  return isList ? command.option('--limit <count>', 'at most so many') : command;
};

async function spanOf({ from, to, last, limit }: Given): Promise<Pick<Filter, 'fromUs' | 'toUs' | 'limit'>> {
  const { countOf, span } = await import('#cli/moment.ts');
  return { ...span({ from, to, last }), ...(limit !== undefined && { limit: countOf(limit, '--limit') }) };
}
