import { useSiteNow } from '../data/clock.ts';
import { connection } from '../data/connection.ts';
import { useStore } from '../data/store.ts';
import { count, date, timeOfDay } from '../parts/format.ts';
import { ToPage } from '../shell/to-page.tsx';
import { isThere, sitesWhere } from './data/states.ts';
import { useSummary } from './data/summary.ts';

/** How many sites are connected, and what time it is at the hub. */
export function FleetState() {
  const { data: summary } = useSummary();
  const nowMs = useSiteNow();
  const { state } = useStore(connection);
  const all = summary && sitesWhere(summary.counts);
  const online = summary && sitesWhere(summary.counts, (one) => isThere(one) && one.state === 'online');
  return (
    <div className="state-bar">
      {state === 'lost' && <span className="chip abnormal">not connected</span>}
      {all !== undefined && online !== undefined && (
        <ToPage page="sites" className="chip">
          {count(online)} of {count(all)} online
        </ToPage>
      )}
      {summary && (
        <time className="site-clock" title="The clock of the hub" dateTime={new Date(nowMs).toISOString()}>
          <span className="site-date">{date(nowMs)} </span>
          {timeOfDay(nowMs)}
        </time>
      )}
    </div>
  );
}
