import type {
  ClientSession,
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionResponse,
  DataChangeNotification,
  MonitoredItemCreateRequestOptions,
  NotificationMessage,
  RepublishResponse,
} from 'node-opcua-client';
import type { Clock } from '#kernel/clock.ts';
import { type Columns, columnsOf } from '#wire/opcua/columns.ts';
import type { Library } from '#wire/opcua/library.ts';
import type { Config } from './config.ts';
import type { Item } from './items.ts';
import type { Slices } from './slices.ts';

export interface SubscriptionPorts {
  readonly session: ClientSession;
  readonly library: Library;
  readonly clock: Clock;
  config: Config;
  /** For monitored items. */
  readonly slices: Slices;
  /** Samples of one notification; undefined: they could not be decoded. */
  data(columns: Columns | undefined): void;
  /** The server has ended the subscription. */
  ended(status: string): void;
  /** Notifications were lost on the way, and the server has them no more. */
  missed(): void;
}

/** Messages that did not arrive, by their sequence numbers. */
interface Lost {
  readonly from: number;
  readonly count: number;
}

/** What the server makes of the wishes, for the log. */
export interface Revised {
  readonly publishMs: number;
  readonly keepAliveMs: number;
  readonly lifetimeMs: number;
}

/** Services that the session has, and that its public type leaves out. */
interface Services {
  createSubscription(request: object): Promise<CreateSubscriptionResponse>;
  deleteSubscriptions(request: { readonly subscriptionIds: readonly number[] }): Promise<unknown>;
  createMonitoredItems(request: CreateMonitoredItemsRequest): Promise<CreateMonitoredItemsResponse>;
  deleteMonitoredItems(request: object): Promise<unknown>;
  republish(request: object): Promise<RepublishResponse>;
  getPublishEngine(): Engine;
}
const servicesOf = (session: ClientSession): Services => session as unknown as Services;

interface Engine {
  registerSubscription(one: object): void;
  unregisterSubscription(id: number): void;
  acknowledge_notification(id: number, sequence: number): void;
  cleanup_acknowledgment_for_subscription(id: number): void;
  suspend(on: boolean): void;
  nbMaxPublishRequestsAcceptedByServer: number;
}

/** Samples of one message at most, so that decoding one never holds up the decisions for long. */
const MOST_A_MESSAGE = 5000;
/** Publish requests under way at a time: covers slow links (OPC UA Part 4, 5.14.5). */
const MOST_REQUESTS = 5;
/** Keep-alives that may be missed before the server drops the subscription; at least three (Part 4, 5.14.2). */
const LIFETIMES = 10;
const REPORTING = 2;
const BOTH_TIMES = 2;
const VALUE = 13;
const STATUS_VALUE = 1;
const DEADBANDS = { absolute: 1, percent: 2 } as const;
/** The highest sequence number; 1 follows (Part 4, 7.26). */
const LAST_SEQUENCE = 0xffff_ffff;
/** Messages asked for again at most, one after the other; servers keep few. */
const MOST_AGAIN = 20;

/** A subscription with its monitored items. Its notifications come as columns; nothing is made for each item. */
export class Subscription {
  readonly #ports: SubscriptionPorts;
  readonly id: number;
  readonly revised: Revised;
  #sequence = 0;
  #aliveUs: number;
  /** What comes while lost messages are asked for again: it is taken behind them. */
  #behind: NotificationMessage[] | undefined;
  #forgotten = false;

  private constructor(ports: SubscriptionPorts, id: number, revised: Revised) {
    this.#ports = ports;
    this.id = id;
    this.revised = revised;
    this.#aliveUs = ports.clock.steadyUs();
  }

