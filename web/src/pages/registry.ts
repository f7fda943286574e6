import {
  iconAlarmBell,
  iconAnomaly,
  iconAuditReport,
  iconCertificate,
  iconConnections,
  iconDashboard,
  iconNotification,
  iconProject,
  iconRules,
  iconTag,
  iconTrend,
  iconUserManagement,
} from '@siemens/ix-icons/icons';
import type { PageEntry } from '../shell/console.ts';

/** In the order of the menu. */
export const PAGES: readonly PageEntry[] = [
  { id: '', title: 'Overview', icon: iconDashboard, load: () => import('./overview/page.tsx') },
  { id: 'pictures', title: 'Pictures', icon: iconProject, load: () => import('./pictures/page.tsx') },
  { id: 'tags', title: 'Tags', icon: iconTag, load: () => import('./tags/page.tsx') },
  { id: 'trends', title: 'Trends', icon: iconTrend, load: () => import('./trends/page.tsx') },
  { id: 'alarms', title: 'Alarms', icon: iconAlarmBell, load: () => import('./alarms/page.tsx') },
  {
    id: 'notices',
    title: 'Notices',
    icon: iconNotification,
    role: 'operator',
    load: () => import('./notices/page.tsx'),
  },
  { id: 'detectors', title: 'Detectors', icon: iconAnomaly, load: () => import('./detectors/page.tsx') },
  { id: 'decisions', title: 'Decisions', icon: iconRules, load: () => import('./decisions/page.tsx') },
  { id: 'sources', title: 'Sources', icon: iconConnections, load: () => import('./sources/page.tsx') },
  {
    id: 'certificates',
    title: 'Certificates',
    icon: iconCertificate,
    role: 'engineer',
    load: () => import('./certificates/page.tsx'),
  },
  { id: 'audit', title: 'Audit', icon: iconAuditReport, load: () => import('./audit/page.tsx') },
  {
    id: 'administration',
    title: 'Administration',
    icon: iconUserManagement,
    role: 'administrator',
    load: () => import('./administration/page.tsx'),
  },
];
