import { AlertsQuery, EndedAlertsQuery, JudgeRequest } from './requests.ts';
import type { Route } from './route.ts';

export const ALERT_ROUTES = {
  alerts: {
    method: 'GET',
    path: '/api/alerts',
    group: 'alarms',
    role: 'viewer',
    area: 'filtered',
    summary: 'Alerts that stand: worth knowing, with nothing to do about them',
    about:
      'They are no alarms: nobody acknowledges them, and they are in no figure about alarms. The newest comes first.',
    query: AlertsQuery,
    reply: { list: 'AlertStatus' },
  },
  endedAlerts: {
    method: 'GET',
    path: '/api/alerts/ended',
    group: 'alarms',
    role: 'viewer',
    area: 'filtered',
    summary: 'Alerts that are over, from the journal; those that ended last come first',
    about:
      'A page may hold fewer than `limit` and have a next one: a search ends after some ten thousand events, and goes ' +
      'on where its link leads.',
    query: EndedAlertsQuery,
    reply: { list: 'EndedAlert' },
    paged: true,
  },
  judgeAlert: {
    method: 'POST',
    path: '/api/alerts/judge',
    group: 'alarms',
    role: 'operator',
    area: { in: 'body', field: 'id' },
    summary: 'Say of what a detector found whether it was true, false or known',
    about:
      'It is in the journal before it is answered. The newest word counts; what is over can be judged too, as long as it ' +
      'is among the last hundred findings of its detector.',
    body: JudgeRequest,
    reply: { json: 'DetectorStatus' },
    faults: ['detector.unknown', 'detector.no-finding'],
  },
} as const satisfies { readonly [id: string]: Route };