  static async create(ports: SubscriptionPorts): Promise<Subscription> {
    const { publishMs, keepAliveMs } = ports.config;
    const keepAlives = Math.max(1, Math.round(keepAliveMs / publishMs));
    const made = await servicesOf(ports.session).createSubscription({
      requestedPublishingInterval: publishMs,
      requestedMaxKeepAliveCount: keepAlives,
      requestedLifetimeCount: keepAlives * LIFETIMES,
      maxNotificationsPerPublish: MOST_A_MESSAGE,
      publishingEnabled: true,
      priority: 0,
    });
    const interval = made.revisedPublishingInterval;
    const subscription = new Subscription(ports, made.subscriptionId, {
      publishMs: interval,
      keepAliveMs: interval * made.revisedMaxKeepAliveCount,
      lifetimeMs: interval * made.revisedLifetimeCount,
    });
    subscription.#register();
    return subscription;
  }

  /** When the server last published anything, keep-alives included; steady. */
  get aliveUs(): number {
    return this.#aliveUs;
  }

  /** Pauses asking for notifications: the server keeps them in its queues meanwhile. */
  pause(on: boolean): void {
    if (!on) this.#aliveUs = this.#ports.clock.steadyUs();
    this.#engine.suspend(on);
  }

  /**
   * Monitors items whose node is known.
   * @returns status code by item, in their order; 0 is good. The id of each good one is set
   */
  async add(items: readonly Item[], signal: AbortSignal): Promise<number[]> {
    const first = await this.#create(items, true, signal);
    // A server that knows no filter, or not this one, still has the value: the deadband of the site thins it out.
    const unfiltered = items.filter(
      (item, i) => REFUSED_FILTER.has(first[i] ?? 0) && item.point.address.deadband,
    );
    if (unfiltered.length === 0) return first;
    const second = await this.#create(unfiltered, false, signal);
    return first.map((status, i) => {
      const again = unfiltered.indexOf(items[i] as Item);
      return again < 0 ? status : (second[again] ?? status);
    });
  }

  async remove(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const monitored = items.filter((item) => item.id !== undefined);
    const { session, slices } = this.#ports;
    const ask = async (slice: Item[]) => {
      const monitoredItemIds = slice.map((item) => item.id as number);
      await servicesOf(session).deleteMonitoredItems({ subscriptionId: this.id, monitoredItemIds });
      return slice;
    };
    await slices.all(monitored, ask, signal);
    for (const item of monitored) item.id = undefined;
  }

  /** Tells the server, too. */
  async delete(): Promise<void> {
    this.forget();
    await servicesOf(this.#ports.session).deleteSubscriptions({ subscriptionIds: [this.id] });
  }

  /** Takes no more notifications. */
  forget(): void {
    this.#forgotten = true;
    this.#engine.unregisterSubscription(this.id);
    this.#engine.cleanup_acknowledgment_for_subscription(this.id);
  }

  get #engine(): Engine {
    return servicesOf(this.#ports.session).getPublishEngine();
  }

  /** The library asks for notifications and acknowledges them; what it gets for our subscription it hands to us. */
  #register(): void {
    const engine = this.#engine;
    engine.nbMaxPublishRequestsAcceptedByServer = MOST_REQUESTS;
    engine.registerSubscription({
      subscriptionId: this.id,
      timeoutHint: Math.min(this.revised.lifetimeMs, 0x7fff_ffff),
      onNotificationMessage: (message: NotificationMessage) => this.#notified(message),
    });
  }

  #notified(message: NotificationMessage): void {
    this.#aliveUs = this.#ports.clock.steadyUs();
    if (this.#behind) this.#behind.push(message);
    else this.#inOrder([message]);
  }

