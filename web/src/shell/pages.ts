import { atLeast } from '#kernel/rights.ts';
import { useMe } from '../data/session.ts';
import { PAGES, type PageEntry } from '../pages/registry.ts';

/** The pages that who looks may see. */
export function usePages(): readonly PageEntry[] {
  const { role } = useMe();
  return PAGES.filter(({ role: least = 'viewer' }) => atLeast(role, least));
}
