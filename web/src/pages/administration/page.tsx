import type { SessionView, TokenView } from '#contract/client.ts';
import type { Role } from '#kernel/rights.ts';
import { api } from '../../data/api.ts';
import type { RightsKind } from '../../parts/access/asked.ts';
import { Sessions, type SessionsKind } from '../../parts/access/sessions.tsx';
import { Tokens, type TokensKind } from '../../parts/access/tokens.tsx';
import { Users, type UsersKind } from '../../parts/access/users.tsx';
import { duration } from '../../parts/format.ts';
import { BreakGlass } from './break-glass.tsx';
import { Areas, RightsFields, rightsOf } from './rights.tsx';

interface Given {
  readonly role: Role;
  readonly areas?: readonly string[] | undefined;
}

const rights: RightsKind<Given> = {
  heads: ['Role', 'Areas'],
  cells: ({ role, areas }) => [role, <Areas key="areas" areas={areas} />],
  fields: (of) => <RightsFields role={of?.role} areas={of?.areas} />,
  given: rightsOf,
};

const users: UsersKind<Given> = {
  rights,
  list: (signal) => api.users(signal),
  add: (user) => api.addUser(user),
  setRights: (user) => api.setRights(user),
  setPassword: (user) => api.setPassword(user),
  remove: (user) => api.removeUser(user),
  password:
    '15 characters or more. Several unrelated words do well; names of the user and of the site do not count.',
  record: 'audit',
};

const tokens: TokensKind<Given, TokenView> = {
  rights,
  list: (signal) => api.tokens(signal),
  create: (token) => api.createToken(token),
  revoke: (token) => api.revokeToken(token),
  leftMs: ({ leftMs }) => leftMs,
};

const sessions: SessionsKind<SessionView> = {
  list: (signal) => api.sessions(signal),
  end: (session) => api.endSession(session),
  may: { head: 'Role', cell: ({ role }) => role },
  idle: { head: 'Idle', cell: ({ idleMs }) => duration(idleMs) },
  note: 'Whoever looks there is asked for the password at once. A password that is known to others has to be changed, too.',
};

/** Who may do what at this site. */
export function Page() {
  return (
    <div className="page administration">
      <h1>Administration</h1>
      <Users kind={users} />
      <Tokens kind={tokens} />
      <Sessions kind={sessions} />
      <BreakGlass />
    </div>
  );
}
