import type { AlarmsQuery, FleetAlarm } from '#contract/fleet-client.ts';
import { PRIORITIES, type Priority } from '../../../parts/alarms.ts';
import { WAITING_STATES } from '../../data/alarms.ts';

/* Which alarms somebody wants to see. It stands in the address, so that it can be sent to somebody else. */

export const VIEWS = ['waiting', 'standing', 'pending', 'aside'] as const;
export type View = (typeof VIEWS)[number];

export interface Asked {
  readonly view: View;
  /** Empty: all. */
  readonly priorities: readonly Priority[];
  readonly site: string;
  readonly labels: string;
  readonly search: string;
  /** `site id` of the one that is told more of. */
  readonly opened: string | undefined;
}

export function askedOf(query: URLSearchParams): Asked {
  const priorities = query.get('priority')?.split(',') ?? [];
  const [site, alarm] = [query.get('site') ?? '', query.get('alarm')];
  return {
    view: VIEWS.find((one) => one === query.get('view')) ?? 'waiting',
    priorities: PRIORITIES.filter((one) => priorities.includes(one)),
    site,
    labels: query.get('labels') ?? '',
    search: query.get('search') ?? '',
    // The banner names one by its site and its id.
    opened: query.get('open') ?? (alarm === null ? undefined : `${site} ${alarm}`),
  };
}

export const queryOf = ({
  view,
  priorities,
  opened,
  ...texts
}: Asked): { readonly [name: string]: string } => ({
  ...(view !== 'waiting' && { view }),
  ...(priorities.length > 0 && { priority: priorities.join(',') }),
  ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
  ...(opened !== undefined && { open: opened }),
});

const STANDING: readonly FleetAlarm['state'][] = [...WAITING_STATES, 'acknowledged', 'latchedAcknowledged'];
const ASIDE: readonly FleetAlarm['state'][] = ['shelved', 'suppressed', 'outOfService'];

const OF_VIEW: { readonly [view in View]: AlarmsQuery } = {
  waiting: { state: WAITING_STATES },
  standing: { state: STANDING },
  pending: { asked: ['waiting', 'sent', 'refused'] },
  aside: { state: ASIDE },
};

export const hubQuery = ({ view, priorities, site, labels, search }: Asked): AlarmsQuery => ({
  ...OF_VIEW[view],
  ...(priorities.length > 0 && { priority: priorities }),
  ...(site.trim() !== '' && { site: site.trim().split(/[\s,]+/) }),
  ...(labels.trim() !== '' && { labels: labels.trim() }),
  ...(search.trim() !== '' && { search: search.trim() }),
});
