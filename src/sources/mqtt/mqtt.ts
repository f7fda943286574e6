import { hostname } from 'node:os';
import type { PublishView } from '#codec/mqtt/publish.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import { Quality } from '#kernel/quality.ts';
import type { Delivery, Deps, Inbox, Source, SourceDef } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { AckOrder } from '#wire/mqtt/acks.ts';
import { openSession, type Session, type SessionEvents } from '#wire/mqtt/session.ts';
import { Address, Config, check } from './config.ts';
import { type Subscribed, subscribeAgain, subscribeAll, wantedFilters } from './subscribe.ts';
import { TopicBook } from './topic-book.ts';
import { writePoint } from './write.ts';

/** MQTT 3.1.1 and 5: topics become samples; QoS 1 messages are confirmed once their rows are on disk. */
export const mqtt: SourceDef<typeof Config, typeof Address> = {
  kind: 'mqtt',
  config: Config,
  address: Address,
  check,
  secondSession: true, // under a client id of its own
  async open(config, deps, signal) {
    deps.load.caps({ connections: 1 });
    const intake = new Intake(config, deps);
    const session = await openSession(await sessionOptions(config, deps), intake, deps.clock, signal);
    try {
      intake.start(session);
      const subscribing = subscribeAll(session, config, deps).then((done) => intake.subscribed(done));
      subscribing.catch((error) => intake.inbox.fail(Fault.from(error, 'mqtt.subscribe', config.url)));
      // What the broker kept may be more than the inbox holds, and its answer comes behind it: reading must begin.
      await orGone(Promise.race([subscribing, intake.filled]), config.connectTimeoutMs, signal);
      return source(config, deps, session, intake);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  },
};

async function sessionOptions(config: Config, deps: Deps) {
  // A shadow is a second client beside the live one and leaves nothing behind at the broker.
  const shadow = deps.mode === 'shadow';
  const clientId = config.clientId ?? `holdfast-${hostname()}-${deps.id}`;
  return {
    connection: config,
    clientId: shadow ? `${clientId}-shadow` : clientId,
    cleanStart: shadow,
    sessionExpiryS: shadow ? 0 : config.sessionExpiryS,
    receiveMaximum: config.receiveMaximum,
    maxPacketBytes: config.maxPacketBytes,
    password: await readSecret('password', config.passwordEnv, config.passwordFile),
  };
}

function source(config: Config, deps: Deps, session: Session, intake: Intake): Source<Config> {
  return {
    get resumed() {
      return session.sessionPresent && intake.allKept;
    },
    read: (signal) => intake.inbox.take(signal),
    ...(deps.mode === 'live' && {
      write: (command: Command, signal: AbortSignal): Promise<WriteResult> =>
        writePoint(command, session, config, deps, signal),
    }),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
    },
  };
}

/** A broker that lives but never answers a SUBSCRIBE must not hold up opening for good. */
function orGone<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const late = new Fault('mqtt.timeout', `the broker did not answer SUBSCRIBE within ${timeoutMs} ms`);
      reject(timeout.aborted ? late : signal.reason);
    };
    if (either.aborted) onAbort();
    either.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => either.removeEventListener('abort', onAbort));
  });
}

/** From the session's messages to deliveries in the inbox: one for each chunk of the socket. */
class Intake implements SessionEvents {
  readonly inbox: Inbox;
  readonly #deps: Deps;
  readonly #book: TopicBook;
  readonly #rows = new BatchBuilder();
  readonly #acks = new AckOrder((ids) => this.#session?.acknowledge(ids));
  #session: Session | undefined;
  /** Topics to leave once there is a session. */
  readonly #stale: string[] = [];
  readonly #config: Config;
  readonly #filled = Promise.withResolvers<void>();
  #allKept: boolean;
  /** While the disk refuses rows: whether messages come at QoS 0, and whether that is being changed. */
  #unkept: 'no' | 'changing' | 'yes' = 'no';
  #gaps: Gap[] = [];
  #packetIds: number[] = [];
  #receivedUs = 0;

