import type { FleetAlarm } from '#contract/fleet-client.ts';

/** Key of all questions about alarms: `askAgain(ALARMS)` after acting on one. */
export const ALARMS = 'alarms';

/** In these somebody still has to acknowledge it (ISA-18.2, figure 2). */
export const WAITING_STATES: readonly FleetAlarm['state'][] = [
  'unacknowledged',
  'returnedUnacknowledged',
  'latchedUnacknowledged',
];
