import type { AlarmStatus, AlertStatus } from '#contract/client.ts';
import { byUrgency, isStanding, isUnacknowledged, PRIORITIES, type Priority } from '../../parts/alarms.ts';

import { type AlarmRecord, raisedUs } from './record-of.ts';

/* What somebody asks of the list. It stands in the address, so that it can be sent to somebody else. */

const ALARM_LISTS = ['standing', 'unacknowledged', 'shelved', 'suppressed', 'outOfService', 'all'] as const;
export type AlarmListName = (typeof ALARM_LISTS)[number];
/** Alerts are no alarms: their list is another one. */
export const LISTS = [...ALARM_LISTS, 'alerts'] as const;
export type ListName = (typeof LISTS)[number];

export const SORTS = ['urgency', 'priority', 'alarm', 'state', 'raised'] as const;
export type Sort = (typeof SORTS)[number];

export interface Asked {
  readonly list: ListName;
  /** Empty: all. */
  readonly priorities: readonly Priority[];
  /** Path of an area, line or asset; empty: all. */
  readonly area: string;
  readonly text: string;
  readonly sort: Sort;
  readonly isReversed: boolean;
  /** Only these, such as those that chatter; empty: all. */
  readonly only: readonly string[];
}

const oneOf = <T extends string>(all: readonly T[], given: string | null, usual: T): T =>
  all.find((one) => one === given) ?? usual;

export function askedOf(query: URLSearchParams): Asked {
  const priorities = query.get('priority')?.split(',') ?? [];
  return {
    list: oneOf(LISTS, query.get('list'), 'standing'),
    priorities: PRIORITIES.filter((one) => priorities.includes(one)),
    area: query.get('area') ?? '',
    text: query.get('text') ?? '',
    sort: oneOf(SORTS, query.get('sort'), 'urgency'),
    isReversed: query.get('reversed') === 'yes',
    only: query.get('only')?.split(',') ?? [],
  };
}

/** What is as usual is not said. */
export function queryOf(asked: Asked): { readonly [name: string]: string } {
  return {
    ...(asked.list !== 'standing' && { list: asked.list }),
    ...(asked.priorities.length > 0 && { priority: asked.priorities.join(',') }),
    ...(asked.area !== '' && { area: asked.area }),
    ...(asked.text !== '' && { text: asked.text }),
    ...(asked.sort !== 'urgency' && { sort: asked.sort }),
    ...(asked.isReversed && { reversed: 'yes' }),
    ...(asked.only.length > 0 && { only: asked.only.join(',') }),
  };
}

export function isIn(list: ListName, alarm: AlarmStatus): boolean {
  if (list === 'standing') return isStanding(alarm);
  if (list === 'unacknowledged') return isUnacknowledged(alarm);
  return list === 'all' || alarm.state === list;
}

/** Whether it is one of those that are looked for, in whatever list. */
export function isWanted({ area, text, only }: Asked, alarm: AlarmStatus): boolean {
  if (only.length > 0 && !only.includes(alarm.id)) return false;
  const said = `${alarm.id} ${alarm.description ?? ''} ${alarm.response} ${alarm.consequence}`;
  return isBelow(area, alarm.id) && isSaid(text, said);
}

/** The same of an alert, standing or over. */
export const isAlertWanted = (
  { area, text }: Asked,
  { rule, text: told, description = '' }: Pick<AlertStatus, 'rule' | 'text' | 'description'>,
): boolean => isBelow(area, rule) && isSaid(text, `${rule} ${told} ${description}`);

const isBelow = (area: string, id: string): boolean =>
  area === '' || id === area || id.startsWith(`${area}/`);

function isSaid(text: string, said: string): boolean {
  const hay = said.replaceAll(/[-_]/g, ' ').toLowerCase();
  return text
    .toLowerCase()
    .replaceAll(/[-_]/g, ' ')
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

const byPriority = (a: AlarmStatus, b: AlarmStatus): number =>
  PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);

/** In the order asked for; among equals the newest first, and then by name, so that nothing swaps places for no reason. */
export function inOrder(
  alarms: readonly AlarmStatus[],
  { sort, isReversed }: Pick<Asked, 'sort' | 'isReversed'>,
  record: AlarmRecord | undefined,
): readonly AlarmStatus[] {
  const newest = (a: AlarmStatus, b: AlarmStatus) => raisedUs(b, record) - raisedUs(a, record);
  const orders: { readonly [sort in Sort]: (a: AlarmStatus, b: AlarmStatus) => number } = {
    urgency: byUrgency,
    priority: byPriority,
    alarm: (a, b) => a.id.localeCompare(b.id),
    state: (a, b) => a.state.localeCompare(b.state) || byPriority(a, b),
    raised: newest,
  };
  const order = orders[sort];
  const sign = isReversed ? -1 : 1;
  return alarms.toSorted((a, b) => sign * order(a, b) || newest(a, b) || a.id.localeCompare(b.id));
}

/** Areas and lines that have some of these, and the assets below them. */
export function placesOf(all: readonly { readonly asset: string }[]): readonly string[] {
  const places = new Set<string>();
  for (const { asset } of all) {
    const parts = asset.split('/').filter((part) => part !== '');
    for (let depth = 1; depth <= parts.length; depth++) places.add(parts.slice(0, depth).join('/'));
  }
  return [...places].sort();
}
