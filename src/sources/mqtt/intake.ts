import type { PublishView } from '#codec/mqtt/publish.ts';
import type { Batch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import { Quality } from '#kernel/quality.ts';
import type { Delivery, Deps, Inbox, Point } from '#plugin/api.ts';
import { AckOrder } from '#wire/mqtt/acks.ts';
import type { Welcome } from '#wire/mqtt/protocol.ts';
import type { Session, SessionEvents } from '#wire/mqtt/session.ts';
import { Arrival } from './arrival.ts';
import { Backlog } from './backlog.ts';
import type { Config } from './config.ts';
import {
  leaveTopics,
  type Subscribed,
  subscribeAgain,
  subscribeMore,
  subscriptionChange,
  wantedFilters,
} from './subscribe.ts';
import { TopicBook } from './topic-book.ts';

type Result = 'durable' | Fault;

/** Pause between fences while the queue of the broker drains. */
const FENCE_EVERY_MS = 100;
/**
 * For so long after the queue rows with source times from before the connection are history still, in case it was not
 * all; not for longer, since the clock of the device may simply be wrong.
 */
export const SETTLE_MS = 3000;
/** How far a device's clock may be behind ours before its rows are taken for older than the connection. */
const TOLERANCE_US = 2e6;

/** From the session's messages to deliveries in the inbox: one for each chunk of the socket. */
export class Intake implements SessionEvents {
  readonly inbox: Inbox;
  readonly #deps: Deps;
  readonly #book: TopicBook;
  readonly #arrival = new Arrival();
  readonly #acks = new AckOrder((ids) => this.#acknowledge(ids));
  readonly #ended = new AbortController();
  #backlog = new Backlog(false);
  #isFencing = false;
  #session: Session | undefined;
  /** Topics to leave once there is a session. */
  readonly #stale: string[] = [];
  #config: Config;
  #points: readonly Point[];
  /** Topics that the broker keeps nothing of, other than asked. */
  readonly #lowered = new Set<string>();
  readonly #filled = Promise.withResolvers<void>();
  /** While the disk refuses rows: whether messages come at QoS 0, and whether that is being changed. */
  #unkept: 'no' | 'changing' | 'yes' = 'no';
  #gaps: Gap[] = [];
  #packetIds: number[] = [];

  constructor(config: Config, deps: Deps) {
    this.#deps = deps;
    this.#config = config;
    this.#points = deps.points;
    this.#book = new TopicBook(config, deps, (topic) => this.#leave(topic));
    this.inbox = deps.inbox(config.inboxBytes);
    this.inbox.onDrain(() => this.#session?.resume());
  }

  /** Whether the broker keeps everything that we read while we are away. */
  get allKept(): boolean {
    return this.#lowered.size === 0 && this.#wanted().every(({ qos }) => qos === 1);
  }

  /** Once the inbox is full: nothing more is received before it is read. */
  get filled(): Promise<void> {
    return this.#filled.promise;
  }

  /** Messages of the broker's queue may follow in the same chunk. */
  welcomed({ sessionPresent }: Welcome): void {
    this.#backlog = new Backlog(sessionPresent);
    this.#arrival.lateBeforeUs = sessionPresent ? this.#deps.clock.nowUs() - TOLERANCE_US : 0;
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

  subscribed(done: Subscribed): void {
    void this.#drain();
    this.#granted(done);
  }

  /**
   * Other points or wildcards in the same session: only what differs is asked for, or left.
   * @returns false while what is subscribed is not what the configuration says, for want of a disk
   */
  async change(config: Config, points: readonly Point[]): Promise<boolean> {
    const session = this.#session;
    if (!session || this.#unkept !== 'no') return false;
    const { ask, leave } = subscriptionChange(this.#wanted(), wantedFilters(config, { points }));
    await leaveTopics(session, leave);
    for (const topic of leave) this.#lowered.delete(topic);
    this.#config = config;
    this.#points = points;
    this.#book.take(config, points);
    this.#granted(await subscribeMore(session, ask, this.#deps, points));
    return true;
  }

  #wanted() {
    return wantedFilters(this.#config, { points: this.#points });
  }

  #granted({ refused, lowered }: Subscribed): void {
    for (const topic of lowered) this.#lowered.add(topic);
    if (refused.length === 0) return;
    this.chunk();
    const { rows, receivedUs } = this.#arrival;
    for (const tag of refused) rows.add(tag, receivedUs, Number.NaN, Quality.badConfiguration);
    this.chunkDone(0);
  }

  chunk(): void {
    this.#arrival.receivedUs = this.#deps.clock.nowUs();
  }

  message(view: PublishView): void {
    const { bytes, topicStart, topicEnd, payloadStart, payloadEnd, retain, qos } = view;
    const reader = this.#book.find(bytes, topicStart, topicEnd);
    const arrival = this.#arrival;
    arrival.retained = retain;
    arrival.isAgain = view.dup;
    // Brokers queue QoS 1 only. A retained message that comes behind others is older than they are.
    arrival.isLate = retain
      ? this.#backlog.draining || reader.hasSpoken
      : this.#backlog.draining && qos === 1;
    reader.read(bytes, payloadStart, payloadEnd, arrival);
    if (!retain) reader.hasSpoken = true;
    if (reader.isRefused) this.#book.dropped();
    if (qos === 1) this.#confirmLater(view.packetId);
  }

  oversized(view: PublishView): void {
    const { tags } = this.#book.find(view.bytes, view.topicStart, view.topicEnd);
    // Confirmed like the others, or the broker would send it for ever.
    if (view.qos === 1) this.#confirmLater(view.packetId);
    const fromUs = this.#arrival.receivedUs;
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
    const batches = this.#batches();
    if (batches.length === 0) {
      confirm?.(); // messages nobody wants: there is nothing to make durable
      return;
    }
    const gaps = this.#gaps;
    this.#gaps = [];
    const settled =
      confirm || this.#unkept !== 'no'
        ? joined(batches.length, (result) => this.#settled(result, confirm))
        : undefined;
    for (const [i, batch] of batches.entries()) {
      this.#backlog.note(batch);
      const delivery: Delivery = {
        batch,
        ...(i === 0 && gaps.length > 0 && { gaps }),
        ...(settled && { settled }),
      };
      if (!this.inbox.push(delivery, (i === 0 ? bytes : 0) + batch.rows * BYTES_A_ROW)) this.#pause();
    }
  }

  /** History first, then what is new; an empty one where only gaps or a confirmation wait for the disk. */
  #batches(): readonly Batch[] {
    const { rows, late, receivedUs, duplicates } = this.#arrival;
    this.#arrival.duplicates = 0;
    const batches: Batch[] = [];
    if (late.rows > 0) batches.push(late.take({ receivedUs, late: true }));
    // What is left out as stored already may be accepted only: it is confirmed behind what is accepted.
    const isWaitedFor = batches.length === 0 && (this.#gaps.length > 0 || duplicates > 0);
    if (rows.rows > 0 || isWaitedFor) batches.push(rows.take({ receivedUs }));
    return batches;
  }

  #confirmLater(packetId: number): void {
    this.#packetIds.push(packetId);
    this.#backlog.received();
  }

  #acknowledge(ids: readonly number[]): void {
    this.#session?.acknowledge(ids);
    this.#backlog.confirmed(ids.length);
    // The moment at which a broker without a queue has least under way.
    if (this.#backlog.draining && this.#backlog.unconfirmed === 0) this.#fence();
  }

  /** Until all that the broker kept has come; then tags that only the queue spoke of get their last known value. */
  async #drain(): Promise<void> {
    const { clock, log, id } = this.#deps;
    if (!this.#backlog.draining) return;
    try {
      while (this.#backlog.draining) {
        this.#fence();
        await clock.sleep(FENCE_EVERY_MS, this.#ended.signal);
      }
      await clock.sleep(SETTLE_MS, this.#ended.signal);
    } catch {
      return; // the session ended
    }
    this.#arrival.lateBeforeUs = 0;
    if (this.#backlog.rows > 0)
      log.info({ source: id, rows: this.#backlog.rows }, 'the broker had kept rows');
    this.chunk();
    this.#backlog.tell(this.#arrival.rows);
    this.chunkDone(0);
  }

  #fence(): void {
    if (this.#isFencing || !this.#session) return;
    this.#isFencing = true;
    const answered = this.#backlog.fence();
    this.#session.ping(() => {
      this.#isFencing = false;
      answered();
    });
  }

  lost(fault: Fault): void {
    this.close();
    this.inbox.fail(fault);
  }

  close(): void {
    this.#book.tellDropped();
    this.#ended.abort();
  }

  #pause(): void {
    this.#session?.pause();
    this.#filled.resolve();
  }

  /**
   * Without a disk nothing may be confirmed, and a broker stops sending soon after: decisions would wait for the disk.
   * So the topics are asked for at QoS 0 meanwhile, and what stays unconfirmed comes again with the next session.
   */
  #settled(result: Result, confirm: (() => void) | undefined): void {
    if (result === 'durable' && this.#unkept === 'no') confirm?.();
    else if (result !== 'durable' && this.#unkept === 'no') this.#change(0, 'yes', notKept(result));
    else if (result === 'durable' && this.#unkept === 'yes') this.#change(1, 'no', keptAgain());
  }

  #change(most: 0 | 1, then: 'no' | 'yes', why: Fault): void {
    this.#unkept = 'changing';
    const asked =
      this.#session && subscribeAgain(this.#session, this.#config, { points: this.#points }, most);
    if (!asked) {
      this.inbox.fail(why);
      return;
    }
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

/** One answer for what comes in parts: durable once all parts are. */
function joined(parts: number, done: (result: Result) => void): (result: Result) => void {
  let left = parts;
  let all: Result = 'durable';
  return (result) => {
    if (all === 'durable') all = result;
    if (--left === 0) done(all);
  };
}

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
