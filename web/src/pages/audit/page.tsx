import { IxButton } from '@siemens/ix-react';
import { useMemo } from 'react';
import { useMay } from '../../data/session.ts';
import { useStatus } from '../../data/site.ts';
import { date } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { hashOf, usePlace } from '../../shell/route.ts';
import { type Asked, askedOf, queryOf } from './asked.ts';
import { Chain } from './chain.tsx';
import { Entry } from './entry.tsx';
import { Export } from './export.tsx';
import { Filters } from './filters.tsx';
import { useFound } from './found.ts';

/** Who did what, when and why, and what security has to know: the events of the journal, which nobody can change unseen. */
export function Page() {
  const { query } = usePlace();
  const key = query.toString();
  const { data: status } = useStatus();
  // Times in the address are those of the site: once it has said of which zone they are, it is asked anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked is read by the zone
  const asked = useMemo(() => askedOf(new URLSearchParams(key)), [key, status?.timeZone]);
  const found = useFound(asked);
  const isEngineer = useMay('engineer');
  const ask = (change: Partial<Asked>) =>
    location.replace(hashOf('audit', '', queryOf({ ...asked, ...change })));
  return (
    <div className="page audit-page">
      <header className="audit-top">
        <h1>Audit</h1>
        <Export asked={asked} />
        {isEngineer && <Chain />}
      </header>
      <Filters asked={asked} onAsk={ask} />
      {found.error && <Refusal error={found.error} />}
      <section className="card audit-card" aria-label="Events">
        <div role="status" className="audit-fresh">
          {found.fresh > 0 && (
            <button type="button" className="link" onClick={found.again}>
              {found.fresh} new: show
            </button>
          )}
        </div>
        <ol className="audit-list">
          {found.events.map((event, i) => {
            const before = found.events[i - 1];
            const isOtherDay = !before || date(before.timeUs / 1000) !== date(event.timeUs / 1000);
            return <Entry key={event.id} event={event} isOtherDay={isOtherDay} />;
          })}
        </ol>
        {found.events.length === 0 && !found.isBusy && (
          <p className="quiet">Nothing that the journal still holds is as you ask.</p>
        )}
        {found.isBusy && <p className="quiet">Going through the journal …</p>}
        {!found.isBusy && !found.isEnd && (
          <IxButton variant="secondary" onClick={found.more}>
            Older
          </IxButton>
        )}
        {found.isEnd && found.events.length > 0 && !found.error && (
          <p className="quiet">That is all the journal holds.</p>
        )}
      </section>
    </div>
  );
}
