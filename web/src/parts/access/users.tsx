import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { usePolled } from '../../data/poll.ts';
import { useMe } from '../../data/session.ts';
import { Age } from '../age.tsx';
import { Ask } from '../ask.tsx';
import { Field } from '../field.tsx';
import { Refusal } from '../refusal.tsx';
import { Table } from '../table.tsx';
import { ACCESS, done, EVERY_MS, type RightsKind } from './asked.ts';

interface User {
  readonly name: string;
  readonly changedUs: number;
}

export interface UsersKind<R> {
  readonly rights: RightsKind<R>;
  readonly list: (signal: AbortSignal) => Promise<readonly (R & User)[]>;
  readonly add: (user: R & { readonly name: string; readonly password: string }) => Promise<unknown>;
  readonly setRights: (user: R & { readonly name: string }) => Promise<unknown>;
  readonly setPassword: (user: { readonly name: string; readonly password: string }) => Promise<unknown>;
  readonly remove: (user: { readonly name: string }) => Promise<unknown>;
  /** What a password must be. */
  readonly password: string;
  /** Where it stays what somebody did. */
  readonly record: string;
}

type Act<R> =
  | { readonly what: 'add' }
  | { readonly what: 'rights' | 'password' | 'remove'; readonly user: R & User };

/** Who may sign in, and what he may. */
export function Users<R>({ kind }: { readonly kind: UsersKind<R> }) {
  const { data, error } = usePolled(`${ACCESS} users`, kind.list, EVERY_MS);
  const [act, setAct] = useState<Act<R>>();
  const me = useMe();
  return (
    <section className="card" aria-label="Users">
      <header className="card-head">
        <h2>Users</h2>
        <IxButton variant="secondary" onClick={() => setAct({ what: 'add' })}>
          Add a user …
        </IxButton>
      </header>
      {error && !data && <Refusal error={error} />}
      {data && (
        <Table label="Table of users">
          <thead>
            <tr>
              <th scope="col">Name</th>
              {kind.rights.heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
              <th scope="col" className="number">
                Changed
              </th>
              <th scope="col">
                <span className="unseen">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((user) => (
              <tr key={user.name}>
                <th scope="row">
                  {user.name} {user.name === me.name && <span className="quiet">you</span>}
                </th>
                <Cells of={user} rights={kind.rights} />
                <td className="number">
                  <Age sinceUs={user.changedUs} />
                </td>
                <td className="row-acts">
                  {(['rights', 'password', 'remove'] as const).map((what) => (
                    <button
                      key={what}
                      type="button"
                      className="link"
                      aria-label={
                        what === 'remove' ? `Remove ${user.name}` : `${NAMES[what]} of ${user.name}`
                      }
                      onClick={() => setAct({ what, user })}
                    >
                      {NAMES[what]}
                    </button>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {act && <UserAct act={act} kind={kind} onEnd={() => setAct(undefined)} />}
    </section>
  );
}

const NAMES = { rights: 'Rights', password: 'Password', remove: 'Remove' };

/** Cells of a table for what somebody may. */
export function Cells<R>({ of, rights }: { readonly of: R; readonly rights: RightsKind<R> }) {
  const cells = rights.cells(of);
  return rights.heads.map((head, i) => <td key={head}>{cells[i]}</td>);
}

interface UserActProps<R> {
  readonly act: Act<R>;
  readonly kind: UsersKind<R>;
  readonly onEnd: () => void;
}

function UserAct<R>({ act, kind, onEnd }: UserActProps<R>) {
  const { rights } = kind;
  const password = (
    <Field label="Password" name="password" type="password" autoComplete="new-password">
      {kind.password}
    </Field>
  );
  if (act.what === 'add') {
    return (
      <Ask
        title="Add a user"
        name="Add"
        onEnd={onEnd}
        act={(given) =>
          done(
            kind.add({
              ...rights.given(given),
              name: String(given.get('name')).trim(),
              password: String(given.get('password')),
            }),
          )
        }
      >
        <Field label="Name" name="name" autoComplete="off" autoFocus />
        {password}
        {rights.fields()}
      </Ask>
    );
  }
  const { name } = act.user;
  if (act.what === 'rights') {
    return (
      <Ask
        title={`Rights of ${name}`}
        name="Change"
        onEnd={onEnd}
        act={(given) => done(kind.setRights({ ...rights.given(given), name }))}
      >
        {rights.fields(act.user)}
        <p className="quiet">It holds at once, also for whoever is signed in.</p>
      </Ask>
    );
  }
  if (act.what === 'password') {
    return (
      <Ask
        title={`Another password for ${name}`}
        name="Change"
        onEnd={onEnd}
        act={(given) => done(kind.setPassword({ name, password: String(given.get('password')) }))}
      >
        {password}
        <p className="quiet">All sessions of {name} end.</p>
      </Ask>
    );
  }
  return (
    <Ask
      title={`Remove ${name}?`}
      name="Remove"
      isGrave
      onEnd={onEnd}
      act={() => done(kind.remove({ name }))}
    >
      <p>
        All sessions of {name} end. What {name} did stays in the {kind.record}.
      </p>
    </Ask>
  );
}
