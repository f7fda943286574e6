import { IxButton } from '@siemens/ix-react';
import type { AlarmStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { askAgain, usePolled } from '../../data/poll.ts';
import { useMay } from '../../data/session.ts';
import { ALARMS, useActiveAlarms } from '../../data/site.ts';
import { Age } from '../../parts/age.tsx';
import { alarmName, byUrgency, isStanding, isUnacknowledged } from '../../parts/alarms.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { alarmsOf } from './names.ts';

const EVERY_MS = 5000;

/** Alarms of an asset that stand, to be acknowledged on the spot. */
export function FaceAlarms({ asset }: { readonly asset: string }) {
  const { data, error } = useActiveAlarms();
  const alarms = alarmsOf(data?.filter(isStanding) ?? [], asset).toSorted(byUrgency);
  return (
    <section aria-label="Alarms" className="face-part">
      <h3>Alarms</h3>
      {error && !data && <Refusal error={error} />}
      {data && alarms.length === 0 && <p className="quiet">None stands</p>}
      <ul className="face-alarms">
        {alarms.map((alarm) => (
          <OneAlarm key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </section>
  );
}

function OneAlarm({ alarm }: { readonly alarm: AlarmStatus }) {
  const mayAct = useMay('operator');
  const { run, busy, error } = useAct(async () => {
    await api.operateAlarm({ id: alarm.id, act: 'acknowledge' });
    askAgain(ALARMS);
  });
  const isOpen = isUnacknowledged(alarm);
  return (
    <li>
      <PrioritySign priority={alarm.priority} hollow={!isOpen} />
      <div>
        <strong>{alarmName(alarm)}</strong>{' '}
        <span className="quiet">
          {alarm.priority}, <Age sinceUs={alarm.sinceUs} />
        </span>
        <p className="about">{alarm.response}</p>
        {error && <Refusal error={error} />}
      </div>
      {isOpen && mayAct && (
        <IxButton
          variant="secondary"
          loading={busy}
          onClick={() => void run()}
          aria-label={`Acknowledge ${alarmName(alarm)}`}
        >
          Acknowledge
        </IxButton>
      )}
    </li>
  );
}

const MODES = { local: 'local', remote: 'remote', outOfService: 'out of service' } as const;

/** From where an asset may be written to, and who has blocked it. */
export function AssetState({ asset }: { readonly asset: string }) {
  const { data } = usePolled('assets', (signal) => api.assets(signal), EVERY_MS);
  const own = data?.find((one) => one.asset === asset);
  if (!own) return null;
  const { mode, tagOut } = own;
  return (
    <section aria-label="Asset" className="face-part">
      <h3>Asset</h3>
      <dl className="facts">
        <dt>Mode</dt>
        <dd className={mode === 'outOfService' ? 'abnormal' : undefined}>{MODES[mode]}</dd>
        <dt>Tag-out</dt>
        <dd className={tagOut ? 'abnormal' : undefined}>
          {tagOut ? `blocked by ${tagOut.by}: ${tagOut.why}` : 'none'}
        </dd>
      </dl>
    </section>
  );
}
