import { Refusal } from '../../../parts/refusal.tsx';
import { useSummary } from '../../data/summary.ts';
import { EventList } from '../../parts/event-list.tsx';
import { Groups } from './groups.tsx';
import { Tiles } from './tiles.tsx';
import { Wanting } from './wanting.tsx';

const LATELY = 12;
/** What rules do all day is told by each site. */
const TOLD = { kind: ['security', 'alarm', 'config', 'system'] } as const;

/** How the fleet does, at one glance: grey while all is well. */
export function Page() {
  const { data: summary, error } = useSummary();
  return (
    <div className="page fleet-overview">
      <h1>Overview</h1>
      {error && !summary && <Refusal error={error} />}
      {summary && (
        <>
          <Tiles summary={summary} />
          <Groups labels={summary.labels} />
        </>
      )}
      <div className="fleet-overview-cards">
        <Wanting />
        <section className="card" aria-label="Lately">
          <h2>
            <a href="#/events">Lately</a>
          </h2>
          <EventList query={TOLD} most={LATELY} />
        </section>
      </div>
    </div>
  );
}
