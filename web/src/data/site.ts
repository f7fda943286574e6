import type { AlarmStatus, AlertStatus, SiteStatus } from '#contract/client.ts';
import { zoneTold } from '../parts/format.ts';
import { api } from './api.ts';
import { siteTold } from './clock.ts';
import { type Polled, usePolled } from './poll.ts';

async function askStatus(signal: AbortSignal): Promise<SiteStatus> {
  const askedAt = performance.now();
  const status = await api.status(signal);
  siteTold(status.nowUs, askedAt, performance.now());
  zoneTold(status.timeZone);
  return status;
}

/** How the site does; shared by all of the page. */
export const useStatus = (): Polled<SiteStatus> => usePolled('status', askStatus, 2000);

/** Key of all questions about alarms: `askAgain(ALARMS)` after acting on one. */
export const ALARMS = 'alarms';

/** Alarms that are not normal; asked anew as soon as an event tells of one. */
export const useActiveAlarms = (): Polled<readonly AlarmStatus[]> =>
  usePolled(`${ALARMS} active`, (signal) => api.alarms({ active: 'true' }, signal), 5000);

/** Key of all questions about alerts. */
export const ALERTS = 'alerts';

/** Alerts that stand; asked anew as soon as an event tells of one. */
export const useAlerts = (): Polled<readonly AlertStatus[]> =>
  usePolled(`${ALERTS} standing`, (signal) => api.alerts({}, signal), 10_000);
