import { FLEET_ROUTES, type FleetAnswered, type FleetHandlers } from '#contract/fleet/table.ts';
import type { OidcSettings } from '#contract/hub-file.ts';
import { Fault } from '#kernel/fault.ts';
import type { FleetAsking, FleetCaller, PeopleGate } from '../people/gate.ts';
import type { PersonRow, TokenRow } from '../people/rows.ts';
import { type KeptSession, sessionId } from '../people/sessions.ts';

type Handlers = FleetHandlers<FleetAsking>;

/** Signing in and out, users, tokens. What administrators do is kept with its event, or not at all. */
export const accessHandlers = (gate: PeopleGate, oidc?: OidcSettings) => ({
  ...signingIn(gate),
  ...administration(gate),
  signInWays: (): FleetAnswered<'signInWays'> => ({
    password: true,
    ...(oidc && { provider: { title: oidc.title, begin: FLEET_ROUTES.oidcBegin.path } }),
  }),
});

function signingIn(gate: PeopleGate) {
  const { people, sessions, throttle } = gate;
  const opened = async (
    person: PersonRow | undefined,
    name: string,
    { address, setSession }: FleetAsking,
  ): Promise<FleetAnswered<'me'>> => {
    if (!person) throw gate.signInFailed(address, name);
    setSession(await sessions.begin(person.key, address));
    gate.event('security.signed-in', person.name, { from: address }, person.name);
    return meView({ name: person.name, grants: person.grants, via: 'session' });
  };
  return {
    signIn: async ({ body: { name, password } }, _signal, who) =>
      opened(await throttle.attempt(who.address, name, () => people.check(name, password)), name, who),
    firstAdministrator: async ({ body: { code, name, password } }, _signal, who) =>
      opened(await throttle.attempt(who.address, '', () => people.makeFirst(code, name, password)), '', who),
    me: (_asked, _signal, { caller }) => meView(caller),
    async signOut(_asked, _signal, { caller, session, setSession }) {
      if (session === undefined || caller.via !== 'session') return {};
      await sessions.end(session);
      gate.event('security.signed-out', caller.name, {}, caller.name);
      setSession(undefined);
      return {};
    },
    async changePassword({ body: { present, next } }, _signal, who) {
      const { name, via } = who.caller;
      if (via !== 'session')
        throw new Fault('access.unknown-user', `${name} is no user, and has no password`, { retry: 'never' });
      const isRight = await throttle.attempt(who.address, name, () => people.check(name, present));
      if (!isRight) throw gate.signInFailed(who.address, name);
      const { key } = await people.setPassword(name, next, name);
      who.setSession(await sessions.begin(key, who.address));
      return {};
    },
  } satisfies Partial<Handlers>;
}

function administration(gate: PeopleGate) {
  const { people, sessions, tokens } = gate;
  return {
    users: async () => (await people.list()).map(personView),
    addUser: async ({ body: { by, ...user } }) => personView(await people.add(user, by)),
    setRights: async ({ body: { name, grants, by } }) => personView(await people.setGrants(name, grants, by)),
    setPassword: async ({ body: { name, password, by } }) =>
      personView(await people.setPassword(name, password, by)),
    async removeUser({ body: { name, by } }) {
      await people.remove(name, by);
      return {};
    },
    sessions: async (_asked, _signal, { session }) => {
      const own = session && sessionId(session);
      return (await sessions.list()).map((one) => sessionView(one, own));
    },
    async endSession({ body: { id, by } }) {
      const ended = await sessions.endById(id);
      if (!ended)
        throw new Fault('access.unknown-session', `there is no session ${id}`, {
          retry: 'never',
          hint: 'it may have ended already; /api/access/sessions lists those that go on',
        });
      gate.event('security.session-ended', ended.name, { id, from: ended.from }, by);
      return {};
    },
    tokens: async () => (await tokens.list()).map(tokenView),
    createToken: async ({ body: { by, ...asked } }) => ({ token: await tokens.create(asked, by) }),
    async revokeToken({ body: { name, by } }) {
      await tokens.revoke(name, by);
      return {};
    },
  } satisfies Partial<Handlers>;
}

const meView = ({ name, grants, via }: FleetCaller): FleetAnswered<'me'> => ({ name, grants, via });

const personView = ({ name, grants, issuer, created, changed }: PersonRow): FleetAnswered<'addUser'> => ({
  name,
  grants,
  ...(issuer !== null && { issuer }),
  createdUs: created.getTime() * 1000,
  changedUs: changed.getTime() * 1000,
});

const sessionView = (
  { id, name, grants, from, began, used }: KeptSession,
  own: string | undefined,
): FleetAnswered<'sessions'> => ({
  ...{ id, name, grants, from },
  createdUs: began.getTime() * 1000,
  usedUs: used.getTime() * 1000,
  isOwn: id === own,
});

const tokenView = ({ name, grants, by, created, expires }: TokenRow): FleetAnswered<'tokens'> => ({
  ...{ name, grants, by, createdUs: created.getTime() * 1000 },
  ...(expires && { endsUs: expires.getTime() * 1000 }),
});
