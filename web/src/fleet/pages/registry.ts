import {
  iconAlarmBell,
  iconAuditReport,
  iconBarchart,
  iconCertificate,
  iconDashboard,
  iconProject,
  iconUserManagement,
} from '@siemens/ix-icons/icons';
import type { PageEntry } from '../../shell/console.ts';

/** In the order of the menu. */
export const PAGES: readonly PageEntry[] = [
  { id: '', title: 'Overview', icon: iconDashboard, load: () => import('./overview/page.tsx') },
  { id: 'sites', title: 'Sites', icon: iconProject, load: () => import('./sites/page.tsx') },
  { id: 'alarms', title: 'Alarms', icon: iconAlarmBell, load: () => import('./alarms/page.tsx') },
  { id: 'events', title: 'Events', icon: iconAuditReport, load: () => import('./events/page.tsx') },
  { id: 'ledger', title: 'Ledger', icon: iconBarchart, load: () => import('./ledger/page.tsx') },
  {
    id: 'identities',
    title: 'Identities',
    icon: iconCertificate,
    role: 'administrator',
    load: () => import('./identities/page.tsx'),
  },
  {
    id: 'administration',
    title: 'Administration',
    icon: iconUserManagement,
    role: 'administrator',
    whole: true,
    load: () => import('./people/page.tsx'),
  },
];
