import { useState } from 'react';
import type { SessionView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { Age } from '../../parts/age.tsx';
import { duration } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { ACCESS, asked, EVERY_MS } from './access.ts';
import { Ask } from './ask.tsx';

/** Who is signed in, and from where. */
export function Sessions() {
  const { data, error } = usePolled(`${ACCESS} sessions`, (signal) => api.sessions(signal), EVERY_MS);
  const [ending, setEnding] = useState<SessionView>();
  return (
    <section className="card" aria-label="Sessions">
      <h2>Sessions</h2>
      {error && !data && <Refusal error={error} />}
      {data && (
        <div className="scroll" role="region" aria-label="Table of sessions" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">Role</th>
                <th scope="col">From</th>
                <th scope="col" className="number">
                  Signed in
                </th>
                <th scope="col" className="number">
                  Idle
                </th>
                <th scope="col">
                  <span className="unseen">Acts</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((session) => (
                <tr key={session.id}>
                  <th scope="row">
                    {session.name} {session.isOwn && <span className="quiet">this one</span>}
                  </th>
                  <td>{session.role}</td>
                  <td>{session.from}</td>
                  <td className="number">
                    <Age sinceUs={session.createdUs} />
                  </td>
                  <td className="number">{duration(session.idleMs)}</td>
                  <td className="row-acts">
                    {!session.isOwn && (
                      <button
                        type="button"
                        className="link"
                        aria-label={`End the session of ${session.name} from ${session.from}`}
                        onClick={() => setEnding(session)}
                      >
                        End
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {ending && (
        <Ask
          title={`End the session of ${ending.name}?`}
          name="End it"
          isGrave
          onEnd={() => setEnding(undefined)}
          act={async () => {
            await api.endSession({ id: ending.id });
            asked();
          }}
        >
          <p>
            Whoever looks there is asked for the password at once. A password that is known to others has to
            be changed, too.
          </p>
        </Ask>
      )}
    </section>
  );
}
