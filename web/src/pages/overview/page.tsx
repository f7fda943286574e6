import type { SiteStatus } from '#contract/client.ts';
import { useStatus } from '../../data/site.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { AutonomyCard } from './autonomy.tsx';
import { Lately } from './lately.tsx';
import { LinkCard, SourceCard } from './peers.tsx';
import { Tiles } from './tiles.tsx';
import { warningsOf } from './warnings.ts';

/** How the site does, at one glance: grey while all is well. */
export function Page() {
  const { data: status, error } = useStatus();
  return (
    <div className="page overview">
      <h1>Overview</h1>
      {error && !status && <Refusal error={error} />}
      {status && (
        <>
          <Warnings status={status} />
          <Tiles status={status} />
          <div className="overview-cards">
            <div className="overview-peers">
              <SourceCard sources={status.sources} />
              <LinkCard sinks={status.sinks} actuators={status.actuators} />
              <AutonomyCard />
            </div>
            <Lately />
          </div>
        </>
      )}
    </div>
  );
}

function Warnings({ status }: { readonly status: SiteStatus }) {
  const warnings = warningsOf(status);
  if (warnings.length === 0) return null;
  return (
    <ul className="warnings" aria-label="What needs somebody">
      {warnings.map(({ what, hint }) => (
        <li key={what}>
          <strong>{what}</strong> {hint}
        </li>
      ))}
    </ul>
  );
}
