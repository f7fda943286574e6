import { type ReactNode, useState } from 'react';
import { usePolled } from '../../data/poll.ts';
import { Age } from '../age.tsx';
import { Ask } from '../ask.tsx';
import { Refusal } from '../refusal.tsx';
import { Table } from '../table.tsx';
import { ACCESS, done, EVERY_MS } from './asked.ts';

interface Session {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly createdUs: number;
  readonly isOwn: boolean;
}

/** A column of what only one kind of console tells so. */
interface Column<S> {
  readonly head: string;
  readonly cell: (session: S) => ReactNode;
}

export interface SessionsKind<S extends Session> {
  readonly list: (signal: AbortSignal) => Promise<readonly S[]>;
  readonly end: (session: { readonly id: string }) => Promise<unknown>;
  readonly may: Column<S>;
  /** Since when nothing was asked. */
  readonly idle: Column<S>;
  /** What becomes of whoever is there. */
  readonly note: string;
}

/** Who is signed in, and from where. */
export function Sessions<S extends Session>({ kind }: { readonly kind: SessionsKind<S> }) {
  const { data, error } = usePolled(`${ACCESS} sessions`, kind.list, EVERY_MS);
  const [ending, setEnding] = useState<S>();
  return (
    <section className="card" aria-label="Sessions">
      <h2>Sessions</h2>
      {error && !data && <Refusal error={error} />}
      {data && (
        <Table label="Table of sessions">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">{kind.may.head}</th>
              <th scope="col">From</th>
              <th scope="col" className="number">
                Signed in
              </th>
              <th scope="col" className="number">
                {kind.idle.head}
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
                <td>{kind.may.cell(session)}</td>
                <td>{session.from}</td>
                <td className="number">
                  <Age sinceUs={session.createdUs} />
                </td>
                <td className="number">{kind.idle.cell(session)}</td>
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
        </Table>
      )}
      {ending && (
        <Ask
          title={`End the session of ${ending.name}?`}
          name="End it"
          isGrave
          onEnd={() => setEnding(undefined)}
          act={() => done(kind.end({ id: ending.id }))}
        >
          <p>{kind.note}</p>
        </Ask>
      )}
    </section>
  );
}
