import type { User } from '#access/accounts.ts';
import type { ACCESS_ROUTES } from '#contract/routes/access.ts';
import type { Answered } from '#contract/routes/table.ts';
import type { Asking } from '#edge/api/asking.ts';
import type { Gate } from '#edge/api/gate.ts';
import type { Handlers, OwnWay } from '#edge/api/handlers.ts';
import { stopAtPanel } from '#edge/api/panel.ts';
import type { Site } from '#edge/site.ts';
import type { SiteAccess } from '#edge/site-access.ts';
import { Fault } from '#kernel/fault.ts';
import type { Caller, Role } from '#kernel/rights.ts';

/** Signing in and out, users, sessions, tokens. What administrators do is in the audit before it is answered. */
export function accessHandlers(
  site: Site,
  access: SiteAccess,
  gate: Gate,
): Pick<Handlers, Exclude<keyof typeof ACCESS_ROUTES, OwnWay>> {
  return {
    ...signingIn(access, gate),
    ...userHandlers(site, access),
    ...tokenHandlers(site, access),
    panelStop: stopAtPanel(site),
  };
}

function signingIn(access: SiteAccess, gate: Gate) {
  const { accounts, sessions, throttle } = access;
  const opened = (
    secret: string | undefined,
    name: string,
    { address, setSession }: Asking,
  ): Answered<'me'> => {
    const session = secret === undefined ? undefined : sessions.use(secret);
    const caller = session && access.callerOf(session);
    if (!caller) throw gate.signInFailed(address, name);
    setSession(secret);
    return meView(caller);
  };
  return {
    signIn: async ({ body: { name, password } }, _signal, who) =>
      opened(await access.signIn(name, password, who.address), name, who),
    signInByCode: async ({ body: { code } }, _signal, who) =>
      opened(await access.signInByCode(code, who.address), '', who),
    firstAdministrator: async ({ body: { code, name, password } }, _signal, who) =>
      opened(await access.makeFirst(code, name, password, who.address), '', who),
    me: (_asked, _signal, { caller }) => meView(caller),
    signOut(_asked, _signal, { caller, session, setSession }) {
      if (session === undefined) return {};
      sessions.end(({ id }) => id === session);
      access.event('security.signed-out', caller.name, {}, caller.name);
      setSession(undefined);
      return {};
    },
    async changePassword({ body: { present, next } }, _signal, who) {
      const { name, via } = who.caller;
      if (via !== 'session' || !accounts.user(name))
        throw new Fault('access.unknown-user', `${name} is no user, and has no password`, { retry: 'never' });
      const check = () => accounts.signIn(name, present);
      if (!(await throttle.attempt(who.address, name, check))) throw gate.signInFailed(who.address, name);
      const user = await accounts.setPassword(name, next, name);
      sessions.end((one) => one.name === name);
      who.setSession(access.begin(user, who.address));
      return {};
    },
  } satisfies Partial<Handlers>;
}

function userHandlers(site: Site, access: SiteAccess) {
  const { accounts, sessions } = access;
  return {
    users: () => accounts.users.map(userView),
    async addUser({ body: { by, ...user } }) {
      const added = await accounts.addUser(user, by);
      await site.durable();
      return userView(added);
    },
    async setRights({ body: { name, role, areas, by } }) {
      const user = await accounts.setRights(name, { role, areas }, by);
      await site.durable();
      return userView(user);
    },
    async setPassword({ body: { name, password, by } }) {
      const user = await accounts.setPassword(name, password, by);
      sessions.end((one) => one.name === user.name);
      await site.durable();
      return userView(user);
    },
    async removeUser({ body: { name, by } }) {
      const known = accounts.user(name)?.name;
      await accounts.removeUser(name, by);
      sessions.end((one) => one.name === known && one.role === undefined);
      await site.durable();
      return {};
    },
    sessions: (_asked, _signal, { session: own }) =>
      sessions.list().flatMap((one) => {
        const caller = access.callerOf(one);
        const { id, name, from, createdUs, idleMs } = one;
        return caller ? [{ id, name, ...rightsOf(caller), from, createdUs, idleMs, isOwn: id === own }] : [];
      }),
    async endSession({ body: { id, by } }) {
      const [ended] = sessions.end((one) => one.id === id);
      if (!ended)
        throw new Fault('access.unknown-session', `there is no session ${id}`, {
          retry: 'never',
          hint: 'it may have ended already; /api/access/sessions lists those that go on',
        });
      access.event('security.session-ended', ended.name, { id, from: ended.from }, by);
      await site.durable();
      return {};
    },
  } satisfies Partial<Handlers>;
}

function tokenHandlers(site: Site, { accounts }: SiteAccess) {
  return {
    tokens: () =>
      accounts.tokens.map(({ name, by, createdUs, leftMs, ...rights }) => ({
        name,
        ...rightsOf(rights),
        by,
        createdUs,
        ...(leftMs !== undefined && { leftMs }),
      })),
    async createToken({ body: { by, ...wanted } }) {
      const token = await accounts.createToken(wanted, by);
      await site.durable();
      return { token };
    },
    async revokeToken({ body: { name, by } }) {
      await accounts.revokeToken(name, by);
      await site.durable();
      return {};
    },
    async makeBreakGlass({ body: { by } }) {
      const code = await accounts.makeBreakGlass(by);
      await site.durable();
      return { code };
    },
  } satisfies Partial<Handlers>;
}

const rightsOf = ({
  role,
  areas,
}: {
  readonly role: Role;
  readonly areas?: readonly string[] | undefined;
}) => ({
  role,
  ...(areas && { areas: [...areas] }),
});

const meView = ({ name, via, ...rights }: Caller): Answered<'me'> => ({ name, ...rightsOf(rights), via });

const userView = ({ name, createdUs, changedUs, ...rights }: User): Answered<'users'> => ({
  name,
  ...rightsOf(rights),
  createdUs,
  changedUs,
});
