import type { SinkView, SiteStatus } from '#contract/client.ts';
import { useSiteNow } from '../data/clock.ts';
import { connection } from '../data/connection.ts';
import { useStatus } from '../data/site.ts';
import { useStore } from '../data/store.ts';
import { count, date, duration, timeOfDay } from '../parts/format.ts';
import { ToPage } from './to-page.tsx';

/** Whether data leaves the site, and what time it is there. */
export function StateBar() {
  const { data: status } = useStatus();
  const nowMs = useSiteNow();
  const { state } = useStore(connection);
  return (
    <div className="state-bar">
      {state === 'lost' && <span className="chip abnormal">not connected</span>}
      {status?.mode === 'shadow' && <span className="chip">shadow: acts on nothing</span>}
      {status && <Link sinks={status.sinks} />}
      {status && (
        <time className="site-clock" title="The clock of the site" dateTime={new Date(nowMs).toISOString()}>
          <span className="site-date">{date(nowMs)} </span>
          {timeOfDay(nowMs)}
        </time>
      )}
    </div>
  );
}

type Sink = Omit<SinkView, 'id'>;

const isUp = ({ state }: Sink): boolean => state === 'running' || state === 'shadowed';
/** A backlog of a moment is how sinks work; one that grows old is told. */
const OLD_MS = 30_000;

function Link({ sinks }: { readonly sinks: SiteStatus['sinks'] }) {
  const all = Object.values(sinks) as Sink[];
  if (all.length === 0) return null;
  const down = all.filter((sink) => !isUp(sink));
  const rows = all.reduce((sum, { backlog }) => sum + backlog.rows, 0);
  const ageMs = Math.max(0, ...all.map(({ backlog }) => backlog.ageMs ?? 0));
  const isAbnormal = down.length > 0 || ageMs > OLD_MS;
  const text = [
    down.length > 0 ? `${down.length} of ${all.length} links down` : isAbnormal ? 'link slow' : 'link up',
    ...(isAbnormal && rows > 0 ? [`${count(rows)} rows wait, ${duration(ageMs)}`] : []),
  ].join(' · ');
  return (
    <ToPage page="sources" className={isAbnormal ? 'chip abnormal' : 'chip'}>
      {text}
    </ToPage>
  );
}
