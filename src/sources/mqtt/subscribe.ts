import { topicFilter } from '#codec/mqtt/filter.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps } from '#plugin/api.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import type { Session } from '#wire/mqtt/session.ts';
import type { Config } from './config.ts';
import { readPoints } from './topic-book.ts';

/** Filters in one SUBSCRIBE: brokers limit packets, and some the number of filters. */
const AT_ONCE = 100;

interface Wanted {
  readonly topic: string;
  readonly qos: 0 | 1;
}

export interface Subscribed {
  /** Tags of topics that the broker refuses us. */
  readonly refused: readonly number[];
  /** Whether everything is kept by the broker while we are away. */
  readonly allKept: boolean;
}

/** What the site wants of the broker: one subscription a topic, none where a wildcard gives the same already. */
export function wantedFilters(config: Config, deps: Pick<Deps, 'points'>): readonly Wanted[] {
  const wild = config.discover.map((d) => ({ filter: topicFilter(d.topic), qos: d.qos ?? config.qos }));
  const byTopic = new Map<string, 0 | 1>(wild.map(({ filter, qos }) => [filter.text, qos]));
  for (const { address } of readPoints(deps.points)) {
    const topic = address.topic as string;
    const qos = address.qos ?? config.qos;
    // Overlapping subscriptions may bring a message twice (MQTT 5.0, 3.3.4).
    if (wild.some((w) => w.qos >= qos && w.filter.match(topic))) continue;
    byTopic.set(topic, Math.max(qos, byTopic.get(topic) ?? 0) as 0 | 1);
  }
  return [...byTopic].map(([topic, qos]) => ({ topic, qos }));
}

/** Asks for the same topics again, with no higher QoS than this. */
export async function subscribeAgain(
  session: Session,
  config: Config,
  deps: Pick<Deps, 'points'>,
  most: 0 | 1,
): Promise<void> {
  const wanted = wantedFilters(config, deps).map(({ topic, qos }) => ({
    topic,
    qos: qos < most ? qos : most,
  }));
  await ask(session, wanted);
}

/** @returns granted QoS for each filter, or a reason from 0x80 on */
async function ask(session: Session, wanted: readonly Wanted[]): Promise<readonly number[]> {
  const granted: number[] = [];
  for (let i = 0; i < wanted.length; i += AT_ONCE) {
    const some = wanted.slice(i, i + AT_ONCE);
    const codes = await session.subscribe(some);
    if (codes.length !== some.length)
      throw new Fault('mqtt.protocol', 'SUBACK has another number of answers');
    granted.push(...codes);
  }
  return granted;
}

/** @throws Fault `mqtt.subscription-refused` when nothing at all was granted */
export async function subscribeAll(session: Session, config: Config, deps: Deps): Promise<Subscribed> {
  const wanted = wantedFilters(config, deps);
  const granted = await ask(session, wanted);
  const refused = wanted.filter((_, i) => (granted[i] as number) >= 0x80);
  const lowered = wanted.filter((w, i) => (granted[i] as number) < w.qos);
  if (wanted.length > 0 && refused.length === wanted.length) throw allRefused(wanted, granted[0] as number);
  for (const { topic } of refused) {
    const reason = reasonName(granted[wanted.findIndex((w) => w.topic === topic)] as number);
    deps.event({ kind: 'system', name: 'mqtt.subscription-refused', subject: topic, detail: { reason } });
  }
  for (const { topic } of lowered) {
    deps.event({ kind: 'system', name: 'mqtt.qos-lowered', subject: topic, detail: { granted: 0 } });
  }
  const topics = new Set(refused.map((w) => w.topic));
  return {
    refused: readPoints(deps.points)
      .filter((point) => topics.has(point.address.topic as string))
      .map((point) => point.tag.number),
    allKept: lowered.length === 0 && wanted.every((w) => w.qos === 1),
  };
}

const allRefused = (wanted: readonly Wanted[], code: number): Fault =>
  new Fault(
    'mqtt.subscription-refused',
    `the broker refused ${wanted
      .map((w) => w.topic)
      .slice(0, 3)
      .join(', ')}: ${reasonName(code)}`,
    { hint: "Allow this user to read the topics in the broker's access list." },
  );
