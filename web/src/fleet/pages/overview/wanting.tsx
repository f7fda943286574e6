import type { FleetSite } from '#contract/fleet-client.ts';
import { usePolled } from '../../../data/poll.ts';
import { Age } from '../../../parts/age.tsx';
import { count } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { hashOf } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { SITES } from '../../data/summary.ts';
import { AlarmCount } from '../../parts/alarm-count.tsx';
import { Labels } from '../../parts/labels.tsx';
import { IdentityMark, StateMark } from '../../parts/state-mark.tsx';

const EVERY_MS = 5000;
const MOST = 12;
/** Of each of the reasons: none may hide the others. */
const EACH = 6;
const THERE = ['active', 'expired', 'cloned'] as const;

const unacknowledged = ({ alarms }: FleetSite): number =>
  alarms ? Object.values(alarms.unacknowledged).reduce((sum, many) => sum + many, 0) : 0;
const isAway = ({ state }: FleetSite): boolean => state === 'offline' || state === 'stale';

async function ask(signal: AbortSignal): Promise<readonly FleetSite[]> {
  const asked = { identity: THERE, limit: EACH };
  const [cloned, alarmed, away] = await Promise.all([
    fleet.sites({ identity: 'cloned', limit: EACH }, signal),
    fleet.sites({ ...asked, sort: 'alarms' }, signal),
    // Those that have been away for the shortest time: that is news.
    fleet.sites({ ...asked, state: ['offline', 'stale'], sort: 'since', order: 'desc' }, signal),
  ]);
  const troubled = alarmed.items.filter((site) => unacknowledged(site) > 0);
  const all = new Map([...troubled, ...cloned.items, ...away.items].map((site) => [site.id, site]));
  return [...all.values()].slice(0, MOST);
}

/** Sites that want somebody: two boxes with one identity, alarms that nobody has acknowledged, links that have ended. */
export function Wanting() {
  const { data, error } = usePolled(`${SITES} wanting`, ask, EVERY_MS);
  return (
    <section className="card" aria-label="What wants somebody">
      <h2>What wants somebody</h2>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">Nothing: every site that ever came is there and quiet.</p>}
      {data && data.length > 0 && (
        <>
          <ul className="wanting">
            {data.map((site) => (
              <li key={site.id}>
                <a href={hashOf('sites', site.id)}>
                  <strong>{site.id}</strong>
                </a>
                <Why site={site} />
                <Labels labels={site.labels} />
              </li>
            ))}
          </ul>
          <p className="wanting-more">
            <a href={hashOf('sites', '', { sort: 'alarms' })}>By alarms</a>{' '}
            <a href={hashOf('sites', '', { state: 'offline,stale', sort: 'since', order: 'desc' })}>
              All that are away
            </a>
          </p>
        </>
      )}
    </section>
  );
}

function Why({ site }: { readonly site: FleetSite }) {
  const { state, sinceUs, identity, alarms, problems = 0 } = site;
  return (
    <span className="wanting-why">
      {identity === 'cloned' && <IdentityMark state={identity} />}
      {unacknowledged(site) > 0 && <AlarmCount alarms={alarms} />}
      {isAway(site) && (
        <span>
          <StateMark state={state} />
          {sinceUs !== undefined && (
            <span className="quiet">
              {' '}
              for <Age sinceUs={sinceUs} />
            </span>
          )}
        </span>
      )}
      {problems > 0 && (
        <span className="quiet">
          {count(problems)} {problems === 1 ? 'problem' : 'problems'}
        </span>
      )}
    </span>
  );
}
