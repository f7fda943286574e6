import { useState } from 'react';
import type { AlarmStatus, EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { ALARMS } from '../../data/site.ts';
import { STATE_WORDS } from '../../parts/alarms.ts';
import { moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';

const AT_FIRST = 50;
const MOST = 1000;
const EVERY_MS = 30_000;

/** What happened to it, newest first. */
export function History({ id }: { readonly id: string }) {
  const [limit, setLimit] = useState(AT_FIRST);
  const { data, error } = usePolled(
    `${ALARMS} history ${id} ${limit}`,
    async (signal) => await api.events({ kind: 'alarm', subject: id, limit }, signal),
    EVERY_MS,
  );
  const nowMs = useSiteNow();
  const events = data?.items.filter(({ detail }) => detail?.to !== undefined).toReversed() ?? [];
  return (
    <section aria-label="History">
      <h3>History</h3>
      {error && !data && <Refusal error={error} />}
      {data && events.length === 0 && <p className="quiet">Nothing that the journal still holds</p>}
      <ol className="alarm-history">
        {events.map((event) => (
          <li key={event.id}>
            <time className="number" dateTime={new Date(event.timeUs / 1000).toISOString()}>
              {moment(event.timeUs / 1000, nowMs)}
            </time>
            <span>{happenedText(event)}</span>
          </li>
        ))}
      </ol>
      {data?.next !== undefined && limit < MOST && (
        <button type="button" className="link" onClick={() => setLimit(Math.min(MOST, limit * 4))}>
          Older
        </button>
      )}
    </section>
  );
}

const CAUSES: { readonly [cause: string]: string } = { time: 'its time is over', suppression: 'by design' };

function happenedText({ by, detail = {} }: EventView): string {
  const { from, to, comment, cause } = detail;
  const said = typeof comment === 'string' ? `: ${comment}` : '';
  if (from === to) return `comment by ${by ?? 'the site'}${said}`;
  const who = by === undefined ? CAUSES[String(cause)] : `by ${by}`;
  const did =
    to === 'normal' && cause === 'condition' ? 'returned to normal' : STATE_WORDS[to as AlarmStatus['state']];
  return `${did}${who === undefined ? '' : `, ${who}`}${said}`;
}
