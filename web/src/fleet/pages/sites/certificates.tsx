import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { FleetSite, SiteCertificate } from '#contract/fleet-client.ts';
import { useSiteNow } from '../../../data/clock.ts';
import { askAgain, usePolled } from '../../../data/poll.ts';
import { Age } from '../../../parts/age.tsx';
import { Ask } from '../../../parts/ask.tsx';
import { Field } from '../../../parts/field.tsx';
import { date, duration } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { fleet } from '../../data/api.ts';
import { SITES } from '../../data/summary.ts';
import { JoinTokenButton } from '../../parts/join-token.tsx';
import { IdentityMark, identityAbout } from '../../parts/state-mark.tsx';

const EVERY_MS = 5000;
type End = 'revoke' | 'retire';

/** Who speaks for this site, who did, and ending that. */
export function Certificates({ site: { id, identity, labels } }: { readonly site: FleetSite }) {
  const { data, error } = usePolled(
    `${SITES} certificates of ${id}`,
    (signal) => fleet.certificates(id, signal),
    EVERY_MS,
  );
  const [act, setAct] = useState<End>();
  const hasEnded = identity === 'revoked' || identity === 'retired';
  return (
    <section className="card" aria-label="Identity">
      <header className="card-head">
        <h2>
          <IdentityMark state={identity} />
        </h2>
        <span className="actions">
          <JoinTokenButton site={id} labels={labels} />
          {!hasEnded && (
            <IxButton variant="danger-secondary" onClick={() => setAct('revoke')}>
              Revoke …
            </IxButton>
          )}
          {identity !== 'retired' && (
            <IxButton variant="secondary" onClick={() => setAct('retire')}>
              Retire …
            </IxButton>
          )}
        </span>
      </header>
      <p className="quiet">{identityAbout(identity)}</p>
      {error && !data && <Refusal error={error} />}
      {data && <Listed certificates={data} />}
      {act && <EndIdentity site={id} act={act} onEnd={() => setAct(undefined)} />}
    </section>
  );
}

function Listed({ certificates }: { readonly certificates: readonly SiteCertificate[] }) {
  const nowMs = useSiteNow();
  return (
    <Table label="Table of certificates">
      <thead>
        <tr>
          <th scope="col">Certificate</th>
          <th scope="col">State</th>
          <th scope="col">Issued</th>
          <th scope="col">Valid to</th>
          <th scope="col">Shown last</th>
          <th scope="col" className="number">
            Starts
          </th>
          <th scope="col">Why it ended</th>
        </tr>
      </thead>
      <tbody>
        {certificates.map(
          ({ serial, fingerprint, state, issuedUs, validToUs, seenUs, starts, why, by, endedUs }) => (
            <tr key={serial}>
              <th scope="row">
                <code title={`SHA-256 ${fingerprint}`}>{serial.slice(0, 16)}</code>
              </th>
              <td>
                <IdentityMark state={state} />
              </td>
              <td className="nowrap">{date(issuedUs / 1000)}</td>
              <td className="nowrap">
                {date(validToUs / 1000)}
                {state === 'active' && (
                  <span className="quiet"> in {duration(Math.max(0, validToUs / 1000 - nowMs))}</span>
                )}
              </td>
              <td className="nowrap">
                {seenUs === undefined ? (
                  <span className="quiet">never</span>
                ) : (
                  <>
                    <Age sinceUs={seenUs} /> ago
                  </>
                )}
              </td>
              <td className="number">{starts}</td>
              <td>
                {why}
                {by !== undefined && <span className="quiet"> by {by}</span>}
                {endedUs !== undefined && <span className="quiet">, {date(endedUs / 1000)}</span>}
              </td>
            </tr>
          ),
        )}
      </tbody>
    </Table>
  );
}

function EndIdentity({
  site,
  act,
  onEnd,
}: {
  readonly site: string;
  readonly act: End;
  readonly onEnd: () => void;
}) {
  const isRevoked = act === 'revoke';
  return (
    <Ask
      title={isRevoked ? `Revoke the identity of ${site}?` : `Retire ${site}?`}
      name={isRevoked ? 'Revoke' : 'Retire'}
      isGrave
      onEnd={onEnd}
      act={async (given) => {
        const why = String(given.get('why')).trim();
        await (isRevoked ? fleet.revokeSite(site, { why }) : fleet.retireSite(site, { why }));
        askAgain(SITES);
      }}
    >
      <p>
        {isRevoked
          ? 'Its connections are cut now, on every hub. The plant goes on: only the way to the hub is closed, until a box joins with a new token.'
          : 'The site is no more: it leaves the lists. What it sent stays, and a new token would let it in again.'}
      </p>
      <Field label="Reason" name="why" autoFocus maxLength={500}>
        {isRevoked ? 'Such as: the cabinet was broken open.' : 'Such as: the line was dismantled.'}
      </Field>
    </Ask>
  );
}
