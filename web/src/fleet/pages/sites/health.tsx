import type { FleetHealth, FleetSite } from '#contract/fleet-client.ts';
import { usePolled } from '../../../data/poll.ts';
import { Age } from '../../../parts/age.tsx';
import { bytes, count, duration, fineMs } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { hashOf } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { SITES } from '../../data/summary.ts';
import { isSilent, Silent } from './silent.tsx';
import { Waiting } from './waiting.tsx';

const EVERY_MS = 5000;

/** How a site does, as it reported last. */
export function Health({ site }: { readonly site: FleetSite }) {
  return (
    <section className="card" aria-label="Health">
      {isSilent(site) ? (
        <>
          <h2>Health</h2>
          <Silent site={site} />
        </>
      ) : (
        <Reported site={site} />
      )}
    </section>
  );
}

function Reported({ site }: { readonly site: FleetSite }) {
  const { data: health, error } = usePolled(
    `${SITES} health of ${site.id}`,
    (signal) => fleet.siteHealth(site.id, signal),
    EVERY_MS,
  );
  return (
    <>
      <header className="card-head">
        <h2>Health</h2>
        {health && (
          <span className={site.state === 'online' ? 'quiet' : 'abnormal'}>
            told <Age sinceUs={health.saidUs} /> ago
          </span>
        )}
      </header>
      {error && !health && <Refusal error={error} />}
      {health && (
        <>
          <Problems health={health} />
          <Figures site={site} health={health} />
        </>
      )}
    </>
  );
}

function Problems({ health: { problems } }: { readonly health: FleetHealth }) {
  if (problems.length === 0) return <p className="quiet">It reports no problem.</p>;
  return (
    <ul className="health-problems">
      {problems.map(({ part, code, message, hint }) => (
        <li key={`${part} ${code}`} className="trouble">
          <p>
            <strong>{part}</strong> {message}
          </p>
          {hint !== undefined && <p className="hint">{hint}</p>}
          <p className="code">{code}</p>
        </li>
      ))}
    </ul>
  );
}

function Figures({
  site: { id, sources, alarms },
  health,
}: {
  readonly site: FleetSite;
  readonly health: FleetHealth;
}) {
  const { mode, startedUs, config, decisions, journal, historian, memoryBytes, waiting, autonomy } = health;
  const unacknowledged = alarms
    ? Object.values(alarms.unacknowledged).reduce((sum, many) => sum + many, 0)
    : 0;
  return (
    <dl className="facts">
      {mode === 'shadow' && <Fact name="Mode">shadow: it acts on nothing</Fact>}
      {alarms && (
        <Fact name="Alarms">
          <a href={hashOf('sites', id, { show: 'alarms' })}>{count(alarms.active)}</a>
          {unacknowledged > 0 && <span className="abnormal">, {count(unacknowledged)} not acknowledged</span>}
        </Fact>
      )}
      {sources && (
        <Fact name="Sources">
          <a href={hashOf('sites', id, { show: 'sources' })}>{count(sources.total)}</a>
          {sources.troubled > 0 && <span className="abnormal">, {count(sources.troubled)} with trouble</span>}
        </Fact>
      )}
      {waiting && (
        <Fact name="Not here yet">
          <Waiting waiting={waiting} />
        </Fact>
      )}
      <Fact name="Running">
        <Age sinceUs={startedUs} />
      </Fact>
      <Fact name="Site file">
        <code title={`SHA-256 ${config.digest}`}>{config.digest.slice(0, 12)}</code> for{' '}
        <Age sinceUs={config.sinceUs} />
      </Fact>
      <Fact name="Decisions">
        99 % within {fineMs(decisions.p99Ms)}, the longest {fineMs(decisions.maxMs)}
      </Fact>
      <Fact name="Journal">
        {bytes(journal.usedBytes)} of {bytes(journal.quotaBytes)}
        {journal.lostRows > 0 && <span className="abnormal">, {count(journal.lostRows)} samples lost</span>}
      </Fact>
      {historian && (
        <Fact name="Historian">
          {bytes(historian.usedBytes)} of {bytes(historian.quotaBytes)}
        </Fact>
      )}
      <Fact name="Memory">{bytes(memoryBytes)}</Fact>
      {autonomy?.days !== undefined && (
        <Fact name="Left alone">
          <span className={autonomy.isLow ? 'abnormal' : undefined}>
            {duration(autonomy.days * 86_400_000)}
          </span>
        </Fact>
      )}
    </dl>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: React.ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);
