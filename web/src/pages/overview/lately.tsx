import { useCallback, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useEvents } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { moment } from '../../parts/format.ts';
import { ToPage } from '../../shell/to-page.tsx';

const MOST = 14;
const EVERY_MS = 60_000;
/**
 * Rules switch and write all day: of writes those are told that people did, and those that did not go well. Alerts have a
 * list of their own.
 */
const SEARCHED = 100;

const isTold = ({ kind, name, by = '' }: EventView): boolean => {
  if (kind === 'rule' || kind === 'alert' || name === 'write.intent') return false;
  return !(name === 'write.confirmed' && by.startsWith('rule:'));
};

async function askLately(signal: AbortSignal): Promise<readonly EventView[]> {
  const [others, writes] = await Promise.all([
    api.events({ kind: ['alarm', 'config', 'system', 'security'], limit: MOST }, signal),
    api.events({ kind: 'write', limit: SEARCHED }, signal),
  ]);
  return [...others.items, ...writes.items].filter(isTold);
}

/** What changed lately; new events come by themselves. */
export function Lately() {
  const { data } = usePolled('events lately', askLately, EVERY_MS);
  const [came, setCame] = useState<readonly EventView[]>([]);
  useEvents(
    useCallback(
      (events: readonly EventView[]) =>
        setCame((before) => [...before, ...events.filter(isTold)].slice(-MOST)),
      [],
    ),
  );
  const nowMs = useSiteNow();
  const all = new Map([...(data ?? []), ...came].map((event) => [event.id, event]));
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
