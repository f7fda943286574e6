import type { FleetSite } from '#contract/fleet-client.ts';
import { usePolled } from '../../../data/poll.ts';
import { useMay } from '../../../data/session.ts';
import { Age } from '../../../parts/age.tsx';
import { count } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { SITES, useSummary } from '../../data/summary.ts';
import { AlarmList } from '../../parts/alarm-list.tsx';
import { EventList } from '../../parts/event-list.tsx';
import { Labels } from '../../parts/labels.tsx';
import { IdentityMark, identityAbout, StateMark } from '../../parts/state-mark.tsx';
import { Certificates } from './certificates.tsx';
import { Health } from './health.tsx';
import { Ledger } from './ledger.tsx';
import { Sources } from './sources.tsx';
import { Values } from './values.tsx';

const EVERY_MS = 3000;

const VIEWS = [
  ['', 'Overview'],
  ['alarms', 'Alarms'],
  ['values', 'Values'],
  ['sources', 'Sources'],
  ['events', 'Events'],
  ['ledger', 'Ledger'],
  ['identity', 'Identity'],
] as const;

/** One site, as the hub knows it. */
export function SitePage({ site: id }: { readonly site: string }) {
  const { data: site, error } = usePolled(`${SITES} of ${id}`, (signal) => fleet.site(id, signal), EVERY_MS);
  useSummary(); // the time at the hub, by which ages are counted
  const isAdministrator = useMay('administrator');
  const shown = usePlace().query.get('show') ?? '';
  return (
    <div className="page site">
      <header className="site-head">
        <nav aria-label="Place" className="quiet">
          <a href={hashOf('sites')}>Sites</a>
        </nav>
        <h1>{id}</h1>
        {site && (
          <p className="site-state">
            <StateMark state={site.state} />
            {site.sinceUs !== undefined && (
              <span className="quiet">
                for <Age sinceUs={site.sinceUs} />
              </span>
            )}
            <Labels labels={site.labels} />
          </p>
        )}
      </header>
      {error && !site && <Refusal error={error} />}
      {site && (
        <>
          <nav aria-label="Of this site" className="views">
            {VIEWS.filter(([view]) => view !== 'identity' || isAdministrator).map(([view, name]) => (
              <a
                key={view}
                href={hashOf('sites', id, view === '' ? {} : { show: view })}
                aria-current={view === shown ? 'page' : undefined}
              >
                {name}
              </a>
            ))}
          </nav>
          {shown === '' && <Overview site={site} />}
          {shown === 'alarms' && <Alarms site={id} />}
          {shown === 'values' && <Values site={id} />}
          {shown === 'sources' && <Sources site={site} />}
          {shown === 'ledger' && <Ledger site={id} />}
          {shown === 'events' && (
            <section className="card" aria-label="Events">
              <EventList query={{ site: id }} isOfOneSite />
            </section>
          )}
          {shown === 'identity' && isAdministrator && <Certificates site={site} />}
        </>
      )}
    </div>
  );
}

/** Alarms of one site that are not normal. */
function Alarms({ site }: { readonly site: string }) {
  const opened = usePlace().query.get('open');
  return (
    <AlarmList
      query={{ site }}
      isOfOneSite
      opened={opened === null ? undefined : `${site} ${opened}`}
      addressOf={({ id }) => hashOf('sites', site, { show: 'alarms', open: id })}
    />
  );
}

function Overview({ site }: { readonly site: FleetSite }) {
  const { id, software, tags, newestUs, gaps, lost, joinedUs, identity, validToUs } = site;
  return (
    <div className="site-cards">
      <div className="site-column">
        <section className="card" aria-label="What the hub knows">
          <h2>What the hub knows</h2>
          <dl className="facts">
            <dt>Version</dt>
            <dd>{software ?? '–'}</dd>
            <dt>Tags</dt>
            <dd>
              <a href={hashOf('sites', id, { show: 'values' })}>{count(tags)}</a>
            </dd>
            <dt>Newest value</dt>
            <dd>
              {newestUs === undefined ? (
                '–'
              ) : (
                <>
                  <Age sinceUs={newestUs} /> ago, by the clock of the site
                </>
              )}
            </dd>
            <dt>Lost samples</dt>
            <dd className={lost > 0 ? 'abnormal' : undefined}>
              {count(lost)}
              {gaps > 0 && ` in ${count(gaps)} counted ${gaps === 1 ? 'hole' : 'holes'}`}
            </dd>
            <dt>Joined</dt>
            <dd>
              <Age sinceUs={joinedUs} /> ago
            </dd>
            <dt>Identity</dt>
            <dd>
              <IdentityMark state={identity} />
              {identity === 'active'
                ? `, until ${new Date(validToUs / 1000).toISOString().slice(0, 10)}`
                : `. ${identityAbout(identity)}`}
            </dd>
          </dl>
        </section>
        <section className="card" aria-label="Lately">
          <h2>
            <a href={hashOf('sites', id, { show: 'events' })}>Lately</a>
          </h2>
          <EventList query={{ site: id }} most={12} isOfOneSite />
        </section>
      </div>
      <Health site={site} />
    </div>
  );
}
