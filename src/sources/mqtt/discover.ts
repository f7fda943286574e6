import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { topicProblem } from '#codec/mqtt/filter.ts';
import type { PublishView } from '#codec/mqtt/publish.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';
import type { Deps, Discovered, DiscoveryDef } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { type Connection, connectionFields } from '#wire/mqtt/config.ts';
import { reasonName } from '#wire/mqtt/reasons.ts';
import { openSession, type SessionEvents } from '#wire/mqtt/session.ts';
import { foundIn } from './browse.ts';

const { url, username, passwordEnv, passwordFile, version, connectTimeoutMs } = connectionFields;
const Range = z.strictObject({
  url,
  topics: z
    .array(z.string().min(1))
    .min(1)
    .default(['#'])
    .describe('Filters to listen to, such as plant/+/env/#.'),
  seconds: z.int().min(1).max(86_400).default(30).describe('How long to listen.'),
  username: username.describe('User at the broker.'),
  passwordEnv,
  passwordFile,
  ca: z.string().optional().describe('PEM file of the authority that signed the broker.'),
  version,
  connectTimeoutMs,
});
type Range = z.output<typeof Range>;

/** Topics beyond these are counted and not kept. */
const MOST_TOPICS = 5000;
/** Of the last payload of a topic, to look into; larger ones are told by their size. */
const MOST_BYTES = 16 * 1024;
const MOST_PATHS = 12;

/** Which topics speak at a broker, how often, and what they carry: one session of its own that publishes nothing. */
export const mqttDiscovery: DiscoveryDef<typeof Range> = {
  kind: 'mqtt',
  range: Range,
  plan({ url, topics, seconds }) {
    for (const topic of topics) checkFilter(topic);
    return {
      asks: [
        `one session at ${url}, with a client id of its own, forgotten by the broker at its end`,
        `one subscription to ${topics.join(', ')} at QoS 0; nothing is published`,
        `listen for ${seconds} s: the broker sends all that passes there meanwhile`,
      ],
      requests: 2,
      seconds,
    };
  },
  async *run(range, deps, signal) {
    for (const topic of range.topics) checkFilter(topic);
    const heard = new Heard(deps);
    await listen(range, heard, deps, signal);
    const source = { id: 'broker', config: entryOf(range) };
    let first = true;
    for (const found of heard.findings()) {
      yield { ...found, ...(first && { source }) };
      first = false;
    }
    if (first) yield { at: range.url, said: `nothing was said below ${range.topics.join(', ')}`, source };
  },
};

/** Until its time is over; or until the signal once it listens: what was heard until then is still worth telling. */
async function listen(
  range: Range,
  heard: Heard,
  { clock, log }: Pick<Deps, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const { topics, passwordEnv, passwordFile } = range;
  const options = {
    connection: connectionOf(range),
    clientId: `holdfast-discover-${randomBytes(4).toString('hex')}`,
    cleanStart: true,
    sessionExpiryS: 0,
    receiveMaximum: 16,
    maxPacketBytes: 1024 * 1024,
    password: await readSecret('password', passwordEnv, passwordFile),
  };
  await using session = await openSession(options, heard, clock, signal);
  const codes = await session.subscribe(topics.map((topic) => ({ topic, qos: 0 })));
  for (const [i, topic] of topics.entries()) {
    const code = codes[i] ?? 0x80;
    if (code >= 0x80)
      throw new Fault('mqtt.subscription-refused', `the broker refused ${topic}: ${reasonName(code)}`, {
        hint: "allow this user to read the topic in the broker's access list, or name another with --topics",
      });
  }
  log.info({}, `listening for ${range.seconds} s`);
  await within(heard.gone, range.seconds * 1000, undefined, clock, signal);
}

function connectionOf({ url, username, ca, version, connectTimeoutMs }: Range): Connection {
  const tls = ca === undefined ? {} : { ca };
  return { url, username, tls, version, connectTimeoutMs, keepAliveS: 30 };
}

/** Without the topics: which of them become tags is for people to choose. */
function entryOf({ url, username, passwordEnv, passwordFile, ca }: Range) {
  return {
    kind: 'mqtt',
    url,
    ...(username !== undefined && { username }),
    ...(passwordEnv !== undefined && { passwordEnv }),
    ...(passwordFile !== undefined && { passwordFile }),
    ...(ca !== undefined && { tls: { ca } }),
  };
}

