import { IxButton } from '@siemens/ix-react';
import { useId, useState } from 'react';
import type { TokenView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { Age } from '../../parts/age.tsx';
import { Field } from '../../parts/field.tsx';
import { duration } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { ACCESS, areasOf, asked, EVERY_MS } from './access.ts';
import { Ask } from './ask.tsx';
import { Areas, RightsFields, roleOf } from './rights.tsx';
import { Secret } from './secret.tsx';

const DAY_MS = 86_400_000;

/** What programs ask this site with. */
export function Tokens() {
  const { data, error } = usePolled(`${ACCESS} tokens`, (signal) => api.tokens(signal), EVERY_MS);
  const [act, setAct] = useState<'create' | TokenView>();
  const [made, setMade] = useState<string>();
  return (
    <section className="card" aria-label="API tokens">
      <header className="card-head">
        <h2>API tokens</h2>
        <IxButton variant="secondary" onClick={() => setAct('create')}>
          Create a token …
        </IxButton>
      </header>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">No program has a token of its own.</p>}
      {data && data.length > 0 && (
        <div className="scroll" role="region" aria-label="Table of tokens" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">For</th>
                <th scope="col">Role</th>
                <th scope="col">Areas</th>
                <th scope="col">Ends</th>
                <th scope="col">Made by</th>
                <th scope="col" className="number">
                  Age
                </th>
                <th scope="col">
                  <span className="unseen">Acts</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((token) => (
                <tr key={token.name}>
                  <th scope="row">{token.name}</th>
                  <td>{token.role}</td>
                  <td>
                    <Areas areas={token.areas} />
                  </td>
                  <td className="nowrap">
                    <Left ms={token.leftMs} />
                  </td>
                  <td>{token.by}</td>
                  <td className="number">
                    <Age sinceUs={token.createdUs} />
                  </td>
                  <td className="row-acts">
                    <button
                      type="button"
                      className="link"
                      aria-label={`Revoke ${token.name}`}
                      onClick={() => setAct(token)}
                    >
                      Revoke
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {act === 'create' && <Create onMade={setMade} onEnd={() => setAct(undefined)} />}
      {act !== undefined && act !== 'create' && (
        <Ask
          title={`Revoke ${act.name}?`}
          name="Revoke"
          isGrave
          onEnd={() => setAct(undefined)}
          act={async () => {
            await api.revokeToken({ name: act.name });
            asked();
          }}
        >
          <p>The program that uses it is refused from now on.</p>
        </Ask>
      )}
      {made !== undefined && (
        <Secret title="The new token" secret={made} onEnd={() => setMade(undefined)}>
          It goes into the header <code>authorization: Bearer …</code> of each question.
        </Secret>
      )}
    </section>
  );
}

function Left({ ms }: { readonly ms: number | undefined }) {
  if (ms === undefined) return <span className="quiet">never</span>;
  return ms > 0 ? <>in {duration(ms)}</> : <span className="abnormal">it has ended</span>;
}

function Create({ onMade, onEnd }: { readonly onMade: (token: string) => void; readonly onEnd: () => void }) {
  const id = useId();
  return (
    <Ask
      title="Create an API token"
      name="Create"
      onEnd={onEnd}
      act={async (given) => {
        const days = Number(given.get('days'));
        const { token } = await api.createToken({
          name: String(given.get('name')).trim(),
          role: roleOf(given),
          areas: areasOf(String(given.get('areas'))),
          validForMs: days > 0 ? days * DAY_MS : undefined,
        });
        asked();
        onMade(token);
      }}
    >
      <Field label="What it is for" name="name" autoComplete="off" autoFocus placeholder="grafana" />
      <RightsFields />
      <div className="field">
        <label className="ix-form-label" htmlFor={id}>
          Ends
        </label>
        <select id={id} name="days" defaultValue="365">
          <option value="1">in a day</option>
          <option value="30">in 30 days</option>
          <option value="365">in a year</option>
          <option value="1825">in five years</option>
          <option value="0">never</option>
        </select>
      </div>
    </Ask>
  );
}
