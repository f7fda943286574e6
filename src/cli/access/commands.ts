import { type Command, Option } from 'commander';
import { ROLES } from '#kernel/rights.ts';

/** Commands for whoever has the box: who may sign in, and what with. */
export function addAccess(holdfast: Command, dataOption: () => Option, jsonOption: () => Option): void {
  const common = (command: Command) => command.addOption(dataOption()).addOption(jsonOption());
  addUsers(holdfast, common);
  addTokens(holdfast, common);
  common(holdfast.command('fingerprint'))
    .description('say what the certificate of the API is known by, to compare with the page /trust')
    .action(async (options) => (await import('#cli/access/fingerprint.ts')).fingerprint(options));
}

const areaOption = () =>
  new Option('--area <path...>', 'limited to these areas, lines or assets; the whole site without');
const passwordOption = () =>
  new Option('--password-file <file>', 'file that holds the password; asked for on a terminal without');

function addUsers(holdfast: Command, common: (command: Command) => Command): void {
  const users = holdfast.command('users').description('who may sign in: list, add, remove, role, password');
  const load = () => import('#cli/access/users.ts');
  common(users.command('list'))
    .description('list the users with their rights')
    .action(async (options) => (await load()).list(options));
  common(users.command('add'))
    .argument('<name>')
    .addOption(new Option('--role <role>').choices(ROLES).makeOptionMandatory())
    .addOption(areaOption())
    .addOption(passwordOption())
    .description('add a user')
    .action(async (name, options) => (await load()).add(name, options));
  common(users.command('remove'))
    .argument('<name>')
    .description('remove a user; his sessions end')
    .action(async (name, options) => (await load()).remove(name, options));
  common(users.command('role'))
    .argument('<name>')
    .argument('<role>', ROLES.join(', '))
    .addOption(areaOption())
    .description('give a user another role and other areas; it holds at once')
    .action(async (name, role, options) => (await load()).role(name, role, options));
  common(users.command('password'))
    .argument('<name>')
    .addOption(passwordOption())
    .description('give a user another password; his sessions end')
    .action(async (name, options) => (await load()).password(name, options));
  common(users.command('sessions'))
    .option('--end <id>', 'end this one')
    .description('list who is signed in at a running site')
    .action(async (options) => (await load()).sessions(options));
  common(users.command('break-glass'))
    .description('print a new break-glass code, to be sealed; the one before ends')
    .action(async (options) => (await load()).breakGlass(options));
}

function addTokens(holdfast: Command, common: (command: Command) => Command): void {
  const token = holdfast.command('token').description('API tokens for programs: create, list, revoke');
  const load = () => import('#cli/access/tokens.ts');
  common(token.command('create'))
    .requiredOption('--name <name>', 'what it is for, such as grafana')
    .addOption(new Option('--role <role>').choices(ROLES).makeOptionMandatory())
    .addOption(areaOption())
    .option('--expires <time>', 'ends after this time, such as 90d; never without')
    .description('make a token and print it, once')
    .action(async (options) => (await load()).create(options));
  common(token.command('list'))
    .description('list the tokens, without what opens them')
    .action(async (options) => (await load()).list(options));
  common(token.command('revoke'))
    .argument('<name>')
    .description('end a token at once')
    .action(async (name, options) => (await load()).revoke(name, options));
}
