import type { SiteEvent } from '#kernel/event.ts';
import { atLeast, type Caller, isWithin } from '#kernel/rights.ts';

/** Who did what to the site itself, and what it runs: addresses and names are in it. */
const FOR_ENGINEERS: ReadonlySet<string> = new Set(['security', 'config']);

/** The events that somebody may see: of his areas, and those of security and configuration as an engineer only. */
export function maySee({ role, areas }: Caller): (event: SiteEvent) => boolean {
  const seesAll = atLeast(role, 'engineer');
  return ({ kind, subject }) => (seesAll || !FOR_ENGINEERS.has(kind)) && isWithin(areas, subject);
}
