import { IxButton } from '@siemens/ix-react';
import { useId, useState } from 'react';
import { useSiteNow } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { Age } from '../age.tsx';
import { Ask } from '../ask.tsx';
import { Field } from '../field.tsx';
import { duration } from '../format.ts';
import { Refusal } from '../refusal.tsx';
import { Secret } from '../secret.tsx';
import { Table } from '../table.tsx';
import { ACCESS, done, EVERY_MS, type RightsKind } from './asked.ts';
import { Cells } from './users.tsx';

const DAY_MS = 86_400_000;

interface Token {
  readonly name: string;
  readonly by: string;
  readonly createdUs: number;
}

interface NewToken {
  readonly name: string;
  readonly validForMs: number | undefined;
}

export interface TokensKind<R, T> {
  readonly rights: RightsKind<R>;
  readonly list: (signal: AbortSignal) => Promise<readonly (R & T & Token)[]>;
  readonly create: (token: R & NewToken) => Promise<{ readonly token: string }>;
  readonly revoke: (token: { readonly name: string }) => Promise<unknown>;
  /** Until it ends; undefined: it does not. @param nowMs by the clock of whoever gave it */
  readonly leftMs: (token: T, nowMs: number) => number | undefined;
  /** Where it goes, beside the header. */
  readonly use?: string;
}

/** What programs ask with. */
export function Tokens<R, T>({ kind }: { readonly kind: TokensKind<R, T> }) {
  const { data, error } = usePolled(`${ACCESS} tokens`, kind.list, EVERY_MS);
  const [act, setAct] = useState<'create' | Token>();
  const [made, setMade] = useState<string>();
  const nowMs = useSiteNow();
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
        <Table label="Table of tokens">
          <thead>
            <tr>
              <th scope="col">For</th>
              {kind.rights.heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
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
                <Cells of={token} rights={kind.rights} />
                <td className="nowrap">
                  <Left ms={kind.leftMs(token, nowMs)} />
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
        </Table>
      )}
      {act === 'create' && <Create kind={kind} onMade={setMade} onEnd={() => setAct(undefined)} />}
      {act !== undefined && act !== 'create' && (
        <Ask
          title={`Revoke ${act.name}?`}
          name="Revoke"
          isGrave
          onEnd={() => setAct(undefined)}
          act={() => done(kind.revoke({ name: act.name }))}
        >
          <p>The program that uses it is refused from now on.</p>
        </Ask>
      )}
      {made !== undefined && (
        <Secret title="The new token" secret={made} onEnd={() => setMade(undefined)}>
          It goes into the header <code>authorization: Bearer …</code> of each question{kind.use}.
        </Secret>
      )}
    </section>
  );
}

function Left({ ms }: { readonly ms: number | undefined }) {
  if (ms === undefined) return <span className="quiet">never</span>;
  return ms > 0 ? <>in {duration(ms)}</> : <span className="abnormal">it has ended</span>;
}

interface CreateProps<R, T> {
  readonly kind: TokensKind<R, T>;
  readonly onMade: (token: string) => void;
  readonly onEnd: () => void;
}

function Create<R, T>({ kind, onMade, onEnd }: CreateProps<R, T>) {
  const id = useId();
  return (
    <Ask
      title="Create an API token"
      name="Create"
      onEnd={onEnd}
      act={async (given) => {
        const days = Number(given.get('days'));
        const asked = kind.create({
          ...kind.rights.given(given),
          name: String(given.get('name')).trim(),
          validForMs: days > 0 ? days * DAY_MS : undefined,
        });
        await done(asked);
        onMade((await asked).token);
      }}
    >
      <Field label="What it is for" name="name" autoComplete="off" autoFocus placeholder="grafana" />
      {kind.rights.fields()}
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
