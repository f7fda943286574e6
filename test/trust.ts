import type { PeerTrust } from '#plugin/api.ts';

/** For plugins under test that meet no certificate: trusts none, and has none of its own. */
export const trustsNothing: PeerTrust = {
  judge: () => 'rejected',
  identity: () => Promise.reject(new Error('this test has no certificate of its own')),
};
