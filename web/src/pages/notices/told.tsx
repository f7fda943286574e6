import { useState } from 'react';
import type { EventView, Json } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { pagesBack } from '../../data/event-pages.ts';
import { usePolled } from '../../data/poll.ts';
import { moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Alarm, Receiver } from './open.tsx';

const AT_FIRST = 50;
const EVERY_MS = 30_000;
/** Looked through for one answer: the search goes on when more is asked for. */
const MOST_PAGES = 3;

const WORDS: { readonly [name: string]: string } = {
  'notice.delivered': 'told',
  'notice.failed': 'not delivered, tried again',
  'notice.obsolete': 'not sent: it had ended before',
  'notice.given-up': 'given up',
  'notice.silenced': 'held back by maintenance',
};

async function askTold(most: number, signal: AbortSignal) {
  const found: EventView[] = [];
  let pages = 0;
  const query = { kind: 'system' as const, name: 'notice.', limit: Math.min(1000, most) };
  for await (const page of pagesBack(query, signal)) {
    found.push(...page.toReversed());
    if (found.length >= most || ++pages === MOST_PAGES) return { events: found, isAll: false };
  }
  return { events: found, isAll: true };
}

/** Who was told of what, by which way, when; newest first. */
export function Told() {
  const [most, setMost] = useState(AT_FIRST);
  const { data, error } = usePolled(`notices told ${most}`, (signal) => askTold(most, signal), EVERY_MS);
  const nowMs = useSiteNow();
  return (
    <section className="card" aria-label="Told">
      <h2>Told</h2>
      {error && !data && <Refusal error={error} />}
      {data?.events.length === 0 && (
        <p className="quiet">Nobody was told of anything that the journal still holds.</p>
      )}
      {data && data.events.length > 0 && (
        <table className="table notices-table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Alarm</th>
              <th scope="col">To</th>
              <th scope="col">What became of it</th>
            </tr>
          </thead>
          <tbody>
            {data.events.map((event) => (
              <tr key={event.id}>
                <td data-label="When" className="notices-time">
                  {moment(event.timeUs / 1000, nowMs)}
                </td>
                <td>
                  <Alarm id={event.subject} />
                </td>
                <td data-label="To">{receiverOf(event)}</td>
                <td data-label="What became of it">
                  <span className={isBad(event) ? 'abnormal' : undefined}>
                    {WORDS[event.name] ?? event.name}
                  </span>
                  <span className="quiet">{moreOf(event)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data && !data.isAll && (
        <button type="button" className="link" onClick={() => setMost(most * 4)}>
          Older
        </button>
      )}
    </section>
  );
}

const isBad = ({ name }: EventView): boolean => name === 'notice.failed' || name === 'notice.given-up';

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function receiverOf({ detail = {} }: EventView) {
  const to = text(detail.to);
  if (to === undefined) return '–';
  const { recipients, step } = detail;
  return (
    <Receiver
      to={to}
      recipients={Array.isArray(recipients) ? recipients.map(String) : undefined}
      plan={text(detail.plan)}
      step={Number(step)}
    />
  );
}

function moreOf({ detail = {} }: EventView): string {
  const attempts = Number(detail.attempts ?? 0);
  const said = [
    detail.reason === 'escalated' && 'nobody had acknowledged',
    detail.reason === 'ended' && 'that it ended',
    attempts > 1 && `after ${attempts} attempts`,
    text(detail.problem),
    text(detail.why),
  ].filter((one) => typeof one === 'string');
  return said.length === 0 ? '' : `: ${said.join(', ')}`;
}
