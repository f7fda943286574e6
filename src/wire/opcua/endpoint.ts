import type { EndpointDescription, UserTokenPolicy } from 'node-opcua-client';
import { Fault } from '#kernel/fault.ts';
import type { Connection } from './config.ts';

const POLICY_URI = 'http://opcfoundation.org/UA/SecurityPolicy#';
/** Names of the site file, and of the specification (Part 7). */
const POLICIES = {
  basic256Sha256: 'Basic256Sha256',
  aes128Sha256RsaOaep: 'Aes128_Sha256_RsaOaep',
  aes256Sha256RsaPss: 'Aes256_Sha256_RsaPss',
} as const;
/** MessageSecurityMode (Part 4, 7.20). */
const MODES = { none: 1, sign: 2, signAndEncrypt: 3 } as const;
/** UserTokenType (Part 4, 7.42). */
const TOKENS = { anonymous: 0, name: 1, certificate: 2 } as const;

export const modeOf = (security: Connection['security']): number => MODES[security.mode];
export const policyUriOf = (security: Connection['security']): string =>
  POLICY_URI + (security.mode === 'none' ? 'None' : POLICIES[security.policy]);

type Offer = Pick<
  EndpointDescription,
  'securityMode' | 'securityPolicyUri' | 'userIdentityTokens' | 'serverCertificate' | 'securityLevel'
>;

/**
 * The endpoint of the wished security that takes the wished kind of user. The addresses in the offers do not count:
 * servers announce names that nobody resolves, and the connection goes through the address of the site file.
 * @throws Fault `opcua.security`, `opcua.user-refused`, `opcua.password-in-clear`
 */
export function chooseEndpoint<T extends Offer>(
  offers: readonly T[],
  wish: Pick<Connection, 'security' | 'user'>,
  where: string,
): T {
  const secured = offers.filter(
    (offer) =>
      offer.securityMode === modeOf(wish.security) && offer.securityPolicyUri === policyUriOf(wish.security),
  );
  if (secured.length === 0) {
    const offered = offers.map(nameOf).filter((name, i, all) => all.indexOf(name) === i);
    throw new Fault('opcua.security', `${where} offers no ${wishName(wish.security)}`, {
      hint: `It offers: ${offered.join(', ') || 'nothing'}. Set security accordingly.`,
    });
  }
  const type = tokenOf(wish.user);
  const taking = secured.find((offer) => tokensOf(offer).some(({ tokenType }) => tokenType === type));
  if (!taking) {
    const hint =
      type === TOKENS.anonymous ? 'Set user: the endpoint asks who it is.' : 'It takes other users only.';
    throw new Fault('opcua.user-refused', `${where} does not take this kind of user`, { hint });
  }
  if (type === TOKENS.name && inClear(taking)) throw passwordInClear(where);
  return taking;
}

export const passwordInClear = (where: string): Fault =>
  new Fault('opcua.password-in-clear', `${where} would get the password in the clear`, {
    hint: 'Use security mode signAndEncrypt; nothing was sent.',
  });

const tokensOf = (offer: Offer): readonly UserTokenPolicy[] => offer.userIdentityTokens ?? [];

const tokenOf = (user: Connection['user']): number =>
  user === undefined ? TOKENS.anonymous : 'name' in user ? TOKENS.name : TOKENS.certificate;

/** Without a channel that encrypts, the token's own policy must (Part 4, 7.41.4; absent: the endpoint's). */
function inClear(offer: Offer): boolean {
  if (offer.securityMode === MODES.signAndEncrypt) return false;
  const names = tokensOf(offer).filter(({ tokenType }) => tokenType === TOKENS.name);
  return !names.some(({ securityPolicyUri }) => {
    const uri = securityPolicyUri || offer.securityPolicyUri;
    return typeof uri === 'string' && uri !== `${POLICY_URI}None`;
  });
}

const wishName = (security: Connection['security']): string =>
  security.mode === 'none'
    ? 'endpoint without security'
    : `${security.mode} with ${POLICIES[security.policy]}`;

/** `signAndEncrypt with Basic256Sha256`, or `none`. */
export function nameOf(offer: Pick<Offer, 'securityMode' | 'securityPolicyUri'>): string {
  const mode =
    Object.entries(MODES).find(([, number]) => number === offer.securityMode)?.[0] ?? 'unknown mode';
  const policy = (offer.securityPolicyUri ?? '').split('#')[1] ?? 'unknown policy';
  return mode === 'none' ? 'none' : `${mode} with ${policy}`;
}
