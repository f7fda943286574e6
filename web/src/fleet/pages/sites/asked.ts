import type { SitesQuery } from '#contract/fleet-client.ts';
import type { Count, IdentityState, LinkState } from '../../data/states.ts';

/* Which sites somebody wants to see, and in which order. It stands in the address, so that it can be sent to somebody else. */

export const STATES: readonly LinkState[] = ['offline', 'stale', 'never', 'online'];
export const IDENTITIES: readonly IdentityState[] = ['cloned', 'expired', 'revoked', 'active', 'retired'];
/** All but those that are no more, while nothing else is asked for. */
const USUAL = IDENTITIES.filter((one) => one !== 'retired');

const ORDERS = ['id', 'state', 'alarms', 'waiting', 'since', 'software', 'joined', 'validTo'] as const;
export type Order = (typeof ORDERS)[number];

export interface Asked {
  readonly search: string;
  /** A label expression. */
  readonly labels: string;
  /** Empty: any. */
  readonly states: readonly LinkState[];
  /** Empty: all but retired ones. */
  readonly identities: readonly IdentityState[];
  readonly sort: Order;
  readonly isDown: boolean;
}

export function askedOf(query: URLSearchParams): Asked {
  const list = (name: string) => query.get(name)?.split(',') ?? [];
  return {
    search: query.get('search') ?? '',
    labels: query.get('labels') ?? '',
    states: STATES.filter((one) => list('state').includes(one)),
    identities: IDENTITIES.filter((one) => list('identity').includes(one)),
    sort: ORDERS.find((one) => one === query.get('sort')) ?? 'state',
    isDown: query.get('order') === 'desc',
  };
}

export const queryOf = ({
  search,
  labels,
  states,
  identities,
  sort,
  isDown,
}: Asked): { readonly [name: string]: string } => ({
  ...(search !== '' && { search }),
  ...(labels !== '' && { labels }),
  ...(states.length > 0 && { state: states.join(',') }),
  ...(identities.length > 0 && { identity: identities.join(',') }),
  ...(sort !== 'state' && { sort }),
  ...(isDown && { order: 'desc' }),
});

/** What of it also the figures of the fleet are asked by. */
export const groupQuery = ({ search, labels }: Asked) => ({
  ...(search.trim() !== '' && { search: search.trim() }),
  ...(labels.trim() !== '' && { labels: labels.trim() }),
});

export const identitiesOf = ({ identities }: Asked): readonly IdentityState[] =>
  identities.length > 0 ? identities : USUAL;

export const hubQuery = (asked: Asked): SitesQuery => ({
  ...groupQuery(asked),
  ...(asked.states.length > 0 && { state: asked.states }),
  identity: identitiesOf(asked),
  sort: asked.sort,
  order: asked.isDown ? 'desc' : 'asc',
});

/** Whether sites that are counted so are wanted. */
export const isWanted = (asked: Asked, { state, identity }: Count): boolean =>
  (asked.states.length === 0 || asked.states.includes(state)) && identitiesOf(asked).includes(identity);
