import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { EventsQuery, FleetEvent } from '#contract/fleet-client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { DoneBy, EventFacts, ExactTime } from '../../parts/event-facts.tsx';
import { eventText, moreOf, personOf, severityOf } from '../../parts/event-words.ts';
import { moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { hashOf } from '../../shell/route.ts';
import { fleet } from '../data/api.ts';

export const EVENTS = 'events';
const EVERY_MS = 5000;
const PAGE = 100;

/** What happened, the newest first; new events come by themselves, older ones when somebody wants them. */
export function EventList({
  query,
  most = PAGE,
  isOfOneSite = false,
}: {
  readonly query: EventsQuery;
  /** How many at first. */
  readonly most?: number;
  readonly isOfOneSite?: boolean;
}) {
  const key = JSON.stringify(query);
  return <Found key={key} query={query} most={most} isOfOneSite={isOfOneSite} />;
}

function Found({
  query,
  most,
  isOfOneSite,
}: {
  readonly query: EventsQuery;
  readonly most: number;
  readonly isOfOneSite: boolean;
}) {
  const key = `${EVENTS} ${most} ${JSON.stringify(query)}`;
  const { data, error } = usePolled(
    key,
    (signal) => fleet.events({ ...query, limit: most }, signal),
    EVERY_MS,
  );
  const [older, setOlder] = useState<{ readonly items: readonly FleetEvent[]; readonly isEnd: boolean }>();
  const fresh = data?.items ?? [];
  const all = [...new Map([...fresh, ...(older?.items ?? [])].map((one) => [one.id, one])).values()];
  const more = useAct(async () => {
    const before = all.at(-1)?.id;
    const page = await fleet.events({ ...query, limit: PAGE, before });
    // What came before the first older page was asked for stays, though the newest page moves on.
    setOlder({ items: [...all, ...page.items], isEnd: page.next === undefined });
  });
  const nowMs = useSiteNow();
  const isEnd = older ? older.isEnd : data?.next === undefined;
  return (
    <>
      {error && !data && <Refusal error={error} />}
      <ol className="fleet-events" data-one={isOfOneSite || undefined}>
        {all.toSorted(newestFirst).map((event) => (
          <Entry key={event.id} event={event} nowMs={nowMs} isOfOneSite={isOfOneSite} />
        ))}
      </ol>
      {data && all.length === 0 && <p className="quiet">Nothing has happened that is as you ask.</p>}
      {more.error && <Refusal error={more.error} />}
      {data && !isEnd && (
        <p>
          <IxButton variant="secondary" loading={more.busy} onClick={() => void more.run()}>
            Older
          </IxButton>
        </p>
      )}
    </>
  );
}

const newestFirst = (a: FleetEvent, b: FleetEvent): number => b.timeUs - a.timeUs || (a.id < b.id ? 1 : -1);

function Entry({
  event,
  nowMs,
  isOfOneSite,
}: {
  readonly event: FleetEvent;
  readonly nowMs: number;
  readonly isOfOneSite: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  const { timeUs, name, site, subject, by, origin, kind, receivedUs, detail = {} } = event;
  const severity = severityOf(event);
  return (
    <li data-severity={severity}>
      <button type="button" className="fleet-event" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <time className="event-time" dateTime={new Date(timeUs / 1000).toISOString()}>
          {moment(timeUs / 1000, nowMs)}
        </time>
        {!isOfOneSite && (
          <span className="fleet-event-site">{site ?? <span className="quiet">the hub</span>}</span>
        )}
        <span>
          <strong>{eventText(name)}</strong>
          {severity !== 'none' && (
            <span className="abnormal"> {severity === 'threat' ? '▲ threat' : '△ look'}</span>
          )}
        </span>
        <span className="quiet fleet-event-more">
          {subject !== site && subject} {by !== undefined && by !== subject && `by ${personOf(by)}`}{' '}
          {moreOf(event)}
        </span>
      </button>
      {isOpen && (
        <dl className="facts fleet-event-facts">
          <dt>Event</dt>
          <dd>
            <code>{name}</code>, {kind}, told by the {origin}
          </dd>
          {site !== undefined && (
            <>
              <dt>Site</dt>
              <dd>
                <a href={hashOf('sites', site)}>{site}</a>
              </dd>
            </>
          )}
          <dt>Subject</dt>
          <dd>{subject || '–'}</dd>
          <dt>Time</dt>
          <dd>
            <ExactTime timeUs={timeUs} />
          </dd>
          <dt>At the hub</dt>
          <dd>
            <ExactTime timeUs={receivedUs} />
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
      )}
    </li>
  );
}
