import type { EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { pagesBack } from '../../data/event-pages.ts';
import { type Polled, usePolled } from '../../data/poll.ts';
import { session } from '../../data/session.ts';
import { ALARMS } from '../../data/site.ts';
import { type AlarmRecord, DAY_US, recordOf } from './record-of.ts';

const EVERY_MS = 30_000;
/** A site with more than this a day has another problem than a list can show. */
const MOST_EVENTS = 6000;

let kept: { readonly events: readonly EventView[]; readonly fromUs: number } | undefined;

// Another user may see other alarms.
session.watch(() => {
  if (session.value.state === 'nobody') kept = undefined;
});

/** Of the last day, as far as the journal reaches back; asked on from where it was. */
export const useAlarmRecord = (): Polled<AlarmRecord> => usePolled(`${ALARMS} record`, askRecord, EVERY_MS);

async function askRecord(signal: AbortSignal): Promise<AlarmRecord> {
  const fromUs = siteNowMs() * 1000 - DAY_US;
  const before = kept ?? (await firstOnes(fromUs, signal));
  const after = before.events.at(-1)?.id;
  const newer = kept && after !== undefined ? await following(after, signal) : [];
  const events = [...before.events, ...newer].filter(({ timeUs }) => timeUs >= fromUs);
  // Without one there is nothing to go on from: all is asked for again.
  kept = events.length > 0 ? { events, fromUs: before.fromUs } : undefined;
  return recordOf(events, Math.max(before.fromUs, fromUs));
}

async function firstOnes(fromUs: number, signal: AbortSignal): Promise<NonNullable<typeof kept>> {
  let events: readonly EventView[] = [];
  for await (const page of pagesBack({ kind: 'alarm', limit: 1000 }, signal)) {
    events = [...page, ...events];
    const first = events[0];
    if (first && first.timeUs < fromUs) return { events, fromUs };
    if (events.length >= MOST_EVENTS) return { events, fromUs: first?.timeUs ?? fromUs };
  }
  // All that the journal holds: it may be younger than a day.
  const { items } = await api.events({ after: 0, limit: 1 }, signal);
  return { events, fromUs: Math.max(fromUs, items[0]?.timeUs ?? fromUs) };
}

async function following(after: number, signal: AbortSignal): Promise<readonly EventView[]> {
  const found: EventView[] = [];
  for await (const event of api.everyEvents({ kind: 'alarm', after, limit: 1000 }, signal)) found.push(event);
  return found;
}
