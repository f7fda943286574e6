import type { FleetSession, FleetTokenView } from '#contract/fleet-client.ts';
import type { RightsKind } from '../../../parts/access/asked.ts';
import { Sessions, type SessionsKind } from '../../../parts/access/sessions.tsx';
import { Tokens, type TokensKind } from '../../../parts/access/tokens.tsx';
import { Users, type UsersKind } from '../../../parts/access/users.tsx';
import { Age } from '../../../parts/age.tsx';
import { fleet } from '../../data/api.ts';
import { GrantFields, GrantList, type Grants, grantsOf } from './grants.tsx';

interface Given {
  readonly grants: Grants;
}

const rights: RightsKind<Given> = {
  heads: ['May'],
  cells: ({ grants }) => [<GrantList key="grants" grants={grants} />],
  fields: (of) => <GrantFields grants={of?.grants} />,
  given: (form) => ({ grants: grantsOf(form) }),
};

const users: UsersKind<Given> = {
  rights,
  list: (signal) => fleet.users(signal),
  add: (user) => fleet.addUser(user),
  setRights: (user) => fleet.setRights(user),
  setPassword: (user) => fleet.setPassword(user),
  remove: (user) => fleet.removeUser(user),
  password: '15 characters or more. Several unrelated words do well.',
  record: 'events',
};

const tokens: TokensKind<Given, FleetTokenView> = {
  rights,
  list: (signal) => fleet.tokens(signal),
  create: (token) => fleet.createToken(token),
  revoke: (token) => fleet.revokeToken(token),
  leftMs: ({ endsUs }, nowMs) => (endsUs === undefined ? undefined : endsUs / 1000 - nowMs),
  use: ', or into HOLDFAST_HUB_TOKEN',
};

const sessions: SessionsKind<FleetSession> = {
  list: (signal) => fleet.sessions(signal),
  end: (session) => fleet.endSession(session),
  may: { head: 'May', cell: ({ grants }) => <GrantList grants={grants} /> },
  idle: { head: 'Last asked', cell: ({ usedUs }) => <Age sinceUs={usedUs} /> },
  note: 'Whoever looks there is asked to sign in at once.',
};

/** Who may do what, and at which sites. */
export function Page() {
  return (
    <div className="page administration">
      <h1>Administration</h1>
      <Users kind={users} />
      <Tokens kind={tokens} />
      <Sessions kind={sessions} />
    </div>
  );
}
