import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { alarmName } from '../../parts/alarms.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { duration } from '../../parts/format.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import type { Act } from './acting.ts';

/** What is asked before an act is done; `acknowledge` asks only before several of an asset. */
export interface Question {
  readonly act: 'acknowledge' | 'shelve' | 'comment' | 'outOfService';
  readonly alarms: readonly AlarmStatus[];
}

const MINUTE_MS = 60_000;
const SHELVE_MIN = [10, 30, 60, 120, 240, 480];

const TITLES: { readonly [act in Question['act']]: string } = {
  acknowledge: 'Acknowledge',
  shelve: 'Shelve',
  comment: 'Comment',
  outOfService: 'Take out of service',
};

const ABOUT: { readonly [act in Question['act']]: string } = {
  acknowledge: 'You say that you know of each of these:',
  shelve:
    'It is silent until its time is over or somebody unshelves it. Whoever looks finds it in the list of shelved ones.',
  comment: 'Kept with the alarm and in the audit.',
  outOfService:
    'It is silent until an engineer returns it to service, whatever happens: there is no end by itself. Whoever looks finds it in the list of those out of service.',
};

/** Asks for what an act needs. */
export function Ask({
  question: { act, alarms },
  onAct,
  onEnd,
}: {
  readonly question: Question;
  readonly onAct: (act: Act) => void;
  readonly onEnd: () => void;
}) {
  const [one] = alarms;
  const title =
    alarms.length === 1 && one
      ? `${TITLES[act]}: ${alarmName(one)}`
      : `${TITLES[act]} ${alarms.length} alarms`;
  return (
    <Dialog title={title} onClose={onEnd}>
      <p className="quiet">{ABOUT[act]}</p>
      {(alarms.length > 1 || act === 'acknowledge') && <Named alarms={alarms} />}
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const comment = String(given.get('comment') ?? '').trim();
          const forMin = given.get('forMin');
          onAct({
            act,
            ...(comment !== '' && { comment }),
            ...(forMin !== null && { forMin: Number(forMin) }),
          });
          onEnd();
        }}
      >
        {act === 'shelve' && <HowLong alarms={alarms} />}
        {act !== 'acknowledge' && (
          <Field
            label={act === 'comment' ? 'Comment' : 'Reason'}
            name="comment"
            autoComplete="off"
            maxLength={500}
            pattern=".*\S.*"
            title="A few words"
            autoFocus
          />
        )}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit">
            {alarms.length === 1 ? TITLES[act] : `${TITLES[act]} ${alarms.length}`}
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}

const Named = ({ alarms }: { readonly alarms: readonly AlarmStatus[] }) => (
  <ul className="alarm-named">
    {alarms.map(({ id, priority, asset }) => (
      <li key={id}>
        <PrioritySign priority={priority} /> {alarmName({ id })} <span className="quiet">{asset}</span>
      </li>
    ))}
  </ul>
);

/** No longer than the site file allows for every one of them. */
function HowLong({ alarms }: { readonly alarms: readonly AlarmStatus[] }) {
  const mostMin = Math.min(...alarms.map(({ shelveMaxMin }) => shelveMaxMin));
  const [forMin, setForMin] = useState(String(Math.min(30, mostMin)));
  const choices = SHELVE_MIN.filter((min) => min <= mostMin);
  return (
    <div className="shelve-time">
      <Field
        label="Minutes"
        name="forMin"
        type="number"
        min={1}
        max={mostMin}
        step={1}
        value={forMin}
        onChange={(event) => setForMin(event.target.value)}
      >
        At most {duration(mostMin * MINUTE_MS)}, says the site file.
      </Field>
      <div className="shelve-choices">
        {choices.map((min) => (
          <button
            key={min}
            type="button"
            aria-pressed={forMin === String(min)}
            onClick={() => setForMin(String(min))}
          >
            {duration(min * MINUTE_MS)}
          </button>
        ))}
      </div>
    </div>
  );
}
