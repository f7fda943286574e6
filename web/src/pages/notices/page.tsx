import { IxButton } from '@siemens/ix-react';
import { useCallback, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useEvents } from '../../data/live.ts';
import { askAgain, usePolled } from '../../data/poll.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { BeginMaintenance, Maintenance } from './maintenance.tsx';
import { Coming, Open } from './open.tsx';
import { Told } from './told.tsx';

/** Key of all questions of this page. */
const NOTICES = 'notices';
const EVERY_MS = 5000;

const concerns = ({ name, kind }: EventView): boolean =>
  kind === 'alarm' || name.startsWith('notice.') || name.startsWith('maintenance.');

/** Who is told of alarms, who was not, and whose notices are held back. */
export function Page() {
  const { data: status, error } = usePolled(`${NOTICES} now`, (signal) => api.notices(signal), EVERY_MS);
  const [begins, setBegins] = useState(false);
  useEvents(
    useCallback((events: readonly EventView[]) => {
      if (events.some(concerns)) askAgain(NOTICES);
    }, []),
  );
  return (
    <div className="page notices-page">
      <header className="notices-head">
        <h1>Notices</h1>
        {status && (
          <IxButton variant="secondary" onClick={() => setBegins(true)}>
            Begin maintenance …
          </IxButton>
        )}
      </header>
      {error && !status && <Refusal error={error} />}
      {status?.plans === 0 && (
        <p className="card">
          <strong>This site tells nobody of alarms.</strong> Its site file has no <code>notices</code>:
          whoever does not look at the alarms does not hear of them.
        </p>
      )}
      {status && <Maintenance all={status.maintenance} />}
      {status && status.failed.length > 0 && (
        <Open title="Never delivered" notices={status.failed} isGivenUp />
      )}
      {status && status.plans > 0 && (
        <>
          <Open title="On their way" notices={status.waiting} />
          <Coming all={status.coming} />
        </>
      )}
      {status && <Told />}
      {begins && <BeginMaintenance onEnd={() => setBegins(false)} />}
    </div>
  );
}
