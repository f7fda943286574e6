import { useEffect, useRef, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { alarmName } from '../../parts/alarms.ts';

const waitingOf = (alarms: readonly AlarmStatus[]): readonly AlarmStatus[] =>
  alarms.filter(({ priority, state }) => priority === 'critical' && state === 'unacknowledged');

/** Tells critical alarms to who does not see them come; those that stand when the page is opened are in the list. */
export function NewCritical({ alarms }: { readonly alarms: readonly AlarmStatus[] | undefined }) {
  const known = useRef<ReadonlySet<string>>(undefined);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (!alarms) return;
    const waiting = waitingOf(alarms);
    const fresh = waiting.filter(({ id }) => known.current && !known.current.has(id));
    known.current = new Set(waiting.map(({ id }) => id));
    const [first] = fresh;
    if (!first) return;
    const more = fresh.length > 1 ? `, and ${fresh.length - 1} more` : '';
    setSaid(`Critical alarm: ${alarmName(first)}, ${first.asset || 'the site'}${more}`);
  }, [alarms]);
  return (
    <div aria-live="assertive" className="unseen">
      {said}
    </div>
  );
}
