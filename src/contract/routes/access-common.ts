import { EndSessionRequest, FirstRequest, OwnPasswordRequest, SignInRequest } from './access-requests.ts';

const post = { method: 'POST', group: 'access' } as const;
const administers = { group: 'access', role: 'administrator' } as const;
const anyone = { group: 'access', role: 'anyone' } as const;
const own = { group: 'access', role: 'viewer', area: 'any' } as const;

/**
 * Of signing in, users, sessions and tokens what is the same at a site and at a hub. Users and tokens have other rights there, so
 * their bodies and answers are each table's own.
 */
export const ACCESS = {
  signIn: {
    ...post,
    ...anyone,
    path: '/api/access/sign-in',
    summary: 'Sign in with name and password',
    body: SignInRequest,
    faults: ['access.wrong', 'access.too-many', 'access.cross-site'],
  },
  firstAdministrator: {
    ...post,
    ...anyone,
    path: '/api/access/first',
    body: FirstRequest,
    faults: ['access.wrong', 'access.too-many', 'access.cross-site', 'access.weak-password', 'access.name'],
  },
  me: { ...own, method: 'GET', path: '/api/access/me', summary: 'Who asks, and what he may' },
  signOut: {
    ...post,
    ...own,
    path: '/api/access/sign-out',
    summary: 'End the session that asks; without one, nothing happens',
    reply: { json: 'Done' },
  },
  changePassword: {
    ...post,
    ...own,
    path: '/api/access/password',
    summary: 'Give oneself another password; all other sessions of the user end',
    body: OwnPasswordRequest,
    reply: { json: 'Done' },
    faults: ['access.wrong', 'access.too-many', 'access.unknown-user', 'access.weak-password'],
  },
  users: { ...administers, method: 'GET', path: '/api/access/users' },
  addUser: {
    ...post,
    ...administers,
    path: '/api/access/users',
    summary: 'Add a user',
    faults: ['access.exists', 'access.name', 'access.weak-password'],
  },
  setRights: {
    ...post,
    ...administers,
    path: '/api/access/users/rights',
    faults: ['access.unknown-user', 'access.last-administrator'],
  },
  setPassword: {
    ...post,
    ...administers,
    path: '/api/access/users/password',
    summary: 'Give a user another password; his sessions end',
    faults: ['access.unknown-user', 'access.weak-password'],
  },
  removeUser: {
    ...post,
    ...administers,
    path: '/api/access/users/remove',
    summary: 'Remove a user; his sessions end',
    reply: { json: 'Done' },
    faults: ['access.unknown-user', 'access.last-administrator'],
  },
  sessions: { ...administers, method: 'GET', path: '/api/access/sessions' },
  endSession: {
    ...post,
    ...administers,
    path: '/api/access/sessions/end',
    summary: "End somebody's session",
    body: EndSessionRequest,
    reply: { json: 'Done' },
    faults: ['access.unknown-session'],
  },
  tokens: {
    ...administers,
    method: 'GET',
    path: '/api/access/tokens',
    summary: 'API tokens; not what opens them, which is kept nowhere',
  },
  createToken: {
    ...post,
    ...administers,
    path: '/api/access/tokens',
    summary: 'Make an API token for a program; the answer is the only place where it stands',
    reply: { json: 'NewToken' },
    faults: ['access.exists', 'access.name'],
  },
  revokeToken: {
    ...post,
    ...administers,
    path: '/api/access/tokens/revoke',
    summary: 'End an API token at once',
    reply: { json: 'Done' },
    faults: ['access.unknown-token'],
  },
} as const;
