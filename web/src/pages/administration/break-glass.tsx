import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { useStatus } from '../../data/site.ts';
import { Ask } from '../../parts/ask.tsx';
import { moment } from '../../parts/format.ts';
import { Secret } from '../../parts/secret.tsx';

/** The way in when nobody else can: a code in a sealed envelope. */
export function BreakGlass() {
  const { data: status } = useStatus();
  const [asks, setAsks] = useState(false);
  const [code, setCode] = useState<string>();
  const access = status?.access;
  const usedUs = access?.breakGlassUsedUs;
  return (
    <section className="card" aria-label="Break-glass code">
      <header className="card-head">
        <h2>Break-glass code</h2>
        <IxButton variant="secondary" onClick={() => setAsks(true)}>
          Make a new code …
        </IxButton>
      </header>
      {access?.breakGlass === 'sealed' && (
        <p>
          A code is out there, unused. It signs in once, as an administrator, and everybody is told when it
          does.
        </p>
      )}
      {access?.breakGlass === 'used' && (
        <p className="abnormal">
          It was used{usedUs !== undefined && ` ${moment(usedUs / 1000, siteNowMs())}`}: make a new one, print
          it and seal it.
        </p>
      )}
      {access?.breakGlass === 'none' && (
        <p className="quiet">
          There is none: without it nobody gets in once every administrator has forgotten the password.
        </p>
      )}
      {asks && (
        <Ask
          title="Make a new break-glass code?"
          name="Make it"
          onEnd={() => setAsks(false)}
          act={async () => setCode((await api.makeBreakGlass({})).code)}
        >
          <p>
            The one before opens nothing any more. Print the new one, seal it, and keep it where it is
            guarded.
          </p>
        </Ask>
      )}
      {code !== undefined && (
        <Secret title="The new break-glass code" secret={code} onEnd={() => setCode(undefined)}>
          It opens once. Whoever uses it enters it on the page where one signs in.
        </Secret>
      )}
    </section>
  );
}
