import type { EndpointDescription } from 'node-opcua-client';
import { nameOf } from '#wire/opcua/endpoint.ts';

type Offer = Pick<EndpointDescription, 'securityMode' | 'securityPolicyUri'>;

/** Names of the site file by those of the specification (OPC UA Part 7), the better ones first. */
const POLICIES = [
  ['Aes256_Sha256_RsaPss', 'aes256Sha256RsaPss'],
  ['Basic256Sha256', 'basic256Sha256'],
  ['Aes128_Sha256_RsaOaep', 'aes128Sha256RsaOaep'],
] as const;
/** By MessageSecurityMode (Part 4, 7.20). */
const MODES: Readonly<Record<number, string>> = { 1: 'none', 2: 'sign', 3: 'signAndEncrypt' };
const DEFAULT = { mode: 'signAndEncrypt', policy: 'basic256Sha256' };

/** `signAndEncrypt with Basic256Sha256`; each once, in the order of the server. */
export const securityNames = (offers: readonly Offer[]): readonly string[] => [
  ...new Set(offers.map(nameOf)),
];

/** UserTokenType (Part 4, 7.42). */
const USERS = ['anonymous', 'name and password', 'certificate', 'issued token'];

/** Who may sign in at one of them, each once. */
export const userNames = (
  offers: readonly Pick<EndpointDescription, 'userIdentityTokens'>[],
): readonly string[] => [
  ...new Set(
    offers.flatMap(({ userIdentityTokens }) =>
      (userIdentityTokens ?? []).map(({ tokenType }) => USERS[tokenType] ?? 'unknown'),
    ),
  ),
];

const policyOf = (offer: Offer): string => (offer.securityPolicyUri ?? '').split('#')[1] ?? 'unknown policy';

/** What a site file should say: the default where it is offered, otherwise the best of what we speak. */
export function bestOf(
  offers: readonly Offer[],
): { readonly security: { readonly [name: string]: string }; readonly isDefault: boolean } | undefined {
  const spoken = offers.flatMap((offer) => {
    const mode = MODES[offer.securityMode];
    const policy = POLICIES.find(([name]) => name === policyOf(offer))?.[1];
    if (mode === 'none') return [{ mode }];
    return mode !== undefined && policy !== undefined ? [{ mode, policy }] : [];
  });
  const isDefault = spoken.some(
    (one) => one.mode === DEFAULT.mode && 'policy' in one && one.policy === DEFAULT.policy,
  );
  if (isDefault) return { security: DEFAULT, isDefault };
  const rank = (one: (typeof spoken)[number]) => ['none', 'sign', 'signAndEncrypt'].indexOf(one.mode);
  const [best] = spoken.toSorted((a, b) => rank(b) - rank(a));
  return best && { security: best as { [name: string]: string }, isDefault: false };
}
