import { useCallback, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useEvents } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { moment } from '../../parts/format.ts';
import { ToPage } from '../../shell/to-page.tsx';

const MOST = 14;
const ASKED = 60;
/** Rules switch all day, and an intent is followed by its end: what people would ask about is shown. */
const KINDS = ['alarm', 'write', 'config', 'system', 'security'] as const;
const isTold = ({ kind, name }: EventView): boolean =>
  name !== 'write.intent' && (KINDS as readonly string[]).includes(kind);
const EVERY_MS = 60_000;

/** What changed lately; new events come by themselves. */
export function Lately() {
  const { data } = usePolled(
    'events lately',
    async (signal) => (await api.events({ kind: KINDS, limit: ASKED }, signal)).items,
    EVERY_MS,
  );
  const [came, setCame] = useState<readonly EventView[]>([]);
  useEvents(
    useCallback(
      (events: readonly EventView[]) =>
        setCame((before) => [...before, ...events.filter(isTold)].slice(-MOST)),
      [],
    ),
  );
  const nowMs = useSiteNow();
  const all = new Map([...(data ?? []).filter(isTold), ...came].map((event) => [event.id, event]));
  const newest = [...all.values()].toSorted((a, b) => b.id - a.id).slice(0, MOST);
  return (
    <section className="card" aria-label="Lately">
      <h2>
        <ToPage page="audit">Lately</ToPage>
      </h2>
      {newest.length === 0 && <p className="quiet">{data ? 'Nothing has happened.' : '…'}</p>}
      <ol className="rows">
        {newest.map((event) => (
          <li key={event.id}>
            <time className="event-time" dateTime={new Date(event.timeUs / 1000).toISOString()}>
              {moment(event.timeUs / 1000, nowMs)}
            </time>
            <span>{nameOf(event)}</span>
            <span className="quiet event-subject">
              {event.subject}
              {event.by !== undefined && event.by !== event.subject && ` by ${event.by}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** `alarm.returnedUnacknowledged` is “alarm returned unacknowledged”. */
const nameOf = ({ name }: EventView): string =>
  name.replaceAll(/[.-]/g, ' ').replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
