import { IxButton } from '@siemens/ix-react';
import { useId, useState } from 'react';
import { askAgain } from '../../data/poll.ts';
import { useMe } from '../../data/session.ts';
import { Ask } from '../../parts/ask.tsx';
import { Field } from '../../parts/field.tsx';
import { Secret } from '../../parts/secret.tsx';
import { fleet } from '../data/api.ts';

/** Key of the question for join tokens. */
export const TOKENS = 'join tokens';
const HOUR_MS = 3_600_000;

interface Prepared {
  readonly site?: string;
  readonly labels?: { readonly [name: string]: string };
}

/** Makes a token that lets a box in, and shows the command that the box needs. Only for whom the whole fleet is. */
export function JoinTokenButton({ site, labels = {} }: Prepared) {
  const { areas } = useMe();
  const [isAsked, setAsked] = useState(false);
  const [made, setMade] = useState<string>();
  if (areas) return null;
  return (
    <>
      <IxButton variant="secondary" onClick={() => setAsked(true)}>
        {site === undefined ? 'Let a site in …' : 'Let a box in …'}
      </IxButton>
      {isAsked && (
        <Make
          {...(site !== undefined && { site })}
          labels={labels}
          onMade={setMade}
          onEnd={() => setAsked(false)}
        />
      )}
      {made !== undefined && (
        <Secret title="At the box" secret={made} onEnd={() => setMade(undefined)}>
          It makes its key, checks that this is the hub of the token, and joins. The token lets one box in,
          once.
        </Secret>
      )}
    </>
  );
}

function Make({
  site,
  labels = {},
  onMade,
  onEnd,
}: Prepared & { readonly onMade: (command: string) => void; readonly onEnd: () => void }) {
  const id = useId();
  return (
    <Ask
      title={site === undefined ? 'Let a site in' : `Let a box in as ${site}`}
      name="Make a token"
      onEnd={onEnd}
      act={async (given) => {
        const { token } = await fleet.makeJoinToken({
          site: site ?? String(given.get('site')).trim(),
          labels: labelsOf(String(given.get('labels'))),
          validForMs: Number(given.get('hours')) * HOUR_MS,
        });
        askAgain(TOKENS);
        onMade(`holdfast edge join ${location.origin} ${token}`);
      }}
    >
      {site === undefined ? (
        <Field label="Site" name="site" autoComplete="off" autoFocus placeholder="north-1">
          As its site file names it: small letters, digits, - and _.
        </Field>
      ) : (
        <p className="quiet">What the site had before is retired as soon as the new box is in.</p>
      )}
      <Field
        label="Labels"
        name="labels"
        required={false}
        autoComplete="off"
        placeholder="region=north, line=2"
        defaultValue={Object.entries(labels)
          .map((label) => label.join('='))
          .join(', ')}
      >
        What groups it with others, by commas.
      </Field>
      <div className="field">
        <label className="ix-form-label" htmlFor={id}>
          Ends
        </label>
        <select id={id} name="hours" defaultValue="1">
          <option value="1">in an hour</option>
          <option value="24">in a day</option>
          <option value="168">in a week</option>
          <option value="720">in 30 days</option>
        </select>
      </div>
    </Ask>
  );
}

/** `region=north, line=2`; the hub refuses what it does not take, and says why. */
export function labelsOf(text: string): { readonly [name: string]: string } {
  const pairs = text
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const at = one.indexOf('=');
      if (at < 1) throw new Error(`“${one}” is no label: write region=north`);
      return [one.slice(0, at).trim(), one.slice(at + 1).trim()] as const;
    });
  return Object.fromEntries(pairs);
}
