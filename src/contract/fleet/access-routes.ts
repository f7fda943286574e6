import { ACCESS } from '#contract/routes/access-common.ts';
import {
  AddPersonRequest,
  FleetRevokeRequest,
  FleetTokenRequest,
  GrantsRequest,
  OidcBeginQuery,
  PersonPasswordRequest,
  PersonRequest,
} from './requests.ts';
import type { FleetRoute } from './route.ts';

const COOKIE = 'Answers with a cookie that scripts cannot read; every hub on the database knows its session.';

/** Who may ask a hub. */
export const ACCESS_ROUTES = {
  signIn: {
    ...ACCESS.signIn,
    about: `${COOKIE} Wrong ones wait the longer the more there were, at all hubs together; nobody is locked out.`,
    reply: { json: 'FleetMe' },
  },
  firstAdministrator: {
    ...ACCESS.firstAdministrator,
    summary: 'Make the first administrator, with the code that the hub logged when it started without any',
    about: COOKIE,
    reply: { json: 'FleetMe' },
  },
  signInWays: {
    method: 'GET',
    path: '/api/access/ways',
    group: 'access',
    role: 'anyone',
    summary: 'How one can sign in',
    reply: { json: 'SignInWays' },
  },
  oidcBegin: {
    method: 'GET',
    path: '/api/access/oidc',
    group: 'access',
    role: 'anyone',
    summary: "Go to the company's own sign-in (OpenID Connect); for browsers",
    about:
      'Comes back to the page `to`, signed in; or to the first page with `?sign-in=` and what went wrong.',
    query: OidcBeginQuery,
    reply: { text: 'text/plain' },
  },
  oidcCallback: {
    method: 'GET',
    path: '/api/access/oidc/callback',
    group: 'access',
    role: 'anyone',
    summary: "Come back from the company's own sign-in; for browsers",
    reply: { text: 'text/plain' },
  },
  sessions: {
    ...ACCESS.sessions,
    summary: 'Who is signed in, the newest first',
    reply: { list: 'FleetSession' },
  },
  endSession: ACCESS.endSession,
  me: {
    ...ACCESS.me,
    reply: { json: 'FleetMe' },
  },
  signOut: ACCESS.signOut,
  changePassword: ACCESS.changePassword,
  users: {
    ...ACCESS.users,
    summary: 'Users with what they may',
    reply: { list: 'PersonView' },
  },
  addUser: {
    ...ACCESS.addUser,
    body: AddPersonRequest,
    reply: { json: 'PersonView' },
  },
  setRights: {
    ...ACCESS.setRights,
    summary: 'Give a user other roles at other groups of sites; it holds at once',
    body: GrantsRequest,
    reply: { json: 'PersonView' },
  },
  setPassword: {
    ...ACCESS.setPassword,
    body: PersonPasswordRequest,
    reply: { json: 'PersonView' },
  },
  removeUser: {
    ...ACCESS.removeUser,
    body: PersonRequest,
  },
  tokens: {
    ...ACCESS.tokens,
    reply: { list: 'FleetTokenView' },
  },
  createToken: {
    ...ACCESS.createToken,
    body: FleetTokenRequest,
  },
  revokeToken: {
    ...ACCESS.revokeToken,
    body: FleetRevokeRequest,
  },
} as const satisfies { readonly [id: string]: FleetRoute };
