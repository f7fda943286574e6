import type { EventsQuery, EventView } from '#contract/client.ts';
import { shownZone } from '../../parts/format.ts';

/* What somebody asks of the journal's events. It stands in the address, so that it can be sent to somebody else. */

export const GROUPS = ['writes', 'alarms', 'config', 'access', 'security', 'other'] as const;
export type Group = (typeof GROUPS)[number];

export interface Asked {
  /** Empty: all but `other`. */
  readonly groups: readonly Group[];
  /** Text in the name of who did it; empty: anybody. */
  readonly by: string;
  /** Path or name that it concerns, or what all of them begin with; empty: anything. */
  readonly subject: string;
  /** Such as `2026-11-28 14:03`; empty: no limit. */
  readonly from: string;
  readonly to: string;
  /** With what rules did, and the intents of writes. */
  readonly isWhole: boolean;
}

export function askedOf(query: URLSearchParams): Asked {
  const groups = query.get('group')?.split(',') ?? [];
  return {
    groups: GROUPS.filter((one) => groups.includes(one)),
    by: query.get('by') ?? '',
    subject: query.get('subject') ?? '',
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    isWhole: query.get('whole') === 'yes',
  };
}

export function queryOf({ groups, isWhole, ...texts }: Asked): { readonly [name: string]: string } {
  return {
    ...(groups.length > 0 && { group: groups.join(',') }),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    ...(isWhole && { whole: 'yes' }),
  };
}

const ACCESS =
  /^security\.(signed-|sign-in-|session-|access-refused|user-|token-|password-|break-glass|accounts-|panel-)/;

export function groupOf({ kind, name, detail }: EventView): Group {
  if (kind === 'write' || name === 'security.write-refused') return 'writes';
  // What an alarm did by itself is on its own page; here are the acts.
  if (kind === 'alarm') return detail?.to === undefined ? 'alarms' : 'other';
  if (kind === 'config') return 'config';
  if (kind === 'security') return ACCESS.test(name) ? 'access' : 'security';
  // People begin maintenance; that is no write, and an act all the same.
  return name.startsWith('maintenance.') ? 'alarms' : 'other';
}

const KINDS: { readonly [group in Group]: readonly EventView['kind'][] } = {
  writes: ['write', 'security'],
  alarms: ['alarm', 'system'],
  config: ['config'],
  access: ['security'],
  security: ['security'],
  other: ['rule', 'system', 'alarm', 'alert'],
};

const groupsOf = ({ groups }: Asked): readonly Group[] =>
  groups.length > 0 ? groups : GROUPS.filter((one) => one !== 'other');

/** As much of it as the site can look for. */
export function siteQuery(asked: Asked): EventsQuery {
  const kind = [...new Set(groupsOf(asked).flatMap((group) => KINDS[group]))];
  const subject = asked.subject.trim();
  return {
    kind,
    limit: 500,
    ...(subject !== '' && { subject: subject.endsWith('*') ? subject : `${subject}*` }),
    ...(isTime(asked.from) && { from: microseconds(asked.from) }),
    ...(isTime(asked.to) && { to: microseconds(asked.to) }),
  };
}

/** What an address brings may be none. */
const isTime = (written: string): boolean => !Number.isNaN(shownZone().timeOf(written));
const microseconds = (written: string): string => String(shownZone().timeOf(written) * 1e6);

/** The rest of it. */
export function isWanted(asked: Asked, event: EventView): boolean {
  const { by = '' } = event;
  if (!groupsOf(asked).includes(groupOf(event))) return false;
  if (!asked.isWhole && (by.startsWith('rule:') || event.name === 'write.intent')) return false;
  return by.toLowerCase().includes(asked.by.trim().toLowerCase());
}

/** Whether an event that has just come belongs to the list. */
export function isNew(asked: Asked, event: EventView): boolean {
  const { kind = [], subject } = siteQuery(asked);
  const begin = subject?.slice(0, -1) ?? '';
  const fits = (kind as readonly string[]).includes(event.kind) && event.subject.startsWith(begin);
  return fits && asked.to === '' && isWanted(asked, event);
}
