import { readFile } from 'node:fs/promises';
import * as client from 'openid-client';
import type { OidcSettings } from '#contract/hub-file.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Grant } from '../rows.ts';

/** What a browser keeps between its way to the provider and back. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Whom the provider vouches for. */
export interface Vouched {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly groups: readonly string[];
}

export const CALLBACK = '/api/access/oidc/callback';
/** Keys and addresses of a provider change now and then. */
const KNOWN_MS = 3_600_000;
const TIMEOUT_S = 10;
const LONGEST_NAME = 64;

/** A company's sign-in: OpenID Connect, authorization code flow with PKCE (OpenID Connect Core 3.1, RFC 7636). */
export class OidcProvider {
  readonly settings: OidcSettings;
  #known: { readonly atMs: number; readonly configuration: client.Configuration } | undefined;

  constructor(settings: OidcSettings) {
    this.settings = settings;
  }

  /** Where to send a browser. @throws Fault `oidc.unreachable` */
  async begin(): Promise<{ readonly url: URL; readonly attempt: Attempt }> {
    const configuration = await this.#configuration();
    const verifier = client.randomPKCECodeVerifier();
    const attempt = { state: client.randomState(), nonce: client.randomNonce(), verifier };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri,
      scope: this.settings.scopes.join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: attempt.state,
      nonce: attempt.nonce,
    });
    return { url, attempt };
  }

  /**
   * What the provider says with a browser that came back.
   * @param query as it came, with its question mark
   * @throws Fault `oidc.unreachable`, `oidc.refused` for an answer that is wrong, over, or not for this attempt
   */
  async finish(query: string, { state, nonce, verifier }: Attempt): Promise<Vouched> {
    const configuration = await this.#configuration();
    try {
      const tokens = await client.authorizationCodeGrant(configuration, new URL(this.redirectUri + query), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error('there is no ID token');
      const { iss: issuer, sub: subject } = claims;
      const isTold = valueAt(claims, this.settings.groupsClaim) !== undefined;
      const all = isTold
        ? claims
        : { ...claims, ...(await client.fetchUserInfo(configuration, tokens.access_token, subject)) };
      return { issuer, subject, ...this.#described(all, subject) };
    } catch (error) {
      throw isNetwork(error) ? unreachable(this.settings.issuer, error) : refused(error);
    }
  }

  /** Roles that groups give. */
  grantsOf(groups: readonly string[]): Grant[] {
    return this.settings.grants
      .filter(({ group }) => groups.includes(group))
      .map(({ role, sites }) => ({ role, ...(sites !== undefined && { sites }) }));
  }

  get redirectUri(): string {
    return `${this.settings.address}${CALLBACK}`;
  }

  #described(claims: object, subject: string): Pick<Vouched, 'name' | 'groups'> {
    const { nameClaim, groupsClaim } = this.settings;
    const name = valueAt(claims, nameClaim);
    const groups = valueAt(claims, groupsClaim);
    const plain = (typeof name === 'string' && name !== '' ? name : subject).replaceAll(/[\p{C}\s]+/gu, '_');
    return {
      name: plain.slice(0, LONGEST_NAME),
      groups: (Array.isArray(groups) ? groups : [groups]).filter((one) => typeof one === 'string'),
    };
  }

  async #configuration(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecretFile } = this.settings;
    if (this.#known && performance.now() - this.#known.atMs < KNOWN_MS) return this.#known.configuration;
    const secret = clientSecretFile && (await readFile(clientSecretFile, 'utf8')).trim();
    try {
      const configuration = await client.discovery(
        new URL(issuer),
        clientId,
        {},
        secret ? client.ClientSecretBasic(secret) : client.None(),
        // The schema of the settings lets no other machine be reached so.
        {
          timeout: TIMEOUT_S,
          ...(issuer.startsWith('http:') && { execute: [client.allowInsecureRequests] }),
        },
      );
      this.#known = { atMs: performance.now(), configuration };
      return configuration;
    } catch (error) {
      throw unreachable(issuer, error);
    }
  }
}

/** A claim, or one within another: `realm_access.roles`. */
function valueAt(claims: object, path: string): unknown {
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as { readonly [step: string]: unknown })[step];
  }
  return value;
}

/** Of `fetch`, or a time-out of it. */
function isNetwork(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: string; readonly cause?: unknown };
  if (error instanceof TypeError && error.message === 'fetch failed') return true;
  return code === 'OAUTH_TIMEOUT' || (cause !== undefined && cause !== error && isNetwork(cause));
}

const unreachable = (issuer: string, cause: unknown): Fault =>
  new Fault('oidc.unreachable', `${issuer} does not answer as a provider of sign-ins: ${messageOf(cause)}`, {
    hint: 'local users sign in with their passwords meanwhile',
    cause,
  });

const refused = (cause: unknown): Fault =>
  new Fault('oidc.refused', `the provider does not vouch for whoever came back: ${messageOf(cause)}`, {
    retry: 'never',
    cause,
  });
