import type { AlarmStatus } from '#contract/client.ts';
import { useActiveAlarms } from '../data/site.ts';
import { Age } from '../parts/age.tsx';
import { alarmName, isStanding, isUnacknowledged } from '../parts/alarms.ts';
import { PRIORITIES, PrioritySign } from '../parts/priority.tsx';
import { ToPage } from './to-page.tsx';

/** Always there, on every page: how many alarms stand, the newest that nobody has acknowledged, and what came first. */
export function AlarmBanner() {
  const { data: alarms, error } = useActiveAlarms();
  const standing = alarms?.filter(isStanding) ?? [];
  const waiting = standing.filter(isUnacknowledged);
  const newest = waiting.toSorted((a, b) => b.sinceUs - a.sinceUs)[0];
  const worst = PRIORITIES.find((priority) => waiting.some((one) => one.priority === priority));
  const first = standing.length > 1 ? standing.find(({ firstOut }) => firstOut === 1) : undefined;
  return (
    <section className="banner" aria-label="Alarms" data-worst={worst}>
      <Counts standing={standing} isKnown={alarms !== undefined} />
      {alarms === undefined ? (
        <span className="quiet">{error ? 'alarms cannot be read' : 'asking for alarms …'}</span>
      ) : standing.length === 0 ? (
        <span className="quiet">No alarm stands</span>
      ) : (
        <div className="banner-said">
          {newest ? (
            <Said about="Newest" alarm={newest} />
          ) : (
            <span className="quiet">{standing.length === 1 ? 'It is' : 'All are'} acknowledged</span>
          )}
          {first && first !== newest && <Said about="First out" alarm={first} />}
        </div>
      )}
    </section>
  );
}

function Counts({
  standing,
  isKnown,
}: {
  readonly standing: readonly AlarmStatus[];
  readonly isKnown: boolean;
}) {
  return (
    <ToPage page="alarms" className="banner-counts">
      {PRIORITIES.map((priority) => {
        const some = standing.filter((one) => one.priority === priority);
        const waits = some.some(isUnacknowledged);
        return (
          <span key={priority} className="banner-count" data-none={some.length === 0 || undefined}>
            <PrioritySign priority={priority} hollow={!waits} quiet={some.length === 0} />
            <span aria-hidden="true">{isKnown ? some.length : '–'}</span>
            <span className="unseen">
              {isKnown ? some.length : 'unknown'} {priority}
              {waits ? ', not all acknowledged' : ''}
            </span>
          </span>
        );
      })}
    </ToPage>
  );
}

const Said = ({ about, alarm }: { readonly about: string; readonly alarm: AlarmStatus }) => (
  <ToPage page="alarms" rest={alarm.id} className="banner-alarm">
    <span className="quiet">{about}</span>
    <PrioritySign priority={alarm.priority} hollow={!isUnacknowledged(alarm)} />
    <strong>{alarmName(alarm)}</strong>
    <span className="banner-asset">{alarm.asset}</span>
    <Age sinceUs={alarm.sinceUs} />
  </ToPage>
);
