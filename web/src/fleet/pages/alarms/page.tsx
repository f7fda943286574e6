import { useMemo } from 'react';
import { PRIORITIES } from '../../../parts/alarms.ts';
import { FindField } from '../../../parts/find-field.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { AlarmList } from '../../parts/alarm-list.tsx';
import { type Asked, askedOf, hubQuery, queryOf, VIEWS, type View } from './asked.ts';

const NAMES: { readonly [view in View]: string } = {
  waiting: 'Not acknowledged',
  standing: 'All that stand',
  pending: 'On the way to their site',
  aside: 'Set aside',
};

/** Alarms of the whole fleet. */
export function Page() {
  const { query } = usePlace();
  const key = query.toString();
  const asked = useMemo(() => askedOf(new URLSearchParams(key)), [key]);
  const ask = (change: Partial<Asked>) =>
    location.replace(hashOf('alarms', '', queryOf({ ...asked, ...change })));
  return (
    <div className="page fleet-alarms">
      <h1>Alarms</h1>
      <search className="fleet-alarms-find">
        <fieldset className="range choices">
          <legend className="quiet">Which</legend>
          {VIEWS.map((view) => (
            <button key={view} type="button" aria-pressed={view === asked.view} onClick={() => ask({ view })}>
              {NAMES[view]}
            </button>
          ))}
        </fieldset>
        <fieldset className="range choices">
          <legend className="quiet">Priority</legend>
          {PRIORITIES.map((one) => {
            const isChosen = asked.priorities.includes(one);
            const priorities = isChosen
              ? asked.priorities.filter((other) => other !== one)
              : [...asked.priorities, one];
            return (
              <button key={one} type="button" aria-pressed={isChosen} onClick={() => ask({ priorities })}>
                {one}
              </button>
            );
          })}
        </fieldset>
        <div className="fleet-alarms-texts">
          <FindField label="Site" type="search" value={asked.site} onText={(site) => ask({ site })} />
          <FindField
            label="Label expression"
            placeholder="region=north"
            value={asked.labels}
            onText={(labels) => ask({ labels })}
          />
          <FindField label="Text" type="search" value={asked.search} onText={(search) => ask({ search })} />
        </div>
      </search>
      <AlarmList
        query={hubQuery(asked)}
        opened={asked.opened}
        addressOf={({ site, id }) => hashOf('alarms', '', queryOf({ ...asked, opened: `${site} ${id}` }))}
      />
    </div>
  );
}
