import { MaintenanceRequest } from './requests.ts';
import type { Route } from './route.ts';

export const NOTICE_ROUTES = {
  notices: {
    method: 'GET',
    path: '/api/notices',
    group: 'alarms',
    role: 'operator',
    area: 'filtered',
    summary: 'Notices of alarms that wait or were given up, and assets under maintenance',
    about: 'Addresses of recipients are for engineers: others see the actuator, the plan and the step.',
    reply: { json: 'NoticesStatus' },
    faults: ['notices.shadow'],
    tagged: true,
  },
  maintain: {
    method: 'POST',
    path: '/api/maintenance',
    group: 'alarms',
    role: 'operator',
    area: { in: 'body', field: 'asset' },
    summary: 'Hold back the notices of an asset for a while; 0 minutes end it',
    body: MaintenanceRequest,
    reply: { json: 'NoticesStatus' },
    faults: [
      'notices.shadow',
      'maintenance.no-reason',
      'maintenance.too-long',
      'maintenance.unknown-asset',
      'maintenance.none',
    ],
  },
} as const satisfies { readonly [id: string]: Route };
