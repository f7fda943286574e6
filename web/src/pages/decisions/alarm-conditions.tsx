import { useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { ALARMS } from '../../data/site.ts';
import { count } from '../../parts/format.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { ToPage } from '../../shell/to-page.tsx';
import { delayText } from './rule-data.ts';

const ROW_PIXELS = 44;
const EVERY_MS = 5000;

/** By which conditions alarms are raised; what stands is on the page of alarms. */
export function AlarmConditions() {
  const { data: alarms, error } = usePolled(`${ALARMS} all`, (signal) => api.alarms({}, signal), EVERY_MS);
  const [text, setText] = useState('');
  if (error && !alarms) return <Refusal error={error} />;
  if (!alarms) return <div className="waiting" role="status" aria-label="Asking for the alarms" />;
  const sought = text.trim().toLowerCase();
  const found = alarms.filter(({ id, when }) => `${id} ${when}`.toLowerCase().includes(sought));
  return (
    <>
      <div className="filters">
        <input
          type="search"
          className="ix-form-control"
          placeholder="Search alarms and conditions"
          aria-label="Search alarms"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <output className="quiet">
          {count(found.length)} of {count(alarms.length)}
        </output>
      </div>
      <VirtualList
        label="Alarm conditions"
        items={found}
        rowHeight={ROW_PIXELS}
        keyOf={({ id }) => id}
        head={<Head />}
        row={(alarm) => <Row alarm={alarm} />}
      />
    </>
  );
}

const Head = () => (
  <div role="row" className="list-row condition-row" aria-rowindex={1}>
    <span role="columnheader">Condition</span>
    <span role="columnheader">Alarm</span>
    <span role="columnheader">When</span>
    <span role="columnheader">Delays</span>
  </div>
);

const HOLDS: ReadonlyMap<AlarmStatus['condition'], string> = new Map<AlarmStatus['condition'], string>([
  [true, 'holds'],
  [false, 'does not hold'],
  ['unknown', 'unknown'],
]);

function Row({ alarm }: { readonly alarm: AlarmStatus }) {
  const { id, priority, condition, when, suppressWhen, onDelayMs, offDelayMs, deadband } = alarm;
  const delays = [
    onDelayMs > 0 ? `on after ${delayText(onDelayMs)}` : '',
    offDelayMs > 0 ? `off after ${delayText(offDelayMs)}` : '',
    deadband > 0 ? `deadband ${deadband}` : '',
  ].filter((part) => part !== '');
  return (
    <div className="condition-row">
      <span role="cell" className={condition === false ? 'quiet' : 'abnormal'}>
        {HOLDS.get(condition)}
      </span>
      <span role="cell" className="rule-name">
        <PrioritySign priority={priority} quiet={condition === false} />{' '}
        <ToPage page="alarms" rest={id}>
          {id}
        </ToPage>
        <span className="quiet rule-about">{priority}</span>
      </span>
      <span role="cell" className="rule-when">
        <code title={when}>{when}</code>
        {suppressWhen !== undefined && (
          <span className="quiet rule-about">
            not while <code>{suppressWhen}</code>
          </span>
        )}
      </span>
      <span role="cell" className="quiet">
        {delays.length > 0 ? delays.join(', ') : '–'}
      </span>
    </div>
  );
}