  constructor(config: Config, deps: Deps) {
    this.#deps = deps;
    this.#config = config;
    this.#allKept = wantedFilters(config, deps).every(({ qos }) => qos === 1);
    this.#book = new TopicBook(config, deps, (topic) => this.#leave(topic));
    this.inbox = deps.inbox(config.inboxBytes);
    this.inbox.onDrain(() => this.#session?.resume());
  }

  /** Whether the broker keeps everything that we read while we are away. */
  get allKept(): boolean {
    return this.#allKept;
  }

  /** Once the inbox is full: nothing more is received before it is read. */
  get filled(): Promise<void> {
    return this.#filled.promise;
  }

  /** Messages may have come already: the broker sends what it kept right behind its welcome. */
  start(session: Session): void {
    this.#session = session;
    if (this.inbox.full) this.#pause();
    for (const topic of this.#stale.splice(0)) this.#leave(topic);
  }

  /** Ends a subscription that an earlier site file made and this one does not know. */
  #leave(topic: string): void {
    if (!this.#session) this.#stale.push(topic);
    else this.#session.unsubscribe([topic]).catch(() => {}); // the next session tries again
  }

  subscribed({ refused, allKept }: Subscribed): void {
    this.#allKept = allKept;
    if (refused.length === 0) return;
    this.chunk();
    for (const tag of refused) this.#rows.add(tag, this.#receivedUs, Number.NaN, Quality.badConfiguration);
    this.chunkDone(0);
  }

  chunk(): void {
    this.#receivedUs = this.#deps.clock.nowUs();
  }

  message(view: PublishView): void {
    const { bytes, topicStart, topicEnd, payloadStart, payloadEnd, retain } = view;
    const reader = this.#book.find(bytes, topicStart, topicEnd);
    reader.read(bytes, payloadStart, payloadEnd, retain, this.#receivedUs, this.#rows);
    if (view.qos === 1) this.#packetIds.push(view.packetId);
  }

  oversized(view: PublishView): void {
    const { tags } = this.#book.find(view.bytes, view.topicStart, view.topicEnd);
    // Confirmed like the others, or the broker would send it for ever.
    if (view.qos === 1) this.#packetIds.push(view.packetId);
    const fromUs = this.#receivedUs;
    this.#gaps.push({
      source: this.#deps.id,
      tags,
      fromUs,
      toUs: fromUs,
      count: Math.max(1, tags.length),
      reason: 'undecodable',
    });
  }

  chunkDone(bytes: number): void {
    const confirm = this.#packetIds.length > 0 ? this.#acks.received(this.#packetIds) : undefined;
    this.#packetIds = [];
    if (this.#rows.rows === 0 && this.#gaps.length === 0) {
      confirm?.(); // messages nobody wants: there is nothing to make durable
      return;
    }
    const batch = this.#rows.take({ receivedUs: this.#receivedUs });
    const gaps = this.#gaps;
    this.#gaps = [];
    const delivery: Delivery = {
      batch,
      ...(gaps.length > 0 && { gaps }),
      ...((confirm || this.#unkept !== 'no') && {
        settled: (result: 'durable' | Fault) => this.#settled(result, confirm),
      }),
    };
    if (!this.inbox.push(delivery, bytes + batch.rows * BYTES_A_ROW)) this.#pause();
  }

  lost(fault: Fault): void {
    this.inbox.fail(fault);
  }

  #pause(): void {
    this.#session?.pause();
    this.#filled.resolve();
  }

  /**
   * Without a disk nothing may be confirmed, and a broker stops sending soon after: decisions would wait for the disk.
   * So the topics are asked for at QoS 0 meanwhile, and what stays unconfirmed comes again with the next session.
   */
  #settled(result: 'durable' | Fault, confirm: (() => void) | undefined): void {
    if (result === 'durable' && this.#unkept === 'no') confirm?.();
    else if (result !== 'durable' && this.#unkept === 'no') this.#change(0, 'yes', notKept(result));
    else if (result === 'durable' && this.#unkept === 'yes') this.#change(1, 'no', keptAgain());
  }

  #change(most: 0 | 1, then: 'no' | 'yes', why: Fault): void {
    this.#unkept = 'changing';
    const asked = this.#session && subscribeAgain(this.#session, this.#config, this.#deps, most);
    if (!asked) return this.inbox.fail(why);
    asked.then(
      () => {
        this.#unkept = then;
        // Only a new session makes the broker send again what it holds unconfirmed.
        if (then === 'no') this.inbox.fail(why);
        else this.#deps.log.warn({ source: this.#deps.id, hint: why.hint }, why.message);
      },
      () => this.inbox.fail(why),
    );
  }
}

const BYTES_A_ROW = 4 + 8 + 8 + 2;

const notKept = (cause: Fault): Fault =>
  new Fault(
    'mqtt.not-durable',
    `messages are not confirmed and are read at QoS 0, since they do not get to the disk: ${cause.message}`,
    {
      hint: cause.hint ?? 'Look at the state of the journal; the broker sends the unconfirmed again.',
      cause,
    },
  );

const keptAgain = (): Fault =>
  new Fault(
    'mqtt.durable-again',
    'the disk takes messages again: a new session brings what stayed unconfirmed',
    {
      retry: 'now',
    },
  );
