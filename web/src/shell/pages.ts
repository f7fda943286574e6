import { atLeast } from '#kernel/rights.ts';
import { useMe } from '../data/session.ts';
import { type PageEntry, useConsole } from './console.ts';

/** The pages that who looks may see. */
export function usePages(): readonly PageEntry[] {
  const { role, areas } = useMe();
  return useConsole().pages.filter(
    ({ role: least = 'viewer', whole }) => atLeast(role, least) && !(whole && areas),
  );
}
