import type { FleetGroup } from '#contract/fleet-client.ts';
import { PRIORITIES } from '../../parts/alarms.ts';
import { count } from '../../parts/format.ts';
import { PrioritySign } from '../../parts/priority.tsx';

/** What nobody has acknowledged, by priority; undefined of a site that has never told. */
export function AlarmCount({ alarms }: { readonly alarms: FleetGroup['alarms'] | undefined }) {
  if (!alarms) return <span className="quiet">–</span>;
  const { active, unacknowledged } = alarms;
  const waiting = PRIORITIES.filter((priority) => unacknowledged[priority] > 0);
  if (waiting.length === 0)
    return <span className="quiet">{active === 0 ? 'none' : `${count(active)} known`}</span>;
  return (
    <span className="priority-counts">
      {waiting.map((priority) => (
        <span key={priority} className="banner-count">
          <PrioritySign priority={priority} />
          <span aria-hidden="true">{count(unacknowledged[priority])}</span>
          <span className="unseen">
            {unacknowledged[priority]} {priority} not acknowledged
          </span>
        </span>
      ))}
    </span>
  );
}
