import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { UserView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { useMe } from '../../data/session.ts';
import { Age } from '../../parts/age.tsx';
import { Field } from '../../parts/field.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { ACCESS, areasOf, asked, EVERY_MS } from './access.ts';
import { Ask } from './ask.tsx';
import { Areas, RightsFields, roleOf } from './rights.tsx';

type Act =
  | { readonly what: 'add' }
  | { readonly what: 'rights' | 'password' | 'remove'; readonly user: UserView };

/** Who may sign in, and what he may. */
export function Users() {
  const { data, error } = usePolled(`${ACCESS} users`, (signal) => api.users(signal), EVERY_MS);
  const [act, setAct] = useState<Act>();
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
        <div className="scroll" role="region" aria-label="Table of users" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Areas</th>
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
                  <td>{user.role}</td>
                  <td>
                    <Areas areas={user.areas} />
                  </td>
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
          </table>
        </div>
      )}
      {act && <UserAct act={act} onEnd={() => setAct(undefined)} />}
    </section>
  );
}

const NAMES = { rights: 'Rights', password: 'Password', remove: 'Remove' };

const done = async (promise: Promise<unknown>): Promise<void> => {
  await promise;
  asked();
};

function UserAct({ act, onEnd }: { readonly act: Act; readonly onEnd: () => void }) {
  if (act.what === 'add') {
    return (
      <Ask
        title="Add a user"
        name="Add"
        onEnd={onEnd}
        act={(given) =>
          done(
            api.addUser({
              name: String(given.get('name')).trim(),
              password: String(given.get('password')),
              role: roleOf(given),
              areas: areasOf(String(given.get('areas'))),
            }),
          )
        }
      >
        <Field label="Name" name="name" autoComplete="off" autoFocus />
        <Password />
        <RightsFields />
      </Ask>
    );
  }
  const { name, role, areas } = act.user;
  if (act.what === 'rights') {
    return (
      <Ask
        title={`Rights of ${name}`}
        name="Change"
        onEnd={onEnd}
        act={(given) =>
          done(api.setRights({ name, role: roleOf(given), areas: areasOf(String(given.get('areas'))) }))
        }
      >
        <RightsFields role={role} areas={areas} />
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
        act={(given) => done(api.setPassword({ name, password: String(given.get('password')) }))}
      >
        <Password />
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
      act={() => done(api.removeUser({ name }))}
    >
      <p>
        All sessions of {name} end. What {name} did stays in the audit.
      </p>
    </Ask>
  );
}

const Password = () => (
  <Field label="Password" name="password" type="password" autoComplete="new-password">
    15 characters or more. Several unrelated words do well; names of the user and of the site do not count.
  </Field>
);
