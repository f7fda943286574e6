import type { Route } from '#contract/routes/route.ts';

/** Schemas of answers by name; loaded by whoever documents them. */
export type FleetReplies = typeof import('./replies.ts');

/** Parts of the hub's API. */
export const FLEET_GROUPS = {
  fleet: 'Sites, their state, and what other programs want to know of them',
  data: 'Values, history and events of sites, in the shapes of a site itself',
  alarms: 'Alarms of all sites, and acknowledging them from here',
  identities: 'Who may speak for a site: certificates, join tokens',
  webhooks: 'Events told to programs elsewhere',
  access: 'Signing in, users, sessions, and API tokens of the hub',
} as const;

export type FleetRoute = Route<keyof typeof FLEET_GROUPS, keyof FleetReplies>;
