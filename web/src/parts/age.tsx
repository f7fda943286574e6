import { siteNowMs, useSiteNow } from '../data/clock.ts';
import { duration, moment } from './format.ts';

/** How long ago something was, by the site's clock; grows by itself. The moment itself shows on pointing. */
export function Age({ sinceUs }: { readonly sinceUs: number }) {
  const nowMs = useSiteNow();
  const sinceMs = sinceUs / 1000;
  return (
    <time dateTime={new Date(sinceMs).toISOString()} title={moment(sinceMs, nowMs)} className="age">
      {duration(Math.max(0, siteNowMs() - sinceMs))}
    </time>
  );
}
