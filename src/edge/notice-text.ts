import type { AlarmStatus } from '#contract/api.ts';
import type { Json } from '#kernel/event.ts';
import type { Notice } from '#notices/api.ts';
import type { NoticeText } from '#plugin/api.ts';

export interface NoticeFacts {
  readonly site: string;
  readonly description: string | undefined;
  readonly alarm: Pick<AlarmStatus, 'consequence' | 'response'> | undefined;
  /** Wall clock, µs: when the alarm began to ask, and now. */
  readonly sinceUs: number;
  readonly nowUs: number;
}

/** What people read, the most important first: a telephone shows one line. */
export function noticeText(notice: Notice, facts: NoticeFacts): NoticeText {
  const { site, description, alarm, sinceUs, nowUs } = facts;
  const what = headline(notice, nowUs - sinceUs);
  const since = new Date(sinceUs / 1000).toISOString();
  const lines = [
    description,
    `Alarm        ${notice.alarm}`,
    `Site         ${site}`,
    `Priority     ${notice.priority}`,
    `Since        ${since}`,
    notice.reason !== 'ended' && alarm ? `Consequence  ${alarm.consequence}` : undefined,
    notice.reason !== 'ended' && alarm ? `Response     ${alarm.response}` : undefined,
    `Told by      ${notice.plan}, step ${notice.step + 1}; notice ${notice.id}`,
    notice.reason === 'ended' ? undefined : `Acknowledge  holdfast alarm acknowledge ${notice.alarm}`,
  ];
  const detail: { readonly [field: string]: Json } = {
    notice: notice.id,
    reason: notice.reason,
    site,
    alarm: notice.alarm,
    priority: notice.priority,
    state: notice.state,
    since,
    ...(description !== undefined && { description }),
    ...(alarm && { consequence: alarm.consequence, response: alarm.response }),
    ...(notice.by !== undefined && { by: notice.by }),
  };
  return {
    // A new data folder counts from 1 again: the moment tells its notices from those of the old one.
    key: `${site.replaceAll('_', '-')}-${Math.round(notice.sinceUs / 1000).toString(36)}-${notice.id}`,
    subject: `[${notice.priority}] ${site}: ${notice.alarm} ${what}`,
    text: `${lines.filter((line) => line !== undefined).join('\n')}\n`,
    detail,
  };
}

const ENDS: { readonly [state: string]: string } = {
  acknowledged: 'acknowledged',
  latchedAcknowledged: 'acknowledged',
  normal: 'over',
  shelved: 'shelved',
  suppressed: 'suppressed by design',
  outOfService: 'taken out of service',
};

function headline({ reason, state, by }: Notice, forUs: number): string {
  if (reason === 'raised') return 'raised';
  if (reason === 'escalated') return `not acknowledged for ${Math.round(forUs / 60e6)} min`;
  return `${ENDS[state] ?? state}${by === undefined ? '' : ` by ${by}`}`;
}
