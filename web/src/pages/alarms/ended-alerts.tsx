import { useEffect, useState } from 'react';
import type { EndedAlert } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { olderThan } from '../../data/event-pages.ts';
import { usePolled } from '../../data/poll.ts';
import { ALERTS } from '../../data/site.ts';
import { duration, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { AlertText } from './alert-text.tsx';
import { type Asked, isAlertWanted } from './asked.ts';
import { Found } from './found.tsx';
import { TrendLink } from './trend-link.tsx';

const LIMIT = 50;
const EVERY_MS = 30_000;

/** Alerts that are over, the one that ended last first; older ones on asking. */
export function EndedAlerts({ asked }: { readonly asked: Asked }) {
  const { data: newest, error } = usePolled(
    `${ALERTS} ended`,
    async (signal) => await api.endedAlerts({ limit: LIMIT }, signal),
    EVERY_MS,
  );
  const [seen, setSeen] = useState<ReadonlyMap<number, EndedAlert>>(new Map());
  // Undefined until older ones were asked for: then the end of the newest page is where they begin.
  const [older, setOlder] = useState<{ readonly before: number | undefined }>();
  useEffect(() => {
    if (newest) setSeen((before) => joined(before, newest.items));
  }, [newest]);
  const before = older ? older.before : newest && olderThan(newest);
  const {
    run,
    busy,
    error: notOlder,
  } = useAct(async () => {
    const page = await api.endedAlerts({ limit: LIMIT, before });
    setSeen((all) => joined(all, page.items));
    setOlder({ before: olderThan(page) });
  });
  const wanted = [...seen.values()].filter((one) => isAlertWanted(asked, one)).sort((a, b) => b.id - a.id);
  return (
    <section aria-labelledby="alerts-ended">
      <h2 id="alerts-ended">Ended alerts</h2>
      {error && !newest && <Refusal error={error} />}
      {notOlder && <Refusal error={notOlder} />}
      {newest && wanted.length === 0 && (
        <p className="alerts-none quiet">
          {seen.size === 0 ? 'No alert has ended lately.' : 'No alert that ended is as you ask.'}
        </p>
      )}
      {wanted.length > 0 && (
        <ul className="alert-list">
          {wanted.map((one) => (
            <li key={one.id}>
              {one.detector ? (
                <Found alert={one} detector={one.detector} ended={one} />
              ) : (
                <Ended alert={one} />
              )}
            </li>
          ))}
        </ul>
      )}
      {before !== undefined && (
        <button type="button" className="link" disabled={busy} onClick={() => void run()}>
          Older
        </button>
      )}
    </section>
  );
}

const joined = (before: ReadonlyMap<number, EndedAlert>, some: readonly EndedAlert[]) =>
  new Map([...before, ...some.map((one) => [one.id, one] as const)]);

function Ended({ alert }: { readonly alert: EndedAlert }) {
  const { sinceUs, endedUs, lastedMs, cause, inputs } = alert;
  const nowMs = useSiteNow();
  return (
    <div className="alert">
      <AlertText alert={alert} />
      <p className="alert-span">
        {moment(sinceUs / 1000, nowMs)} to{' '}
        <time dateTime={new Date(endedUs / 1000).toISOString()}>{moment(endedUs / 1000, nowMs)}</time>
        {cause === 'changed' && <span className="quiet">, as the site file has it no more</span>}
      </p>
      <p className="alert-when">
        <span>lasted {duration(lastedMs)}</span>
        <TrendLink reads={inputs.map(({ tag }) => tag)} atUs={sinceUs} />
      </p>
    </div>
  );
}
