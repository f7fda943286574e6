import { useEffect, useRef } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { useAlerts } from '../../data/site.ts';
import { PRIORITIES, PrioritySign } from '../../parts/priority.tsx';
import { type AlarmListName, type Asked, isAlertWanted, isIn, isWanted, placesOf } from './asked.ts';

const NAMES: readonly (readonly [AlarmListName, string])[] = [
  ['standing', 'Standing'],
  ['unacknowledged', 'Unacknowledged'],
  ['shelved', 'Shelved'],
  ['suppressed', 'Suppressed'],
  ['outOfService', 'Out of service'],
  ['all', 'All alarms'],
];

/** Which alarms are listed; or the alerts, which are no alarms. */
export function Filters({
  asked,
  alarms,
  isAllKnown,
  onAsk,
}: {
  readonly asked: Asked;
  readonly alarms: readonly AlarmStatus[];
  /** Whether normal ones are among them. */
  readonly isAllKnown: boolean;
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  const wanted = alarms.filter((one) => isWanted(asked, one));
  const listed = wanted.filter((one) => isIn(asked.list, one));
  const { data: alerts } = useAlerts();
  const isOfAlerts = asked.list === 'alerts';
  const lists = useRef<HTMLElement>(null);
  const isKnown = alerts !== undefined;
  // On a phone they do not all have room.
  useEffect(() => {
    const current = asked.list && isKnown && lists.current?.querySelector('[aria-current]');
    if (current) current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [asked.list, isKnown]);
  const places = placesOf(isOfAlerts ? [...alarms, ...(alerts ?? [])] : alarms);
  return (
    <div className="alarm-filters">
      <nav ref={lists} className="alarm-lists" aria-label="Lists">
        {NAMES.map(([list, name]) => (
          <button
            key={list}
            type="button"
            aria-current={asked.list === list ? 'true' : undefined}
            onClick={() => onAsk({ list })}
          >
            {name}
            {(list !== 'all' || isAllKnown) && (
              <span className="alarm-count"> {wanted.filter((one) => isIn(list, one)).length}</span>
            )}
          </button>
        ))}
        <span className="alert-lists-apart">
          <button
            type="button"
            aria-current={isOfAlerts ? 'true' : undefined}
            onClick={() => onAsk({ list: 'alerts' })}
          >
            Alerts{' '}
            <span className="alarm-count">{alerts?.filter((one) => isAlertWanted(asked, one)).length}</span>
          </button>
        </span>
      </nav>
      <div className="alarm-finds">
        <input
          type="search"
          className="ix-form-control"
          aria-label={isOfAlerts ? 'Search alerts' : 'Search alarms'}
          placeholder="Search"
          value={asked.text}
          onChange={(event) => onAsk({ text: event.target.value })}
        />
        <select
          aria-label="Area"
          value={asked.area}
          onChange={(event) => onAsk({ area: event.target.value })}
        >
          <option value="">All areas</option>
          {places.map((place) => (
            <option key={place} value={place}>
              {place}
            </option>
          ))}
          {asked.area !== '' && !places.includes(asked.area) && (
            <option value={asked.area}>{asked.area}</option>
          )}
        </select>
        {!isOfAlerts && <Priorities asked={asked} listed={listed} onAsk={onAsk} />}
        {!isOfAlerts && asked.only.length > 0 && (
          <button type="button" className="link" onClick={() => onAsk({ only: [] })}>
            Only {asked.only.length} of them: show all
          </button>
        )}
      </div>
    </div>
  );
}

function Priorities({
  asked,
  listed,
  onAsk,
}: {
  readonly asked: Asked;
  readonly listed: readonly AlarmStatus[];
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  return (
    <fieldset className="alarm-priorities">
      <legend className="unseen">Priorities</legend>
      {PRIORITIES.map((priority) => {
        const isOn = asked.priorities.includes(priority);
        const some = listed.filter((one) => one.priority === priority).length;
        return (
          <button
            key={priority}
            type="button"
            aria-pressed={isOn}
            onClick={() =>
              onAsk({
                priorities: isOn
                  ? asked.priorities.filter((one) => one !== priority)
                  : [...asked.priorities, priority],
              })
            }
          >
            <PrioritySign priority={priority} quiet={some === 0} /> {priority}{' '}
            <span className="alarm-count">{some}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
