import { type Command, Option } from 'commander';
import { addPeople } from '#cli/fleet/commands.ts';
import { EVENT_KINDS } from '#kernel/event.ts';

/** Commands of the hub; all but `hub` itself work beside a running hub, or without one. */
export function addHub(holdfast: Command, jsonOption: () => Option): void {
  const data = () => new Option('--data <dir>', 'folder of the hub').env('HOLDFAST_HUB');
  const hub = holdfast
    .command('hub')
    .description('run the hub that looks after the fleet (its own PostgreSQL, or that of $DATABASE_URL)')
    .addOption(data())
    .option('--port <port>', 'the one port for sites and programs; 0 for any free one', '8443')
    .option('--host <address>', 'address to listen on', '::')
    .option('--name <name...>', 'names and addresses that it is reached by, beside those of this machine')
    .option('--config <hub.yaml>', 'settings that are more than options: where samples are passed on to')
    .option('--keep-samples <days>', 'samples older than this go, whole days at a time', '730')
    .option('--keep-events <days>', 'events that came longer ago go', '3650')
    .addOption(
      new Option('--log <level>', 'least level').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .option('--log-json', 'a line of JSON each on a terminal too; elsewhere it always is')
    .action(async (options) => (await import('#cli/hub/run.ts')).hub(options));
  const common = (command: Command) => command.addOption(data()).addOption(jsonOption());
  const load = () => import('#cli/hub/fleet.ts');
  common(hub.command('join-token'))
    .requiredOption('--site <id>', 'name of the site, as in its site file')
    .option('--label <name=value...>', 'for groups of sites, such as region=north')
    .option('--ttl <time>', 'ends after this time', '1h')
    .description('print a token that lets one box in as a site, once')
    .action(async (_options, command) => (await load()).joinToken(command.optsWithGlobals()));
  common(hub.command('sites'))
    .description('list the sites with the state of their identities')
    .action(async (_options, command) => (await load()).sites(command.optsWithGlobals()));
  addPeople(hub, common);
  common(hub.command('events'))
    .option('--site <id>', 'about this site only')
    .option('--most <number>', 'as many as this', '100')
    .description('list what happened at the hub itself, the newest last')
    .action(async (_options, command) => (await load()).events(command.optsWithGlobals()));
  common(hub.command('import'))
    .argument('<stick>', 'folder that `holdfast edge export` has written, or one parcel')
    .option('--one-way', 'a diode fills the folder: write no receipts, remove what was taken')
    .description('take parcels that were carried by hand, and write a receipt for each site beside them')
    .action(async (stick, _options, command) =>
      (await import('#cli/hub/import.ts')).importParcels(stick, command.optsWithGlobals()),
    );
  addRows(hub, common);
  addWebhooks(hub, common);
  common(hub.command('nats-end'))
    .description('pass no more samples on to NATS; what waits for it is dropped')
    .action(async (_options, command) => (await load()).endNats(command.optsWithGlobals()));
  common(hub.command('restored'))
    .option('--for <time>', 'how long', '30d')
    .description('the database comes from a backup: take up certificates of known sites that it has lost')
    .action(async (_options, command) => (await load()).restored(command.optsWithGlobals()));
  common(hub.command('reseal'))
    .requiredOption('--to <file>', 'file with the new text, 32 characters at least')
    .description(
      'the hub is stopped: seal its keys with another text; $HOLDFAST_HUB_KEY_FILE has the old one',
    )
    .action(async (_options, command) => (await load()).reseal(command.optsWithGlobals()));
  common(hub.command('new-issuer'))
    .requiredOption('--root-key <file>', 'root-key.pem, as it was carried away')
    .description('the hub is stopped: another key that issues, that of $HOLDFAST_HUB_SIGNER where it is set')
    .action(async (_options, command) => (await load()).newIssuer(command.optsWithGlobals()));
  for (const [name, what] of [
    ['revoke', 'end the identity of a site at once: somebody may have its key'],
    ['retire', 'take a site out of the fleet: its box is no more'],
  ] as const) {
    common(hub.command(name))
      .argument('<site>')
      .option('--why <reason>', 'kept with the identity', name === 'revoke' ? 'revoked' : 'out of service')
      .description(what)
      .action(async (site, _options, command) => (await load()).end(name, site, command.optsWithGlobals()));
  }
}

/** Tags that are kept as plain rows as well. */
function addRows(hub: Command, common: (command: Command) => Command): void {
  const load = () => import('#cli/hub/rows.ts');
  const rows = hub
    .command('rows')
    .description('tags that are kept as plain rows as well, for SQL: add, list, remove');
  common(rows.command('add'))
    .argument('<name>')
    .requiredOption('--tags <pattern...>', "paths of tags, '*' for any text")
    .option('--sites <labels>', 'of a group of sites, such as region=north; of all without')
    .option('--past <time>', 'copy what came in this time before, too, such as 30d')
    .description('keep tags as plain rows from now on')
    .action(async (name, _options, command) => (await load()).addRows(name, command.optsWithGlobals()));
  common(rows.command('list'))
    .description('list what is kept as plain rows')
    .action(async (_options, command) => (await load()).listRows(command.optsWithGlobals()));
  common(rows.command('remove'))
    .argument('<name>')
    .description('copy no more of it; what was copied stays until it is too old')
    .action(async (name, _options, command) => (await load()).removeRows(name, command.optsWithGlobals()));
}

/** Receivers of events. */
function addWebhooks(hub: Command, common: (command: Command) => Command): void {
  const load = () => import('#cli/hub/webhooks.ts');
  const webhooks = hub
    .command('webhooks')
    .description('events told to programs elsewhere: add, list, remove, test, dead, retry');
  common(webhooks.command('add'))
    .argument('<name>')
    .argument('<url>')
    .addOption(new Option('--kind <kind...>', 'only events of these kinds').choices([...EVENT_KINDS]))
    .option('--event <begin...>', 'only events whose name begins so, such as alarm.')
    .option('--sites <labels>', 'only of a group of sites, such as region=north')
    .description('tell events from now on, and print the secret of the signatures, once')
    .action(async (name, url, _options, command) =>
      (await load()).addWebhook({ name, url }, command.optsWithGlobals()),
    );
  common(webhooks.command('list'))
    .description('list the receivers, and what waits for them')
    .action(async (_options, command) => (await load()).listWebhooks(command.optsWithGlobals()));
  for (const [name, what] of [
    ['remove', 'tell it nothing any more; what waits for it is dropped'],
    ['test', 'send it something to try it with'],
    ['retry', 'send again all that it has not taken'],
    ['dead', 'list what it has not taken, and what is not sent any more'],
  ] as const)
    common(webhooks.command(name))
      .argument('<name>')
      .description(what)
      .action(async (hook, _options, command) => (await load())[name](hook, command.optsWithGlobals()));
}
