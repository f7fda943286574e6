import { useState } from 'react';
import type { ConfigDiff, EventView, Json } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useMay } from '../../data/session.ts';
import { DoneBy, EventFacts, ExactTime } from '../../parts/event-facts.tsx';
import { eventText, moreOf, personOf, severityOf } from '../../parts/event-words.ts';
import { date, timeOfDay } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { ToPage } from '../../shell/to-page.tsx';

const SEVERITIES = { threat: 'threat', odd: 'look', none: '' } as const;

/** One event: who, what, when, why; more of it unfolds. */
export function Entry({ event, isOtherDay }: { readonly event: EventView; readonly isOtherDay: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const severity = severityOf(event);
  const ms = event.timeUs / 1000;
  return (
    <li className="audit-entry" data-severity={severity}>
      {isOtherDay && <h2 className="audit-day">{date(ms)}</h2>}
      <button type="button" className="audit-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <time dateTime={new Date(ms).toISOString()}>{timeOfDay(ms)}</time>
        <span className="audit-severity">
          {severity !== 'none' && (
            <>
              <span aria-hidden="true">{severity === 'threat' ? '▲' : '△'}</span> {SEVERITIES[severity]}
            </>
          )}
        </span>
        <span className="audit-who">{personOf(event.by) || <span className="quiet">the site</span>}</span>
        <span className="audit-what">
          <strong>{eventText(event.name)}</strong>{' '}
          {event.subject !== event.by && <span className="audit-subject">{event.subject}</span>}{' '}
          <span className="quiet">{moreOf(event)}</span>
        </span>
      </button>
      {isOpen && <More event={event} />}
    </li>
  );
}

function More({ event }: { readonly event: EventView }) {
  const { id, kind, name, subject, timeUs, by, detail = {} } = event;
  return (
    <div className="audit-more">
      <dl className="facts">
        <dt>Event</dt>
        <dd>
          {id}, <code>{name}</code>
        </dd>
        <dt>Time</dt>
        <dd>
          <ExactTime timeUs={timeUs} />
        </dd>
        <dt>Subject</dt>
        <dd>
          <Subject kind={kind} subject={subject} />
        </dd>
        {by !== undefined && (
          <>
            <dt>By</dt>
            <dd>
              <DoneBy by={by} />
            </dd>
          </>
        )}
        <EventFacts detail={detail} />
      </dl>
      {name === 'config.changed' && <Difference detail={detail} />}
    </div>
  );
}

function Subject({ kind, subject }: { readonly kind: EventView['kind']; readonly subject: string }) {
  const page = kind === 'alarm' ? 'alarms' : kind === 'write' ? 'tags' : undefined;
  if (page === undefined || subject === '') return <>{subject || 'the site'}</>;
  return (
    <ToPage page={page} rest={subject}>
      {subject}
    </ToPage>
  );
}

/** What a change of the site file was, line by line. */
function Difference({ detail }: { readonly detail: { readonly [name: string]: Json } }) {
  const { before, digest } = detail;
  const isEngineer = useMay('engineer');
  const [diff, setDiff] = useState<ConfigDiff>();
  const { run, busy, error } = useAct(async () => {
    setDiff(await api.configDiff({ from: String(before), to: String(digest) }));
  });
  if (!isEngineer || typeof before !== 'string') return null;
  return (
    <div className="audit-diff">
      {!diff && (
        <button type="button" className="link" disabled={busy} onClick={() => void run()}>
          Difference of the site files
        </button>
      )}
      {error && <Refusal error={error} />}
      {diff && (
        <pre>
          {diff.unified.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text that does not change
            <span key={i} data-diff={/^[+-]/.test(line) ? line[0] : undefined}>
              {line}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}
