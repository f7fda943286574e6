import type { SiteStatus } from '#contract/client.ts';

/** What the state of a source or sink means to people. */
export const PEER_STATES: { readonly [state in SiteStatus['sources'][string]['state']]: string } = {
  opening: 'connecting',
  running: 'running',
  waiting: 'tries again soon',
  failed: 'given up',
  closed: 'closed',
  shadowed: 'shadowed',
};
