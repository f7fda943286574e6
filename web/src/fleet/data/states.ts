import type { FleetSummary } from '#contract/fleet-client.ts';

export type Count = FleetSummary['counts'][number];
export type LinkState = Count['state'];
export type IdentityState = Count['identity'];

/** What is left of a site that is no more counts nowhere, unless it is asked for. */
export const isThere = ({ identity }: Pick<Count, 'identity'>): boolean => identity !== 'retired';

/** How many sites are so. */
export const sitesWhere = (counts: readonly Count[], isSo: (one: Count) => boolean = isThere): number =>
  counts.reduce((sum, one) => sum + (isSo(one) ? one.sites : 0), 0);
