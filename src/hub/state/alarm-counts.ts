import { sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';

/** Counts of alarms of one journal `j`; see `alarm_states.urgency`. */
export const ALARM_COUNTS = sql`LATERAL (
    SELECT count(*) FILTER (WHERE urgency < 8) AS active, count(*) FILTER (WHERE urgency = 0) AS critical,
      count(*) FILTER (WHERE urgency = 1) AS high, count(*) FILTER (WHERE urgency = 2) AS medium,
      count(*) FILTER (WHERE urgency = 3) AS low
    FROM alarm_states WHERE journal = j.id AND urgency < 9
  ) c ON true LEFT JOIN LATERAL (
    SELECT count(*) AS pending FROM acknowledgements WHERE journal = j.id AND state IN ('waiting', 'sent')
  ) k ON true`;

export interface AlarmCountsRow {
  readonly active: string | number;
  readonly critical: string | number;
  readonly high: string | number;
  readonly medium: string | number;
  readonly low: string | number;
  readonly pending: string | number;
}

export const alarmCounts = (row: AlarmCountsRow): FleetAnswered<'groups'>['alarms'] => ({
  active: Number(row.active),
  unacknowledged: {
    critical: Number(row.critical),
    high: Number(row.high),
    medium: Number(row.medium),
    low: Number(row.low),
  },
  pending: Number(row.pending),
});
