import { type Command, Option } from 'commander';
import { hubOption, tokenOption } from '#cli/fleet/commands.ts';
import type { Filter } from '#cli/rows.ts';
import { AGGREGATES } from '#historian/api.ts';
import { Fault } from '#kernel/fault.ts';

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
    .argument('<tag...>', 'paths of tags; * stands for any text')
    .option('-o, --output <file>', 'write it here instead of to the terminal')
    .addOption(
      new Option('--format <name>', 'what the file is; by the name of the file, else csv').choices([
        'csv',
        'ndjson',
        'parquet',
      ]),
    )
    .addOption(
      new Option('--form <name>', 'a row for each sample, or a column for each tag')
        .choices(['long', 'wide'])
        .default('long'),
    )
    .option('--values-only', 'leave out qualities and gaps; bad values are then empty')
    .addOption(dataOption())
    .description('every sample of some tags as CSV or Parquet, all there are unless told otherwise')
    .action(async (tags, options) => (await import('#cli/export.ts')).exportHistory(tags, options));
  addImport(holdfast);
}

function addImport(holdfast: Command): void {
  common(holdfast.command('import'))
    .argument('<file...>', 'CSV or Parquet')
    .option('--dry-run', 'read all of it, say what was understood, and keep nothing')
    .option(
      '--under <place>',
      'place below which the names of the file become paths, such as hall/line1/pump',
    )
    .option('--map <name=path...>', 'the tag that a column, or a name in a long table, stands for')
    .option('--skip <name...>', 'leave these columns or names out')
    .option('--skip-unknown', 'leave out every column that no tag stands for')
    .option('--undeclared', 'keep what no tag stands for in the history alone, with guessed types')
    .option('--zone <zone>', 'of times that name none: UTC, +01:00, Europe/Berlin')
    .option('--time <column>', 'column of the times')
    .addOption(
      new Option('--time-format <name>', 'how times are written').choices([
        'iso',
        'dmy',
        'mdy',
        's',
        'ms',
        'us',
        'ns',
      ]),
    )
    .addOption(
      new Option('--form <name>', 'a row for each sample, or a column for each tag').choices([
        'long',
        'wide',
      ]),
    )
    .option('--tag <column>', 'column of the tags, of a long table')
    .option('--value <column>', 'column of the values, of a long table')
    .option('--quality <column>', 'column of the qualities, of a long table')
    .option('--separator <character>', 'between the cells of CSV; tab for a tab')
    .addOption(new Option('--decimal <mark>', 'how numbers are written in CSV').choices(['.', ',']))
    .option('--why <reason>', 'kept in the audit')
    .option('--site <file>', 'site file, for a data folder in which no site has run yet')
    .description(
      "bring a plant's past into the history: CSV or Parquet; what is not told is guessed and shown",
    )
    .action(async (files, options) => (await import('#cli/import.ts')).importFiles(files, options));
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
    .option('--fleet', 'those of all sites of a hub that are not normal, the most urgent first')
    .addOption(hubOption())
    .addOption(tokenOption())
    .option('--site <id...>', 'with --fleet: only of these sites')
    .option('--labels <expression>', 'with --fleet: only of this group of sites, such as region=north')
    .option('--search <text>', 'with --fleet: only where site, id or texts of the alarm hold this')
    .addOption(
      new Option('--priority <priority...>', 'with --fleet: only of these').choices([
        'critical',
        'high',
        'medium',
        'low',
      ]),
    )
    .description('list the alarms of a site, or of a fleet')
    .action(async (prefix, { active, fleet, ...given }) => {
      if (fleet) return (await import('#cli/fleet/alarms.ts')).fleetAlarms({ prefix, ...given });
      await (await import('#cli/look.ts')).list('alarms', { prefix, active }, given);
    });
  timed(common(holdfast.command('alerts')))
    .argument('[prefix]', 'only those of rules and detectors whose id begins so')
    .option(
      '--ended',
      'those that are over, the one that ended last first; the times and --limit are for these',
    )
    .description('list the alerts of a site that stand: worth knowing, with nothing to do about them')
    .action(async (prefix, { ended, ...given }) => {
      const span = await spanOf(given);
      const { list } = await import('#cli/look.ts');
      if (ended) return await list('ended-alerts', { prefix, ...span }, given);
      if (Object.keys(span).length > 0) throw onlyEnded();
      await list('alerts', { prefix }, given);
    });
  common(holdfast.command('detectors'))
    .argument('[id]', 'only detectors whose id begins so; one by its whole id with all of its reasons')
    .description('list what looks for what nobody wrote down: what it sees, and how often it was right')
    .action(async (id, options) => (await import('#cli/detectors.ts')).detectors(id, options));
  timed(common(holdfast.command('events')))
    .addOption(
      new Option('--kind <kind...>', 'only of these kinds').choices([
        'alarm',
        'alert',
        'write',
        'rule',
        'security',
        'config',
        'system',
      ]),
    )
    .option('--subject <name>', "only about this tag, alarm or source; ends with '*' for all below")
    .option('--fleet', 'those of all sites of a hub, and of the hub itself')
    .addOption(hubOption())
    .addOption(tokenOption())
    .option('--site <id...>', 'with --fleet: only of these sites')
    .option('--labels <expression>', 'with --fleet: only of this group of sites, such as region=north')
    .option('--search <text>', 'with --fleet: only where this text is in them')
    .description('list what happened, the newest last')
    .action(async ({ kind, subject, fleet, ...given }) => {
      const span = await spanOf(given);
      if (fleet) return (await import('#cli/fleet/show.ts')).fleetEvents({ kind, subject, ...given }, span);
      await (await import('#cli/look.ts')).list('events', { kind, subject, ...span }, given);
    });
  timed(common(holdfast.command('ledger')), false)
    .option('--tag <path...>', 'by hour of arrival, only of these tags')
    .option('--prefix <path>', 'by hour of arrival, only of tags whose path begins so')
    .addOption(new Option('--each <what>', 'a row for each').choices(['hour', 'tag', 'both']))
    .option('--fleet', 'from each site to its hub, as the hub has it')
    .addOption(hubOption())
    .addOption(tokenOption())
    .option(
      '--site <id>',
      'with --fleet: one site, with its boxes and why samples are missing; or its hours and tags',
    )
    .option('--labels <expression>', 'with --fleet: only of this group of sites, such as region=north')
    .option('--differing', 'with --fleet: only sites whose sum is not right')
    .description('show what became of every sample: acquired, stored, delivered, waiting, lost')
    .action(async ({ fleet, ...given }) => {
      const load = await import('#cli/ledger.ts');
      const span = await spanOf(given);
      await (fleet ? load.fleetLedger(given, span) : load.ledger(given, span));
    });
  timed(common(holdfast.command('gaps')))
    .option('--source <id>', 'only what this source told of')
    .description('list counted holes in what is kept')
    .action(async ({ source, ...given }) =>
      (await import('#cli/look.ts')).list('gaps', { source, ...(await spanOf(given)) }, given),
    );
}

const onlyEnded = (): Fault =>
  new Fault('cli.usage', 'alerts that stand have no end: times and --limit say nothing of them', {
    retry: 'never',
    hint: 'add --ended for those that are over',
  });

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
