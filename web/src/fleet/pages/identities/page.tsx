import { useState } from 'react';
import type { JoinToken, SiteIdentity } from '#contract/fleet-client.ts';
import { useSiteNow } from '../../../data/clock.ts';
import { askAgain, usePolled } from '../../../data/poll.ts';
import { useMe } from '../../../data/session.ts';
import { Age } from '../../../parts/age.tsx';
import { Ask } from '../../../parts/ask.tsx';
import { count, date, duration } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { hashOf } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { type IdentityState, sitesWhere } from '../../data/states.ts';
import { SITES, useSummary } from '../../data/summary.ts';
import { JoinTokenButton, TOKENS } from '../../parts/join-token.tsx';
import { Labels } from '../../parts/labels.tsx';
import { IdentityMark, identityAbout, identityText } from '../../parts/state-mark.tsx';

const EVERY_MS = 5000;
const MOST = 200;
const TROUBLED: readonly IdentityState[] = ['cloned', 'revoked', 'expired'];

/** Who may speak for a site: what wants a decision, and boxes that are to come. */
export function Page() {
  const { areas } = useMe();
  return (
    <div className="page identities">
      <header className="page-head">
        <h1>Identities</h1>
        <JoinTokenButton />
      </header>
      <Figures />
      <Troubled />
      {!areas && <Waiting />}
    </div>
  );
}

function Figures() {
  const { data: summary } = useSummary();
  if (!summary) return null;
  const states: readonly IdentityState[] = ['active', ...TROUBLED, 'retired'];
  return (
    <ul className="figures" aria-label="How many there are">
      {states.map((state) => {
        const many = sitesWhere(summary.counts, (one) => one.identity === state);
        const isAbnormal = many > 0 && (state === 'cloned' || state === 'revoked');
        return (
          <li key={state} title={identityAbout(state)}>
            <a href={hashOf('sites', '', { identity: state })}>
              <strong className={isAbnormal ? 'abnormal' : undefined}>{count(many)}</strong>{' '}
              <span className="quiet">{identityText(state)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function Troubled() {
  const { data, error } = usePolled(
    `${SITES} identities`,
    (signal) => fleet.identities({ identity: TROUBLED, limit: MOST }, signal),
    EVERY_MS,
  );
  const items = data?.items.toSorted((a, b) => rank(a) - rank(b)) ?? [];
  return (
    <section className="card" aria-label="What wants a look">
      <h2>What wants a look</h2>
      {error && !data && <Refusal error={error} />}
      {data && items.length === 0 && <p className="quiet">Every site that is there has a valid identity.</p>}
      {items.length > 0 && (
        <Table label="Table of identities">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col">Identity</th>
              <th scope="col">What to do</th>
              <th scope="col">Seen last</th>
              <th scope="col">Valid to</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, state, why, by, seenUs, validToUs }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={hashOf('sites', id, { show: 'identity' })}>{id}</a>
                </th>
                <td>
                  <IdentityMark state={state} />
                </td>
                <td>
                  {why === undefined ? identityAbout(state) : why}
                  {by !== undefined && <span className="quiet"> by {by}</span>}
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
                <td className="nowrap">{date(validToUs / 1000)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {data?.next !== undefined && (
        <p className="quiet">
          These are the first {MOST};{' '}
          <a href={hashOf('sites', '', { identity: TROUBLED.join(',') })}>all of them</a>.
        </p>
      )}
    </section>
  );
}

const rank = ({ state }: SiteIdentity): number => TROUBLED.indexOf(state);

/** Tokens that no box has used. */
function Waiting() {
  const { data, error } = usePolled(TOKENS, (signal) => fleet.joinTokens(signal), EVERY_MS);
  const [ending, setEnding] = useState<JoinToken>();
  const nowMs = useSiteNow();
  return (
    <section className="card" aria-label="Join tokens">
      <h2>Join tokens that wait for a box</h2>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">None waits.</p>}
      {data && data.length > 0 && (
        <Table label="Table of join tokens">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col">Labels</th>
              <th scope="col">Made by</th>
              <th scope="col">Made</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="unseen">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((token) => (
              <tr key={token.id}>
                <th scope="row">{token.site}</th>
                <td>
                  <Labels labels={token.labels} />
                </td>
                <td>{token.by}</td>
                <td className="nowrap">
                  <Age sinceUs={token.madeUs} /> ago
                </td>
                <td className="nowrap">in {duration(Math.max(0, token.endsUs / 1000 - nowMs))}</td>
                <td className="row-acts">
                  <button
                    type="button"
                    className="link"
                    aria-label={`End the token for ${token.site}`}
                    onClick={() => setEnding(token)}
                  >
                    End
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {ending && (
        <Ask
          title={`End the join token for ${ending.site}?`}
          name="End it"
          isGrave
          onEnd={() => setEnding(undefined)}
          act={async () => {
            await fleet.endJoinToken({ id: ending.id });
            askAgain(TOKENS);
          }}
        >
          <p>No box joins with it any more. A new one can be made at any time.</p>
        </Ask>
      )}
    </section>
  );
}
