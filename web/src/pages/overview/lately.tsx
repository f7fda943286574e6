import { useCallback, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useEvents } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { eventText, personOf } from '../../parts/event-words.ts';
import { moment } from '../../parts/format.ts';
import { PathText } from '../../parts/path-text.tsx';
import { ToPage } from '../../shell/to-page.tsx';

const MOST = 14;
const EVERY_MS = 60_000;
/**
 * Rules switch and write all day: of writes those are told that people did, and those that did not go well. Every
 * attempt to deliver a notice is an action: what became of the notice is told. Alerts have a list of their own.
 */
const SEARCHED = 100;

const isTold = ({ kind, name, by = '', detail = {} }: EventView): boolean => {
  if (kind === 'rule' || kind === 'alert' || name.endsWith('.intent')) return false;
  // Behind an act of somebody comes the state that it led to.
  if (kind === 'alarm' && detail.act !== undefined && detail.act !== 'comment') return false;
  if (name.startsWith('action.')) return !by.startsWith('notice:') && name !== 'action.done';
  return !(name === 'write.confirmed' && by.startsWith('rule:'));
};

async function askLately(signal: AbortSignal): Promise<readonly EventView[]> {
  const [others, writes] = await Promise.all([
    api.events({ kind: ['alarm', 'config', 'system', 'security'], limit: SEARCHED }, signal),
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
            <span>{eventText(event.name)}</span>
            <span className="quiet event-subject">
              <PathText path={event.subject} />
              {event.by !== undefined && event.by !== event.subject && ` by ${personOf(event.by)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
