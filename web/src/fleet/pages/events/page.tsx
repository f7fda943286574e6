import { useMemo } from 'react';
import { FindField, FindTime } from '../../../parts/find-field.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { EventList } from '../../parts/event-list.tsx';
import { type Asked, askedOf, hubQuery, KINDS, queryOf } from './asked.ts';

/** What happened at all sites and at the hub, whenever the hub heard of it. */
export function Page() {
  const { query } = usePlace();
  const key = query.toString();
  const asked = useMemo(() => askedOf(new URLSearchParams(key)), [key]);
  const wanted = useMemo(() => hubQuery(asked), [asked]);
  const ask = (change: Partial<Asked>) =>
    location.replace(hashOf('events', '', queryOf({ ...asked, ...change })));
  return (
    <div className="page">
      <h1>Events</h1>
      <search className="events-find">
        <fieldset className="range choices">
          <legend className="quiet">Kind</legend>
          {KINDS.map((kind) => {
            const isChosen = asked.kinds.includes(kind);
            const kinds = isChosen ? asked.kinds.filter((one) => one !== kind) : [...asked.kinds, kind];
            return (
              <button key={kind} type="button" aria-pressed={isChosen} onClick={() => ask({ kinds })}>
                {kind}
              </button>
            );
          })}
        </fieldset>
        <div className="events-texts">
          <FindField label="Site" type="search" value={asked.site} onText={(site) => ask({ site })} />
          <FindField
            label="Label expression"
            placeholder="region=north"
            value={asked.labels}
            onText={(labels) => ask({ labels })}
          />
          <FindField label="Text" type="search" value={asked.search} onText={(search) => ask({ search })} />
          <FindTime label="From" value={asked.from} onText={(from) => ask({ from })} />
          <FindTime label="To" value={asked.to} onText={(to) => ask({ to })} />
        </div>
      </search>
      <section className="card" aria-label="What happened">
        <EventList query={wanted} />
      </section>
    </div>
  );
}