  /** Takes messages up to the first one before which some were lost: those are asked for before it is taken. */
  #inOrder(messages: readonly NotificationMessage[]): void {
    for (const [i, message] of messages.entries()) {
      const isKeepAlive = (message.notificationData ?? []).length === 0;
      const lost = this.#sequenceOf(message.sequenceNumber, isKeepAlive);
      if (lost) {
        this.#behind = [...messages.slice(i)];
        void this.#again(lost).then(() => this.#goOn());
        return;
      }
      this.#take(message);
    }
  }

  /** The first one behind what was lost is in sequence by now. */
  #goOn(): void {
    const [first, ...others] = this.#behind ?? [];
    this.#behind = undefined;
    if (this.#forgotten || !first) return;
    this.#take(first);
    this.#inOrder(others);
  }

  /** The server keeps what was not acknowledged, for a while (OPC UA Part 4, 5.14.5). */
  async #again({ from, count }: Lost): Promise<void> {
    const found: NotificationMessage[] = [];
    for (let n = 0; n < Math.min(count, MOST_AGAIN) && !this.#forgotten; n++) {
      const retransmitSequenceNumber = from + n;
      const request = { subscriptionId: this.id, retransmitSequenceNumber };
      try {
        const { notificationMessage } = await servicesOf(this.#ports.session).republish(request);
        found.push(notificationMessage);
        this.#engine.acknowledge_notification(this.id, retransmitSequenceNumber);
      } catch {
        // It keeps that one no more: the next one it may.
      }
    }
    if (this.#forgotten) return;
    if (found.length < count) this.#ports.missed();
    for (const message of found) this.#take(message);
  }

  #take(message: NotificationMessage): void {
    for (const note of message.notificationData ?? []) {
      // Not the name of the class: a bundle gives classes other names.
      const name = note?.schema.name;
      if (name === 'DataChangeNotification') this.#ports.data(columnsOf(note as DataChangeNotification));
      else if (name === 'StatusChangeNotification')
        this.#ports.ended(String((note as unknown as { status: { name: string } }).status.name));
    }
  }

  /** A keep-alive names the number that the next message will have (Part 4, 7.26). @returns what is missing before */
  #sequenceOf(sequence: number, isKeepAlive: boolean): Lost | undefined {
    const due = this.#sequence === LAST_SEQUENCE ? 1 : this.#sequence + 1;
    const isLost = this.#sequence !== 0 && sequence !== due && sequence > this.#sequence;
    if (!isKeepAlive) this.#sequence = sequence;
    else if (sequence !== due) this.#sequence = sequence - 1;
    return isLost ? { from: due, count: sequence - due } : undefined;
  }

  async #create(items: readonly Item[], filtered: boolean, signal: AbortSignal): Promise<number[]> {
    const { session, slices, library, config } = this.#ports;
    return slices.all(
      items,
      async (slice) => {
        const answer = await servicesOf(session).createMonitoredItems(
          new library.CreateMonitoredItemsRequest({
            subscriptionId: this.id,
            timestampsToReturn: BOTH_TIMES,
            itemsToCreate: slice.map((item) => ({
              itemToMonitor: { nodeId: item.node, attributeId: VALUE },
              monitoringMode: REPORTING,
              requestedParameters: {
                clientHandle: item.handle,
                samplingInterval: item.point.address.sampleMs ?? config.sampleMs,
                queueSize: item.point.address.queue ?? config.queue,
                discardOldest: true,
                filter: filtered ? filterOf(library, item) : null,
              },
            })) as unknown as MonitoredItemCreateRequestOptions[],
          }),
        );
        return slice.map((item, i) => {
          const result = answer.results?.[i];
          if (result?.statusCode.isGood()) {
            item.id = result.monitoredItemId;
            item.sampleMs = Math.max(0, result.revisedSamplingInterval);
          }
          return result ? result.statusCode.value : BAD_UNEXPECTED;
        });
      },
      signal,
    );
  }
}

const BAD_UNEXPECTED = 0x8001_0000;
/** BadMonitoredItemFilterInvalid, BadMonitoredItemFilterUnsupported, BadFilterNotAllowed, BadDeadbandFilterInvalid. */
const REFUSED_FILTER: ReadonlySet<number> = new Set([0x8043_0000, 0x8044_0000, 0x8045_0000, 0x808e_0000]);

function filterOf(library: Library, item: Item): object | null {
  const { deadband } = item.point.address;
  if (!deadband) return null; // status and value, no deadband: the default (Part 4, 7.22.2)
  const kind = deadband.absolute === undefined ? 'percent' : 'absolute';
  return new library.DataChangeFilter({
    trigger: STATUS_VALUE,
    deadbandType: DEADBANDS[kind],
    deadbandValue: deadband[kind] as number,
  });
}
