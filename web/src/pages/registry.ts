import { iconDashboard, iconRules, iconTag } from '@siemens/ix-icons/icons';
import type { ComponentType } from 'react';
import type { Role } from '#kernel/rights.ts';

/** A page of the console: a folder below `pages/` with a `page.tsx` and a `page.css`, and one entry here. */
export interface PageEntry {
  /** First part of its address behind `#/`; empty for the page that comes first. */
  readonly id: string;
  readonly title: string;
  readonly icon: string;
  /** The least role that sees it; viewers when absent. */
  readonly role?: Role;
  /** Loaded when it is first opened. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
}

/** In the order of the menu. */
export const PAGES: readonly PageEntry[] = [
  { id: '', title: 'Overview', icon: iconDashboard, load: () => import('./overview/page.tsx') },
  { id: 'tags', title: 'Tags', icon: iconTag, load: () => import('./tags/page.tsx') },
  { id: 'decisions', title: 'Decisions', icon: iconRules, load: () => import('./decisions/page.tsx') },
];
