import { hashOf } from '../../shell/route.ts';
import { PAGES } from '../registry.ts';

/** Where the console has a page for trends: these tags around a moment. @param atUs 0 for now */
export function TrendLink({ reads, atUs }: { readonly reads: readonly string[]; readonly atUs: number }) {
  if (reads.length === 0 || !PAGES.some(({ id }) => id === 'trends')) return null;
  const query = new URLSearchParams(reads.map((path) => ['tag', path]));
  if (atUs > 0) query.set('at', String(Math.round(atUs)));
  return <a href={`${hashOf('trends')}?${query}`}>Trend around it</a>;
}