/** @throws Fault `discover.range` */
function checkFilter(text: string): void {
  const problem = topicProblem(text, true);
  if (problem === undefined) return;
  throw new Fault('discover.range', `${text} is no filter: ${problem}`, {
    retry: 'never',
    hint: 'write a topic, with + for one level and # at the end for all below: plant/+/env/#',
  });
}

interface Topic {
  count: number;
  /** Kept by the broker from before: tells nothing of how often it speaks. */
  retained: number;
  firstUs: number;
  lastUs: number;
  /** Of the last message; undefined where it was too large to keep. */
  last: Uint8Array | undefined;
  size: number;
}

/** Counts messages by topic, and keeps the last payload of each; memory stays bounded whatever is sent. */
class Heard implements SessionEvents {
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #log: Deps['log'];
  readonly #topics = new Map<string, Topic>();
  #others = 0;
  #fault: Fault | undefined;
  #tellGone: () => void;

  constructor({ clock, log }: Pick<Deps, 'clock' | 'log'>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock = clock;
    this.#log = log;
    this.gone = promise;
    this.#tellGone = resolve;
  }

  chunk(): void {}
  chunkDone(): void {}

  lost(fault: Fault): void {
    this.#fault = fault;
    this.#tellGone();
  }

  message(view: PublishView): void {
    this.#note(view, view.payloadEnd - view.payloadStart);
  }

  oversized(view: PublishView, size: number): void {
    this.#note(view, size);
  }

  /** By topic. @throws Fault when the session was lost before anything came */
  *findings(): Iterable<Discovered> {
    if (this.#fault && this.#topics.size === 0) throw this.#fault;
    const topics = [...this.#topics].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [topic, heard] of topics)
      yield { at: topic, said: `${often(heard)}; ${content(topic, heard)}` };
    if (this.#others > 0)
      yield { at: '…', said: `${this.#others} messages of further topics; name a narrower filter` };
    if (this.#fault) yield { at: '…', said: `the session ended early: ${this.#fault.message}` };
  }

  #note(view: PublishView, size: number): void {
    const { topic: name, retain } = view;
    const nowUs = this.#clock.steadyUs();
    let topic = this.#topics.get(name);
    if (!topic) {
      if (this.#topics.size >= MOST_TOPICS) {
        this.#others++;
        return;
      }
      topic = { count: 0, retained: 0, firstUs: nowUs, lastUs: nowUs, last: undefined, size };
      this.#topics.set(name, topic);
      this.#log.info({}, `${this.#topics.size} topics, newest ${name}`);
    }
    // With the time of a retained message the rate would begin before anybody spoke.
    if (retain) topic.retained++;
    else {
      if (topic.count === 0) topic.firstUs = nowUs;
      topic.count++;
    }
    topic.lastUs = nowUs;
    topic.size = size;
    topic.last = size <= MOST_BYTES ? view.bytes.slice(view.payloadStart, view.payloadEnd) : undefined;
  }
}

function often({ count, retained, firstUs, lastUs }: Topic): string {
  const kept = retained > 0 ? 'kept by the broker' : '';
  if (count === 0) return kept;
  const times = count === 1 ? 'once' : `${count} times`;
  const everyS = (lastUs - firstUs) / (count - 1) / 1e6;
  const pace =
    count > 1 ? `, every ${everyS >= 1 ? `${everyS.toFixed(1)} s` : `${Math.round(everyS * 1000)} ms`}` : '';
  return `${times}${pace}${kept && `, and ${kept}`}`;
}

function content(topic: string, { last, size }: Topic): string {
  if (last === undefined) return `${size} bytes, too large to look into`;
  if (size === 0) return 'empty';
  const found = [...foundIn(topic, last)];
  const [only] = found;
  if (only === undefined) return `${size} bytes that are no text`;
  if (found.length === 1 && (only.address as { readonly path?: string }).path === undefined)
    return `${only.type} ${shown(only.value)}`;
  const paths = found
    .slice(0, MOST_PATHS)
    .map(({ address, value }) => `${(address as { readonly path?: string }).path} ${shown(value)}`);
  const more = found.length > MOST_PATHS ? `, and ${found.length - MOST_PATHS} more` : '';
  return `JSON with ${paths.join(', ')}${more}`;
}

const LONGEST_TEXT = 60;

/** Text of strangers goes to a terminal: one line, nothing that moves its cursor. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const plain = value.replaceAll(/\p{C}/gu, ' ');
  return JSON.stringify(plain.length > LONGEST_TEXT ? `${plain.slice(0, LONGEST_TEXT)}…` : plain);
}
