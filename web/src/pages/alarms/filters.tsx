import type { AlarmStatus } from '#contract/client.ts';
import { PRIORITIES, PrioritySign } from '../../parts/priority.tsx';
import { type Asked, isIn, isWanted, type ListName, placesOf } from './asked.ts';

const NAMES: readonly (readonly [ListName, string])[] = [
  ['standing', 'Standing'],
  ['unacknowledged', 'Unacknowledged'],
  ['shelved', 'Shelved'],
  ['suppressed', 'Suppressed'],
  ['outOfService', 'Out of service'],
  ['all', 'All alarms'],
];

/** Which alarms are listed. */
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
  return (
    <div className="alarm-filters">
      <nav className="alarm-lists" aria-label="Lists">
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
      </nav>
      <div className="alarm-finds">
        <input
          type="search"
          className="ix-form-control"
          aria-label="Search alarms"
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
          {placesOf(alarms).map((place) => (
            <option key={place} value={place}>
              {place}
            </option>
          ))}
          {asked.area !== '' && !placesOf(alarms).includes(asked.area) && (
            <option value={asked.area}>{asked.area}</option>
          )}
        </select>
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
        {asked.only.length > 0 && (
          <button type="button" className="link" onClick={() => onAsk({ only: [] })}>
            Only {asked.only.length} of them: show all
          </button>
        )}
      </div>
    </div>
  );
}
