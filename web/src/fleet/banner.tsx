import { usePolled } from '../data/poll.ts';
import { Age } from '../parts/age.tsx';
import { alarmName } from '../parts/alarms.ts';
import { count } from '../parts/format.ts';
import { PRIORITIES, PrioritySign } from '../parts/priority.tsx';
import { ToPage } from '../shell/to-page.tsx';
import { ALARMS, WAITING_STATES } from './data/alarms.ts';
import { fleet } from './data/api.ts';
import { useSummary } from './data/summary.ts';

const EVERY_MS = 3000;

/** Always there, on every page: what nobody has acknowledged in the whole fleet, and the worst of it. */
export function FleetBanner() {
  const { data: summary, error } = useSummary();
  const { data: worst } = usePolled(
    `${ALARMS} worst`,
    async (signal) => (await fleet.alarms({ state: WAITING_STATES, limit: 1 }, signal)).items[0] ?? null,
    EVERY_MS,
  );
  const alarms = summary?.alarms;
  const first = PRIORITIES.find((priority) => (alarms?.unacknowledged[priority] ?? 0) > 0);
  return (
    <section className="banner" aria-label="Alarms" data-worst={first}>
      <ToPage page="alarms" className="banner-counts">
        {PRIORITIES.map((priority) => {
          const many = alarms?.unacknowledged[priority];
          return (
            <span key={priority} className="banner-count" data-none={!many || undefined}>
              <PrioritySign priority={priority} quiet={!many} />
              <span aria-hidden="true">{many === undefined ? '–' : count(many)}</span>
              <span className="unseen">
                {many ?? 'unknown'} {priority} not acknowledged
              </span>
            </span>
          );
        })}
      </ToPage>
      <div className="banner-said fleet-banner">
        {!alarms && <span className="quiet">{error ? 'alarms cannot be read' : 'asking for alarms …'}</span>}
        {worst && (
          <ToPage page="alarms" query={{ site: worst.site, alarm: worst.id }} className="banner-alarm">
            <PrioritySign priority={worst.priority} />
            <strong>{alarmName(worst)}</strong>
            <span className="banner-asset">
              {worst.site} {worst.asset}
            </span>
            <Age sinceUs={worst.sinceUs} />
          </ToPage>
        )}
        {alarms && <Said alarms={alarms} silent={summary.silent} isWorst={Boolean(worst)} />}
      </div>
    </section>
  );
}

function Said({
  alarms: { active, pending },
  silent,
  isWorst,
}: {
  readonly alarms: { readonly active: number; readonly pending: number };
  readonly silent: number;
  readonly isWorst: boolean;
}) {
  const said = [
    active === 0 ? 'No alarm stands' : !isWorst && `${count(active)} stand, all acknowledged`,
    pending > 0 && `${count(pending)} acknowledged and not yet done by their sites`,
    silent > 0 && `${count(silent)} ${silent === 1 ? 'site has' : 'sites have'} told nothing of alarms`,
  ].filter((one) => one !== false);
  return said.length === 0 ? null : <span className="quiet">{said.join(' · ')}</span>;
}
