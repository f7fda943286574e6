import { type Command, Option } from 'commander';

const siteOption = () => new Option('--site <file>', 'site file');
const dataOption = () => new Option('--data <dir>', 'data folder of the site');
const jsonOption = () => new Option('--json', 'print JSON, for programs');

/** From a device to tags that work: what is there, its entries, a table for spreadsheets, and why a source does not speak. */
export function addCommissioning(holdfast: Command): void {
  browse(holdfast);
  tables(holdfast.commands.find((command) => command.name() === 'tags') ?? holdfast);
  source(holdfast);
}

function browse(holdfast: Command): void {
  holdfast
    .command('browse')
    .argument('<source>', 'id of a source')
    .description('print what there is at a device as tag entries for the site file')
    .addOption(new Option('--site <file>', 'open the source itself, by this site file, where no site runs'))
    .addOption(dataOption())
    .option(
      '--from <place>',
      'begin here: a node, a unit or range of registers (3/holding/0-99), a topic filter',
    )
    .option('--path <glob>', 'only what is called so: *temp* by name, Plant/**/Speed by place')
    .option('--type <type>', 'only what holds this: number, boolean, enum, int64, text, structure')
    .option('--under <path>', 'put the tags below this path, such as line1/press', '')
    .option('--for <time>', 'listen this long where things speak by themselves (MQTT), such as 30s')
    .option('--all', 'also what tags read already, as comments')
    .option(
      '--writable',
      'what the device lets us write becomes access: readWrite; without it, it is only read',
    )
    .option('--write <file>', 'merge the entries into this site file')
    .addOption(jsonOption())
    .action(async (id, options) => (await import('#cli/commission/browse.ts')).browse(id, options));
}

function tables(tags: Command): void {
  tags
    .command('export')
    .description('write the tags of a site file as a table for spreadsheets (CSV)')
    .addOption(siteOption().makeOptionMandatory())
    .option('-o, --output <file>', 'write it here instead of to the terminal')
    .option('--semicolon', '; between cells and decimal commas, as German and many other Excels open it')
    .addOption(jsonOption().conflicts('semicolon'))
    .action(async (_options, command) =>
      (await import('#cli/commission/tags.ts')).exportTags(command.optsWithGlobals()),
    );
  tags
    .command('import')
    .argument('<table>', 'CSV file')
    .description('bring the tags of a table into a site file; written cells change, empty ones are defaults')
    .addOption(siteOption().makeOptionMandatory())
    .option('--dry-run', 'say what would change, and write nothing')
    .option('--remove-missing', 'also take away tags that the table does not have')
    .addOption(jsonOption())
    .action(async (table, _options, command) =>
      (await import('#cli/commission/tags.ts')).importTags(table, command.optsWithGlobals()),
    );
}

function source(holdfast: Command): void {
  holdfast
    .command('source')
    .description('try one source alone: source test plc --site site.yaml')
    .command('test')
    .argument('<source>', 'id of a source')
    .description('say step by step how far it gets: name, port, TLS, session, first values')
    .addOption(siteOption().makeOptionMandatory())
    .addOption(dataOption())
    .option('--within <time>', 'wait this long for first values; else 10 s or three periods of a tag')
    .option('--force', 'open it although a running site has the only session that the device bears')
    .addOption(jsonOption())
    .action(async (id, options) => (await import('#cli/commission/source-test.ts')).testSource(id, options));
}
