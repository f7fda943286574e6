import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Accounts, type Rights } from '#access/accounts.ts';
import { accessDir } from '#access/files.ts';
import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { yellow } from '#cli/text.ts';
import type { TokenView, UserView } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';
import type { Role } from '#kernel/rights.ts';

export interface AccessOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** Who may sign in at a site: asked of the running one, or of the data folder of one that is stopped. */
export interface SiteAccounts {
  users(): Promise<readonly UserView[]>;
  addUser(user: Rights & { readonly name: string; readonly password: string }): Promise<UserView>;
  setRights(name: string, rights: Rights): Promise<UserView>;
  setPassword(name: string, password: string): Promise<UserView>;
  removeUser(name: string): Promise<void>;
  tokens(): Promise<readonly TokenView[]>;
  createToken(token: Rights & { readonly name: string; readonly validForMs?: number }): Promise<string>;
  revokeToken(name: string): Promise<void>;
  makeBreakGlass(): Promise<string>;
}

/** @throws Fault `cli.no-site` */
export async function openAccounts({ data }: AccessOptions): Promise<SiteAccounts> {
  const dir = await findKeptDir(data, 'journal');
  const address = await readAddress(dir);
  if (address) return running(new SiteClient(address, dir));
  if (existsSync(dir)) return stopped(dir);
  throw new Fault('cli.no-site', `there is no data folder ${dir}`, {
    retry: 'never',
    hint: 'name with --data the folder that the site keeps its data in',
  });
}

const by = (): string => userInfo().username;

const bodyOf = <R extends Rights>({ areas, ...rest }: R) => ({
  ...(rest as Omit<R, 'areas' | 'role'> & { readonly role: Role }),
  ...(areas && { areas }),
  by: by(),
});

const running = ({ api }: SiteClient): SiteAccounts => ({
  users: () => api.users(),
  addUser: (user) => api.addUser(bodyOf(user)),
  setRights: (name, rights) => api.setRights(bodyOf({ name, ...rights })),
  setPassword: (name, password) => api.setPassword({ name, password, by: by() }),
  removeUser: async (name) => void (await api.removeUser({ name, by: by() })),
  tokens: () => api.tokens(),
  createToken: async (token) => (await api.createToken(bodyOf(token))).token,
  revokeToken: async (name) => void (await api.revokeToken({ name, by: by() })),
  makeBreakGlass: async () => (await api.makeBreakGlass({ by: by() })).code,
});

/** What is done is in the audit once the site starts. */
function stopped(dir: string): SiteAccounts {
  const accounts = new Accounts(accessDir(dir), { nowUs: () => Date.now() * 1000 });
  if (accounts.damage !== undefined)
    process.stderr.write(`${yellow('warning')}: ${accounts.damage}: nobody is known any more\n`);
  const checked = async <T>(done: Promise<T>): Promise<T> => {
    const result = await done;
    if (await readAddress(dir))
      process.stderr.write(
        `${yellow('warning')}: a site has started meanwhile; look whether it knows of it\n`,
      );
    return result;
  };
  const view = ({ credential: _, areas, ...user }: Accounts['users'][number]): UserView => ({
    ...user,
    ...(areas && { areas }),
  });
  return {
    users: async () => accounts.users.map(view),
    addUser: async (user) => view(await checked(accounts.addUser(user, by()))),
    setRights: async (name, rights) => view(await checked(accounts.setRights(name, rights, by()))),
    setPassword: async (name, password) => view(await checked(accounts.setPassword(name, password, by()))),
    removeUser: (name) => checked(accounts.removeUser(name, by())),
    tokens: async () =>
      accounts.tokens.map(({ areas, leftMs, ...token }) => ({
        ...token,
        ...(areas && { areas }),
        ...(leftMs !== undefined && { leftMs }),
      })),
    createToken: (token) => checked(accounts.createToken(token, by())),
    revokeToken: (name) => checked(accounts.revokeToken(name, by())),
    makeBreakGlass: () => checked(accounts.makeBreakGlass(by())),
  };
}
