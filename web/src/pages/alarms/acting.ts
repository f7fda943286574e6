import type { AlarmStatus, EventView, OperateAlarmBody } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { askAgain } from '../../data/poll.ts';
import { Problem } from '../../data/problem.ts';
import { ALARMS } from '../../data/site.ts';
import { alarmName, isUnacknowledged, STATE_WORDS } from '../../parts/alarms.ts';
import { moment } from '../../parts/format.ts';

export type Act = Omit<OperateAlarmBody, 'id' | 'by'>;

/** What became of an act, for the one who did it. */
export interface Outcome {
  readonly done: number;
  /** What somebody else had done before: no mistake of anybody. */
  readonly others: readonly string[];
  readonly failed: readonly { readonly id: string; readonly error: Error }[];
}

/** So many are asked for at once: each waits for the disk, and they share its commits. */
const AT_ONCE = 8;

/** Does the same with several alarms. It never throws: each alarm has its own end. */
export async function actOn(alarms: readonly AlarmStatus[], act: Act, me: string): Promise<Outcome> {
  const outcome = { done: 0, others: [] as string[], failed: [] as { id: string; error: Error }[] };
  const left = [...alarms];
  const work = async () => {
    for (let alarm = left.shift(); alarm; alarm = left.shift()) await actOnOne(alarm, act, me, outcome);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  askAgain(ALARMS);
  return outcome;
}

async function actOnOne(
  alarm: AlarmStatus,
  act: Act,
  me: string,
  outcome: { done: number; readonly others: string[]; readonly failed: { id: string; error: Error }[] },
): Promise<void> {
  const { id } = alarm;
  const sentUs = siteNowMs() * 1000;
  try {
    await api.operateAlarm({ id, ...act });
  } catch (error) {
    const isOvertaken = error instanceof Problem && error.code === 'alarm.not-possible';
    const other = isOvertaken ? await lastOther(id, me) : undefined;
    if (other) outcome.others.push(saidOf(alarm, other));
    else outcome.failed.push({ id, error: error as Error });
    return;
  }
  const other = act.act === 'acknowledge' && isUnacknowledged(alarm) ? await lastOther(id, me) : undefined;
  // Ours was the second of two: it changed nothing, and nothing is wrong.
  if (other && other.timeUs <= sentUs + 5e6 && wasFirst(other)) outcome.others.push(saidOf(alarm, other));
  else outcome.done++;
}

const wasFirst = ({ detail }: EventView): boolean =>
  detail?.cause === 'operator' && isUnacknowledged({ state: detail.from as AlarmStatus['state'] });

/** The newest transition of an alarm, where somebody else made it. */
async function lastOther(id: string, me: string): Promise<EventView | undefined> {
  const { items } = await api.events({ kind: 'alarm', subject: id, limit: 20 }).catch(() => ({ items: [] }));
  const last = items.findLast(({ detail }) => detail?.to !== undefined);
  return last?.by !== undefined && last.by !== me ? last : undefined;
}

function saidOf(alarm: AlarmStatus, { by, timeUs, detail }: EventView): string {
  const when = moment(timeUs / 1000, siteNowMs());
  const state = detail?.to as AlarmStatus['state'];
  const did = state === 'normal' ? 'acknowledged' : STATE_WORDS[state];
  return `${by} was first: ${alarmName(alarm)} of ${alarm.asset || 'the site'} is ${did} since ${when}.`;
}
