import type { AlarmState, Priority } from '#decide/api.ts';

/*
 * Who is told of an alarm, when, and who next. Pure: no clock, no I/O. Durations run on the steady clock, so that no
 * jump of the wall clock tells anybody early or late; only shifts are a matter of the wall clock.
 */

/** A time of the week during which somebody is there. Over midnight where it ends before it begins. */
export interface Shift {
  /** Days on which it begins, 0 = Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight, local time; `to` excluded. Equal: the whole day. */
  readonly fromMin: number;
  readonly toMin: number;
}

export interface NoticePlan {
  readonly id: string;
  /** Alarm ids, `*` for any text; empty: all. */
  readonly alarms: readonly string[];
  /** Empty: all. */
  readonly priorities: readonly Priority[];
  readonly steps: readonly NoticeStep[];
}

export interface NoticeStep {
  /** Sent when the alarm has been waiting for an acknowledgement this long. */
  readonly afterUs: number;
  /** Names of shifts; outside of them the step waits for the next. Empty: always. */
  readonly during: readonly string[];
  /** Id of the actuator. */
  readonly to: string;
  /** The actuator's own fields: recipients, a topic. */
  readonly fields: { readonly [field: string]: unknown };
  /** Those who were told are told as well when the alarm does not ask for them any more. */
  readonly tellEnd: boolean;
}

export interface NoticeConfig {
  readonly plans: readonly NoticePlan[];
  readonly shifts: ReadonlyMap<string, Shift>;
  /** Minute of the week (0 = Sunday 00:00, local time) of a wall clock time. */
  minuteOfWeek(wallUs: number): number;
}

/** What an alarm said when it changed. */
export interface AlarmNews {
  readonly alarm: string;
  readonly priority: Priority;
  readonly state: AlarmState;
  /** Who acknowledged or shelved it, where somebody did. */
  readonly by?: string | undefined;
}

export const NOTICE_REASONS = ['raised', 'escalated', 'ended'] as const;
export type NoticeReason = (typeof NOTICE_REASONS)[number];

/** One message to one receiver, from when it is due until it was delivered or has no use any more. */
export interface Notice {
  readonly id: number;
  readonly plan: string;
  /** Index of the step in its plan. */
  readonly step: number;
  readonly to: string;
  readonly fields: { readonly [field: string]: unknown };
  readonly alarm: string;
  readonly priority: Priority;
  readonly reason: NoticeReason;
  /** Of an end: the state that the alarm went to, and who brought it there. */
  readonly state: AlarmState;
  readonly by?: string | undefined;
  /** When the alarm began to ask, and when this became due; steady. */
  readonly sinceUs: number;
  readonly dueUs: number;
}

/** A notice on its way. */
export interface OpenNotice extends Notice {
  readonly attempts: number;
  /** Steady time of the next attempt; undefined while one is under way. */
  readonly nextUs: number | undefined;
  readonly problem?: string | undefined;
}

/** Who is told next of an alarm, by one plan, if nobody acknowledges it. */
export interface ComingNotice
  extends Pick<Notice, 'plan' | 'step' | 'to' | 'fields' | 'alarm' | 'priority' | 'sinceUs' | 'dueUs'> {
  /** Its time has come: no shift of the step is on, or its asset is under maintenance. */
  readonly held?: 'shift' | 'maintenance';
}

/** Notices of an asset, or of all below an area or line, are held back, visibly, until an end. */
export interface Maintenance {
  readonly asset: string;
  readonly untilUs: number;
  readonly by: string;
  readonly why: string;
}

/** What happened, for the record. */
export type NoticeEvent =
  | { readonly what: 'delivered' | 'failed' | 'obsolete' | 'given-up'; readonly notice: OpenNotice }
  | { readonly what: 'silenced'; readonly alarm: string; readonly maintenance: Maintenance }
  | { readonly what: 'maintenance-ended'; readonly maintenance: Maintenance };
