import { topicFilter } from '#codec/mqtt/filter.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import type { Session } from '#wire/mqtt/session.ts';
import type { Config } from './config.ts';
import { readPoints } from './topic-book.ts';

/** Filters in one SUBSCRIBE: brokers limit packets, and some the number of filters. */
const AT_ONCE = 100;

export interface Wanted {
  readonly topic: string;
  readonly qos: 0 | 1;
}

export interface Subscribed {
  /** Tags of topics that the broker refuses us. */
  readonly refused: readonly number[];
  /** Topics that it grants at QoS 0 only: nothing of them is kept while we are away. */
  readonly lowered: readonly string[];
}

/** What to ask for, and what to leave, to go from one to the other. */
export interface SubscriptionChange {
  readonly ask: readonly Wanted[];
  readonly leave: readonly string[];
}

export function subscriptionChange(before: readonly Wanted[], after: readonly Wanted[]): SubscriptionChange {
  const was = new Map(before.map(({ topic, qos }) => [topic, qos]));
  const is = new Set(after.map(({ topic }) => topic));
  return {
    ask: after.filter(({ topic, qos }) => was.get(topic) !== qos),
    leave: before.map(({ topic }) => topic).filter((topic) => !is.has(topic)),
  };
}

export async function leaveTopics(session: Session, topics: readonly string[]): Promise<void> {
  for (let i = 0; i < topics.length; i += AT_ONCE) await session.unsubscribe(topics.slice(i, i + AT_ONCE));
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
  if (wanted.length > 0 && granted.every((code) => code >= 0x80))
    throw allRefused(wanted, granted[0] as number);
  return told(wanted, granted, deps, deps.points);
}

/** Some topics more; the broker may refuse them one by one. */
export async function subscribeMore(
  session: Session,
  wanted: readonly Wanted[],
  deps: Deps,
  points: readonly Point[],
): Promise<Subscribed> {
  return told(wanted, await ask(session, wanted), deps, points);
}

function told(
  wanted: readonly Wanted[],
  granted: readonly number[],
  deps: Deps,
  points: readonly Point[],
): Subscribed {
  const refused = wanted.filter((_, i) => (granted[i] as number) >= 0x80);
  const lowered = wanted.filter((w, i) => (granted[i] as number) < w.qos);
  for (const { topic } of refused) {
    const reason = reasonName(granted[wanted.findIndex((w) => w.topic === topic)] as number);
    deps.event({ kind: 'system', name: 'mqtt.subscription-refused', subject: topic, detail: { reason } });
  }
  for (const { topic } of lowered) {
    deps.event({ kind: 'system', name: 'mqtt.qos-lowered', subject: topic, detail: { granted: 0 } });
  }
  const topics = new Set(refused.map((w) => w.topic));
  return {
    refused: readPoints(points)
      .filter((point) => topics.has(point.address.topic as string))
      .map((point) => point.tag.number),
    lowered: lowered.map(({ topic }) => topic),
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
