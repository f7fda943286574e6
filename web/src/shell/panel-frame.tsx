import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AlarmStatus, WriteResult } from '#contract/client.ts';
import { api } from '../data/api.ts';
import { askAgain } from '../data/poll.ts';
import { signedOut } from '../data/session.ts';
import { ALARMS, useActiveAlarms } from '../data/site.ts';
import { Age } from '../parts/age.tsx';
import { alarmName, byUrgency, isStanding, isUnacknowledged } from '../parts/alarms.ts';
import { Dialog } from '../parts/dialog.tsx';
import { PrioritySign } from '../parts/priority.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { useAct } from '../parts/use-act.ts';
import { WRITE_ENDS } from '../parts/write-ends.ts';

/** What a panel may do without a password: see alarms, acknowledge them, stop. */
export function PanelFrame() {
  const { data: alarms, error } = useActiveAlarms();
  const standing = alarms?.filter(isStanding).toSorted(byUrgency) ?? [];
  return (
    <main className="panel">
      <header className="panel-head">
        <h1>Alarms</h1>
        <Stop />
        <IxButton variant="tertiary" onClick={signedOut}>
          Sign in
        </IxButton>
      </header>
      {error && <Refusal error={error} />}
      {alarms && standing.length === 0 && <p className="quiet">No alarm stands</p>}
      <ul className="panel-alarms">
        {standing.map((alarm) => (
          <PanelAlarm key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </main>
  );
}

function PanelAlarm({ alarm }: { readonly alarm: AlarmStatus }) {
  const { run, busy, error } = useAct(async () => {
    await api.operateAlarm({ id: alarm.id, act: 'acknowledge', by: 'panel' });
    askAgain(ALARMS);
  });
  return (
    <li>
      <PrioritySign priority={alarm.priority} hollow={!isUnacknowledged(alarm)} />
      <div>
        <strong>{alarmName(alarm)}</strong> <span className="quiet">{alarm.asset}</span>{' '}
        <Age sinceUs={alarm.sinceUs} />
        <p>{alarm.response}</p>
        {error && <Refusal error={error} />}
      </div>
      {isUnacknowledged(alarm) && (
        <IxButton loading={busy} onClick={() => void run()}>
          Acknowledge
        </IxButton>
      )}
    </li>
  );
}

/** Asks once more: what it writes stops machines. */
function Stop() {
  const [asks, setAsks] = useState(false);
  const [results, setResults] = useState<readonly WriteResult[]>();
  const { run, busy, error, forget } = useAct(async () =>
    setResults(await api.panelStop({ why: 'stopped at the panel' })),
  );
  const close = () => {
    setAsks(false);
    setResults(undefined);
    forget();
  };
  return (
    <>
      <IxButton variant="danger-primary" onClick={() => setAsks(true)}>
        Stop …
      </IxButton>
      {asks && (
        <Dialog
          title={results ? 'What was written' : 'Stop what this site declares for the panel?'}
          onClose={close}
        >
          {!results && <p>This is no emergency stop: it goes through the guard like every write.</p>}
          {results && (
            <ul>
              {results.map(({ path, state, refusal }) => (
                <li key={path}>
                  <code>{path}</code> {WRITE_ENDS[state]}
                  {refusal && `, by the limit ${refusal}`}
                </li>
              ))}
            </ul>
          )}
          {error && <Refusal error={error} />}
          <div className="actions">
            <IxButton variant="tertiary" onClick={close}>
              {results ? 'Close' : 'Cancel'}
            </IxButton>
            {!results && (
              <IxButton variant="danger-primary" loading={busy} onClick={() => void run()}>
                Stop
              </IxButton>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}
