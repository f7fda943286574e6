import { userInfo } from 'node:os';
import { type AccessOptions, openAccounts } from '#cli/access/accounts.ts';
import { readPassword } from '#cli/access/password.ts';
import { SiteClient } from '#cli/client.ts';
import { age, dim, table } from '#cli/text.ts';
import type { UserView } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';
import { ROLES, type Role } from '#kernel/rights.ts';

interface RightsOptions extends AccessOptions {
  readonly area?: readonly string[];
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const show = ({ json }: AccessOptions, value: unknown, text: string) =>
  print(json ? JSON.stringify(value, null, 2) : text);

const day = (us: number): string => new Date(us / 1000).toISOString().slice(0, 10);
const where = ({ areas }: Pick<UserView, 'areas'>): string => areas?.join(', ') ?? 'the whole site';
const sentence = (user: UserView): string => `${user.name}: ${user.role} of ${where(user)}`;

export async function list(options: AccessOptions): Promise<void> {
  const users = await (await openAccounts(options)).users();
  const rows = users.map((one) => [one.name, one.role, where(one), day(one.createdUs), day(one.changedUs)]);
  const none =
    'no users yet: `holdfast users add NAME --role administrator`, or the code that the site prints';
  show(options, users, users.length === 0 ? none : table(['name', 'role', 'of', 'since', 'changed'], rows));
}

export async function add(
  name: string,
  options: RightsOptions & { readonly role: Role; readonly passwordFile?: string },
): Promise<void> {
  const { role, area: areas, passwordFile } = options;
  const accounts = await openAccounts(options);
  const password = await readPassword(passwordFile, name);
  const user = await accounts.addUser({ name, role, areas, password });
  show(options, user, sentence(user));
}

export async function remove(name: string, options: AccessOptions): Promise<void> {
  await (await openAccounts(options)).removeUser(name);
  show(options, {}, `${name} is removed`);
}

export async function role(name: string, wanted: string, options: RightsOptions): Promise<void> {
  const found = ROLES.find((one) => one === wanted);
  if (!found)
    throw new Fault('cli.usage', `there is no role ${wanted}`, {
      retry: 'never',
      hint: `one of ${ROLES.join(', ')}`,
    });
  const user = await (await openAccounts(options)).setRights(name, { role: found, areas: options.area });
  show(options, user, sentence(user));
}

export async function password(
  name: string,
  options: AccessOptions & { readonly passwordFile?: string },
): Promise<void> {
  const accounts = await openAccounts(options);
  const user = await accounts.setPassword(name, await readPassword(options.passwordFile, name));
  show(options, user, `${user.name} has another password; his sessions have ended`);
}

export async function sessions(options: AccessOptions & { readonly end?: string }): Promise<void> {
  const { api } = await SiteClient.find(options.data);
  if (options.end !== undefined) {
    await api.endSession({ id: options.end, by: userInfo().username });
    return show(options, {}, `session ${options.end} has ended`);
  }
  const all = await api.sessions();
  const rows = all.map((one) => [one.id, one.name, one.role, where(one), one.from, age(one.idleMs)]);
  const text = table(['id', 'name', 'role', 'of', 'from', 'idle'], rows);
  show(options, all, all.length === 0 ? 'nobody is signed in' : text);
}

export async function breakGlass(options: AccessOptions): Promise<void> {
  const code = await (await openAccounts(options)).makeBreakGlass();
  const what = dim('Print it, seal it, lock it away. It opens once, for an hour, and everybody will know.');
  show(options, { code }, `${code}\n${what}`);
}
