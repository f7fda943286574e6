import { iconClose } from '@siemens/ix-icons/icons';
import { IxButton, IxIconButton } from '@siemens/ix-react';
import type { AlarmStatus } from '#contract/client.ts';
import { useMay } from '../../data/session.ts';
import { Age } from '../../parts/age.tsx';
import { alarmName, isUnacknowledged, STATE_WORDS } from '../../parts/alarms.ts';
import { duration } from '../../parts/format.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import { ToPage } from '../../shell/to-page.tsx';
import type { Act } from './acting.ts';
import { Around } from './around.tsx';
import type { Question } from './dialogs.tsx';
import { History } from './history.tsx';
import { type AlarmRecord, raisedUs } from './record-of.ts';

const MINUTE_MS = 60_000;

interface DetailsProps {
  readonly alarm: AlarmStatus;
  /** Those of its asset that nobody has acknowledged, itself among them. */
  readonly together: readonly AlarmStatus[];
  readonly record: AlarmRecord | undefined;
  readonly onAct: (alarms: readonly AlarmStatus[], act: Act) => void;
  readonly onAsk: (question: Question) => void;
  readonly onClose: () => void;
}

/** One alarm: what it means, what to do, the values around it, and what happened to it. */
export function Details(props: DetailsProps) {
  const { alarm, record, onClose } = props;
  const { id, asset, description, priority, state, sinceUs, consequence, response, reads = [] } = alarm;
  return (
    <aside className="alarm-details card" aria-label={`Alarm ${alarmName(alarm)}`}>
      <header className="alarm-details-head">
        <PrioritySign priority={priority} hollow={!isUnacknowledged(alarm)} />
        <div>
          <h2>{alarmName(alarm)}</h2>
          <p className="quiet">
            <ToPage page="tags" query={{ at: asset }}>
              {asset || 'the site'}
            </ToPage>
            {description !== undefined && `: ${description}`}
          </p>
        </div>
        <IxIconButton
          variant="subtle-tertiary"
          icon={iconClose}
          aria-label="Close details"
          onClick={onClose}
        />
      </header>
      <p>
        <strong>{priority}</strong>, {STATE_WORDS[state]}
        {sinceUs > 0 && (
          <>
            {' '}
            for <Age sinceUs={sinceUs} />
          </>
        )}
        <Condition alarm={alarm} />
      </p>
      <Buttons {...props} />
      <dl className="alarm-says">
        <dt>What to do</dt>
        <dd>
          <strong>{response}</strong>
        </dd>
        <dt>If nobody acts</dt>
        <dd>{consequence}</dd>
        {alarm.comment !== undefined && (
          <>
            <dt>Last comment</dt>
            <dd>{alarm.comment}</dd>
          </>
        )}
      </dl>
      {reads.length > 0 && <Around alarm={alarm} reads={reads} raised={raisedUs(alarm, record)} />}
      <Rule alarm={alarm} />
      <History id={id} />
    </aside>
  );
}

function Condition({ alarm: { condition, state } }: { readonly alarm: AlarmStatus }) {
  if (condition === 'unknown')
    return <span className="abnormal">. Its condition is unknown: a value is bad or missing.</span>;
  if (condition && (state === 'shelved' || state === 'suppressed' || state === 'outOfService'))
    return <span className="abnormal">. Its condition holds now.</span>;
  return null;
}

const isShelvable = ({ state, shelveMaxMin }: AlarmStatus): boolean =>
  state !== 'outOfService' && state !== 'shelved' && shelveMaxMin > 0;

/** What may be done with it, by who looks, in its state. */
function Buttons({ alarm, together, onAct, onAsk }: DetailsProps) {
  const isOperator = useMay('operator');
  const isEngineer = useMay('engineer');
  const { state, latched, condition } = alarm;
  if (!isOperator) return <p className="quiet">Viewers see alarms; acknowledging needs an operator.</p>;
  const canReset = latched && (state === 'latchedAcknowledged' || state === 'latchedUnacknowledged');
  return (
    <div className="alarm-buttons">
      {isUnacknowledged(alarm) && (
        <IxButton onClick={() => onAct([alarm], { act: 'acknowledge' })}>Acknowledge</IxButton>
      )}
      {together.length > 1 && isUnacknowledged(alarm) && (
        <IxButton variant="secondary" onClick={() => onAsk({ act: 'acknowledge', alarms: together })}>
          {`Acknowledge ${together.length} of this asset …`}
        </IxButton>
      )}
      {canReset && (
        <IxButton
          variant={isUnacknowledged(alarm) ? 'secondary' : 'primary'}
          disabled={condition === true}
          onClick={() => onAct([alarm], { act: 'reset' })}
        >
          Reset
        </IxButton>
      )}
      {state === 'shelved' && (
        <IxButton onClick={() => onAct([alarm], { act: 'unshelve' })}>Unshelve</IxButton>
      )}
      {state === 'outOfService' && isEngineer && (
        <IxButton onClick={() => onAct([alarm], { act: 'returnToService' })}>Return to service</IxButton>
      )}
      {isShelvable(alarm) && (
        <IxButton variant="secondary" onClick={() => onAsk({ act: 'shelve', alarms: [alarm] })}>
          Shelve …
        </IxButton>
      )}
      <IxButton variant="secondary" onClick={() => onAsk({ act: 'comment', alarms: [alarm] })}>
        Comment …
      </IxButton>
      {state !== 'outOfService' && isEngineer && (
        <IxButton variant="tertiary" onClick={() => onAsk({ act: 'outOfService', alarms: [alarm] })}>
          Out of service …
        </IxButton>
      )}
    </div>
  );
}

/** How it is configured: for who asks why it was raised. */
function Rule({ alarm }: { readonly alarm: AlarmStatus }) {
  const { when, deadband, onDelayMs, offDelayMs, suppressWhen, latched, shelveMaxMin } = alarm;
  return (
    <details className="alarm-rule">
      <summary>Condition</summary>
      <dl className="facts">
        <dt>Raised when</dt>
        <dd>
          <code>{when}</code>
          {onDelayMs > 0 && ` for ${duration(onDelayMs)}`}
        </dd>
        {(offDelayMs > 0 || deadband > 0) && (
          <>
            <dt>Returns</dt>
            <dd>
              {deadband > 0 && `beyond a deadband of ${deadband}`}
              {deadband > 0 && offDelayMs > 0 && ', '}
              {offDelayMs > 0 && `after ${duration(offDelayMs)}`}
            </dd>
          </>
        )}
        {suppressWhen !== undefined && (
          <>
            <dt>Suppressed while</dt>
            <dd>
              <code>{suppressWhen}</code>
            </dd>
          </>
        )}
        {latched && (
          <>
            <dt>Latched</dt>
            <dd>stays until somebody resets it</dd>
          </>
        )}
        <dt>Shelved at most</dt>
        <dd>{shelveMaxMin > 0 ? duration(shelveMaxMin * MINUTE_MS) : 'never'}</dd>
        <dt>Name</dt>
        <dd>
          <code>{alarm.id}</code>
        </dd>
      </dl>
    </details>
  );
}
