import type { AlarmStatus } from '#contract/client.ts';

export type Priority = AlarmStatus['priority'];

/** From the worst on. */
export const PRIORITIES: readonly Priority[] = ['critical', 'high', 'medium', 'low'];

const UNACKNOWLEDGED: ReadonlySet<AlarmStatus['state']> = new Set([
  'unacknowledged',
  'returnedUnacknowledged',
  'latchedUnacknowledged',
]);

/** Whether somebody still has to acknowledge it (ISA-18.2, figure 2). */
export const isUnacknowledged = ({ state }: Pick<AlarmStatus, 'state'>): boolean => UNACKNOWLEDGED.has(state);

const ASIDE: ReadonlySet<AlarmStatus['state']> = new Set(['normal', 'shelved', 'suppressed', 'outOfService']);

/** Whether it is to be shown as one that stands: shelved, suppressed and out of service ones are listed elsewhere. */
export const isStanding = ({ state }: Pick<AlarmStatus, 'state'>): boolean => !ASIDE.has(state);

/** Unacknowledged ones first, then the worst, then the newest. */
export function byUrgency(a: AlarmStatus, b: AlarmStatus): number {
  const first = Number(isUnacknowledged(b)) - Number(isUnacknowledged(a));
  const worse = PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
  return first || worse || b.sinceUs - a.sinceUs;
}

/** Last part of its id, as people say it: `discharge-pressure-high` is “discharge pressure high”. */
export const alarmName = ({ id }: Pick<AlarmStatus, 'id'>): string =>
  (id.split('/').at(-1) ?? id).replaceAll(/[-_]/g, ' ');

/** States as people say them. */
export const STATE_WORDS: { readonly [state in AlarmStatus['state']]: string } = {
  normal: 'normal',
  unacknowledged: 'unacknowledged',
  acknowledged: 'acknowledged',
  returnedUnacknowledged: 'returned, unacknowledged',
  latchedUnacknowledged: 'latched, unacknowledged',
  latchedAcknowledged: 'latched, acknowledged',
  shelved: 'shelved',
  suppressed: 'suppressed by design',
  outOfService: 'out of service',
};
