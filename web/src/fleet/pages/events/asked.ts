import type { EventsQuery, FleetEvent } from '#contract/fleet-client.ts';
import { shownZone } from '../../../parts/format.ts';

/* What somebody asks of the events of the fleet. It stands in the address, so that it can be sent to somebody else. */

export const KINDS: readonly FleetEvent['kind'][] = [
  'security',
  'alarm',
  'alert',
  'write',
  'config',
  'system',
  'rule',
];

export interface Asked {
  /** Empty: all. */
  readonly kinds: readonly FleetEvent['kind'][];
  readonly site: string;
  readonly labels: string;
  readonly search: string;
  /** Such as `2026-11-28 14:03`; empty: no limit. */
  readonly from: string;
  readonly to: string;
}

const TEXTS = ['site', 'labels', 'search', 'from', 'to'] as const;

export function askedOf(query: URLSearchParams): Asked {
  const kinds = query.get('kind')?.split(',') ?? [];
  const text = (name: (typeof TEXTS)[number]) => query.get(name) ?? '';
  return {
    kinds: KINDS.filter((one) => kinds.includes(one)),
    site: text('site'),
    labels: text('labels'),
    search: text('search'),
    from: text('from'),
    to: text('to'),
  };
}

export const queryOf = ({ kinds, ...texts }: Asked): { readonly [name: string]: string } => ({
  ...(kinds.length > 0 && { kind: kinds.join(',') }),
  ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
});

export const hubQuery = ({ kinds, site, labels, search, from, to }: Asked): EventsQuery => ({
  ...(kinds.length > 0 && { kind: kinds }),
  ...(site.trim() !== '' && { site: site.trim().split(/[\s,]+/) }),
  ...(labels.trim() !== '' && { labels: labels.trim() }),
  ...(search.trim() !== '' && { search: search.trim() }),
  ...(isTime(from) && { from: microseconds(from) }),
  ...(isTime(to) && { to: microseconds(to) }),
});

/** What an address brings may be none. */
const isTime = (written: string): boolean => !Number.isNaN(shownZone().timeOf(written));
const microseconds = (written: string): string => String(shownZone().timeOf(written) * 1e6);
