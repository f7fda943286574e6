import { type Command, Option } from 'commander';

export const hubOption = () =>
  new Option('--hub <url>', 'address of the hub, such as https://hub.example:8443 (else $HOLDFAST_HUB_URL)');
export const tokenOption = () =>
  new Option('--token-file <file>', 'file that holds an API token of the hub (else $HOLDFAST_HUB_TOKEN)');

/** Commands that ask a hub about its fleet, from anywhere. */
export function addFleet(holdfast: Command, jsonOption: () => Option): void {
  const common = (command: Command) =>
    command.addOption(hubOption()).addOption(tokenOption()).addOption(jsonOption());
  const load = () => import('#cli/fleet/show.ts');
  common(holdfast.command('sites'))
    .option('--labels <expression>', "a group of them: 'region=north,line!=2', 'region in (north, south)'")
    .addOption(
      new Option('--state <state...>', 'only those').choices(['online', 'offline', 'stale', 'never']),
    )
    .option('--search <text>', 'only where id or a label holds this text')
    .option('--ansible', 'print an inventory for Ansible')
    .description('list the sites of a hub with their state')
    .action(async (options) => (await load()).sites(options));
  const site = holdfast.command('site').description('one site of a hub: show');
  common(site.command('show'))
    .argument('<id>')
    .description('show all that a hub says of a site')
    .action(async (id, options) => (await load()).site(id, options));
}

/** Users and API tokens of a hub, for whoever has its folder or its database. */
export function addPeople(hub: Command, common: (command: Command) => Command): void {
  const load = () => import('#cli/hub/people.ts');
  const grantOption = () =>
    new Option(
      '--grant <grant...>',
      "ROLE or ROLE:LABELS, such as viewer, or 'operator:region=north'; the whole fleet without labels",
    ).makeOptionMandatory();
  const passwordOption = () =>
    new Option('--password-file <file>', 'file that holds the password; asked for on a terminal without');
  const users = hub
    .command('users')
    .description('who may sign in at the hub: list, add, grant, password, remove');
  common(users.command('list'))
    .description('list the users with what they may')
    .action(async (_options, command) => (await load()).listUsers(command.optsWithGlobals()));
  common(users.command('add'))
    .argument('<name>')
    .addOption(grantOption())
    .addOption(passwordOption())
    .description('add a user')
    .action(async (name, _options, command) => (await load()).addUser(name, command.optsWithGlobals()));
  common(users.command('grant'))
    .argument('<name>')
    .addOption(grantOption())
    .description('give a user these roles in place of those that he has; it holds at once')
    .action(async (name, _options, command) => (await load()).grant(name, command.optsWithGlobals()));
  common(users.command('password'))
    .argument('<name>')
    .addOption(passwordOption())
    .description('give a user another password; his sessions end')
    .action(async (name, _options, command) => (await load()).password(name, command.optsWithGlobals()));
  common(users.command('remove'))
    .argument('<name>')
    .description('remove a user; his sessions end')
    .action(async (name, _options, command) => (await load()).removeUser(name, command.optsWithGlobals()));
  const token = hub.command('token').description('API tokens of the hub for programs: create, list, revoke');
  common(token.command('create'))
    .requiredOption('--name <name>', 'what it is for, such as prometheus')
    .addOption(grantOption())
    .option('--expires <time>', 'ends after this time, such as 90d; never without')
    .description('make a token and print it, once')
    .action(async (_options, command) => (await load()).createToken(command.optsWithGlobals()));
  common(token.command('list'))
    .description('list the tokens, without what opens them')
    .action(async (_options, command) => (await load()).listTokens(command.optsWithGlobals()));
  common(token.command('revoke'))
    .argument('<name>')
    .description('end a token at once')
    .action(async (name, _options, command) => (await load()).revokeToken(name, command.optsWithGlobals()));
}
