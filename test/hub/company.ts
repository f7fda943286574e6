import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import type { OidcSettings } from '#contract/hub-file.ts';
import { freePort } from '#test/e2e/free-port.ts';
import { HubRig } from './rig.ts';

const SECRET = 'a secret of the client, long enough';

/** What must be ended, as of a test. */
interface Ends {
  after(end: () => unknown): void;
}

interface Person {
  readonly name: string;
  groups: string[];
}

/** A real provider, where people sign in by their subject, and consent. */
async function provider(t: Ends, redirectUri: string) {
  const people = new Map<string, Person>([
    ['1', { name: 'ann', groups: ['fleet-admins'] }],
    ['2', { name: 'ben', groups: ['north-ops', 'canteen'] }],
    ['3', { name: 'eve', groups: ['canteen'] }],
  ]);
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const oidc = new Provider(issuer, {
    clients: [{ client_id: 'holdfast', client_secret: SECRET, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    // Groups are told by the userinfo endpoint, as most providers have it.
    conformIdTokenClaims: true,
    cookies: { keys: ['for the test'] },
    pkce: { required: () => true },
    findAccount: (_context: unknown, sub: string) => {
      const person = people.get(sub);
      return (
        person && {
          accountId: sub,
          claims: () => ({ sub, preferred_username: person.name, groups: person.groups }),
        }
      );
    },
  });
  const server = createServer(oidc.callback());
  const listens = async () => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  await listens();
  const away = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  t.after(away);
  return { issuer, people, away, listens };
}

/** A hub whose people sign in there: `fleet-admins` may all, `north-ops` operate the north. */
export async function companyHub(t: Ends) {
  const port = await freePort();
  const address = `https://127.0.0.1:${port}`;
  const idp = await provider(t, `${address}/api/access/oidc/callback`);
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-oidc-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const clientSecretFile = join(dir, 'secret');
  writeFileSync(clientSecretFile, `${SECRET}\n`);
  const oidc: OidcSettings = {
    ...{ issuer: idp.issuer, clientId: 'holdfast', clientSecretFile, address, title: 'Company' },
    ...{
      scopes: ['openid', 'profile'],
      nameClaim: 'preferred_username',
      groupsClaim: 'groups',
      sessionHours: 1,
    },
    grants: [
      { group: 'fleet-admins', role: 'administrator' },
      { group: 'north-ops', role: 'operator', sites: 'region=north' },
    ],
  };
  const hub = await HubRig.start({ port, settings: { oidc } });
  t.after(() => hub[Symbol.asyncDispose]());
  return { hub, idp, address };
}
