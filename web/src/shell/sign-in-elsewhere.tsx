import { useEffect, useState } from 'react';
import { Problem } from '../data/problem.ts';
import { Refusal } from '../parts/refusal.tsx';
import { type Elsewhere, useConsole } from './console.ts';
import { usePlace } from './route.ts';

const FAILED = 'sign-in';

/** What the server says of a way that did not lead in, by its code: the browser came back with nothing but that. */
const WHY: { readonly [code: string]: readonly [string, string] } = {
  'access.no-group': [
    'The company knows you, but none of your groups may do anything here.',
    'an administrator of the hub says which groups may what: `oidc: { grants: … }` in its file',
  ],
  'access.wrong': ['The company does not vouch for the answer that came back.', 'begin again'],
  'access.too-many': ['Too many sign-ins have failed lately.', 'wait a while, then begin again'],
  'oidc.unreachable': [
    'The sign-in of the company does not answer.',
    'who has a password here signs in with it meanwhile',
  ],
  'oidc.lost': ['It took longer than ten minutes, or began in another browser.', 'begin again'],
};

/** Taken out of the address, so that the next load does not tell it again. */
function takeFailure(): Error | undefined {
  const url = new URL(location.href);
  const code = url.searchParams.get(FAILED);
  if (code === null) return undefined;
  url.searchParams.delete(FAILED);
  history.replaceState(undefined, '', url);
  const [detail, hint] = WHY[code] ?? [
    'The sign-in at the company did not succeed.',
    'the hub has logged why',
  ];
  return new Problem({ title: code, status: 401, detail, hint });
}

/** Where a company has a sign-in of its own: the way there, and why it did not lead back. */
export function SignInElsewhere() {
  const { elsewhere } = useConsole().access;
  usePlace(); // where he wants to go may change while he looks
  const [found, setFound] = useState<Elsewhere>();
  const [failure] = useState(() => elsewhere && takeFailure());
  useEffect(() => {
    elsewhere?.().then(setFound, () => {}); // by name and password it goes on
  }, [elsewhere]);
  return (
    <>
      {failure && <Refusal error={failure} />}
      {found && (
        <a
          className="sign-in-elsewhere"
          href={`${found.begin}?to=${encodeURIComponent(`/${location.hash}`)}`}
        >
          Sign in with {found.title}
        </a>
      )}
    </>
  );
}
