import type { ClientMonitoredItem, ClientSession, ClientSubscription, Variant } from 'node-opcua-client';
import { messageOf } from '#kernel/fault.ts';
import type { Deps } from '#plugin/api.ts';
import type { Library } from '#wire/opcua/library.ts';
import {
  conditionFilter,
  EventFields,
  QUEUE_OVERFLOW,
  REFRESH_END,
  REFRESH_REQUIRED,
  REFRESH_START,
} from './condition-filter.ts';
import type { ConditionMemory, Told } from './condition-memory.ts';
import { EventPace } from './event-pace.ts';

export interface ConditionPorts {
  readonly session: Pick<ClientSession, 'createSubscription2' | 'call'>;
  readonly library: Library;
  readonly deps: Pick<Deps, 'id' | 'clock' | 'log' | 'event'>;
  /** Of this source; the same one in each of its sessions. */
  readonly memory: ConditionMemory;
  readonly publishMs: number;
}

const SERVER = 'ns=0;i=2253';
const CONDITION_TYPE = 'ns=0;i=2782';
const CONDITION_REFRESH = 'ns=0;i=3875';
const EVENT_NOTIFIER = 12;
const UINT32 = 7;
const BOTH_TIMES = 2;
const QUEUE = 1000;
const KEEP_ALIVES = 10;
const LIFETIMES = 10;
/** Rest before a subscription that the server has ended is made anew; it doubles each time that this fails. */
const RETRY_MS = 1000;
const MOST_RETRY_MS = 30_000;

/**
 * Tells the alarms and conditions of a server as events of the site (OPC UA Part 9): `device-alarm.active`, `inactive`,
 * `acknowledged`, `confirmed`, `disabled`, `changed`. What the server says when it is asked for the present state is
 * told only where it is new, and marked `refreshed`. A server without conditions is logged and left alone.
 */
export class Conditions implements AsyncDisposable {
  readonly #ports: ConditionPorts;
  readonly #pace: EventPace<Told>;
  #subscription: ClientSubscription | undefined;
  #refreshing: Promise<void> | undefined;
  #again = false;
  /** The server has ended the subscription of now. */
  #dropped = false;
  #renewing = false;
  readonly #ended = new AbortController();

  private constructor(ports: ConditionPorts) {
    this.#ports = ports;
    this.#pace = new EventPace(ports.deps.clock, (told, leftOut) => this.#event(told, leftOut));
  }

  /** @throws when the session is gone; what the server refuses is logged */
  static async watch(ports: ConditionPorts): Promise<Conditions> {
    const conditions = new Conditions(ports);
    try {
      if (!(await conditions.#begin()))
        ports.deps.log.warn(
          { source: ports.deps.id },
          'the server gives no events: its alarms and conditions are not told',
        );
    } catch (error) {
      await conditions[Symbol.asyncDispose]();
      throw error;
    }
    return conditions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#ended.abort();
    this.#ports.memory.refreshBreaksOff();
    this.#pace.close();
    // With the session gone the server drops it by itself.
    await this.#subscription?.terminate().catch(() => {});
  }

  get #closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** @returns whether the server gives events */
  async #begin(): Promise<boolean> {
    const { session, publishMs } = this.#ports;
    this.#dropped = false;
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: publishMs,
      requestedMaxKeepAliveCount: KEEP_ALIVES,
      requestedLifetimeCount: KEEP_ALIVES * LIFETIMES,
      maxNotificationsPerPublish: QUEUE,
      publishingEnabled: true,
      priority: 1,
    });
    this.#subscription = subscription;
    subscription.once('terminated', () => {
      if (this.#subscription === subscription) void this.#lost();
    });
    const item = (await this.#monitor(true)) ?? (await this.#monitor(false));
    if (item) await this.#refresh();
    return item !== undefined;
  }

  /** The server has dropped the subscription, and the session may live on: until it is gone this is tried again. */
  async #lost(): Promise<void> {
    this.#dropped = true;
    if (this.#closed || this.#renewing) return;
    this.#renewing = true;
    const { deps, memory } = this.#ports;
    memory.refreshBreaksOff();
    deps.log.warn({ source: deps.id }, 'the server has ended the subscription to its conditions');
    for (
      let pauseMs = RETRY_MS;
      this.#dropped && !this.#closed;
      pauseMs = Math.min(2 * pauseMs, MOST_RETRY_MS)
    ) {
      try {
        await deps.clock.sleep(pauseMs, this.#ended.signal);
        if (await this.#begin()) continue;
        throw new Error('the server gives no events any more');
      } catch (error) {
        if (this.#closed) break;
        deps.log.warn({ source: deps.id, error: messageOf(error) }, 'conditions are not told yet');
        await this.#giveUp();
      }
    }
    this.#renewing = false;
  }

  /** What was made of a subscription half-way must not tell beside the next one. */
  async #giveUp(): Promise<void> {
    const half = this.#subscription;
    this.#subscription = undefined;
    this.#dropped = true;
    await half?.terminate().catch(() => {});
  }

  /** Undefined when the server refuses the filter, or has no events at all. */
  async #monitor(narrow: boolean): Promise<ClientMonitoredItem | undefined> {
    const { library } = this.#ports;
    const parameters = {
      samplingInterval: 0,
      queueSize: QUEUE,
      discardOldest: true,
      filter: conditionFilter(library, narrow) as never,
    };
    const what = { nodeId: SERVER, attributeId: EVENT_NOTIFIER };
    const item = library.ClientMonitoredItem.create(
      this.#subscription as ClientSubscription,
      what,
      parameters,
      BOTH_TIMES,
    );
    item.on('changed', (fields: unknown) => this.#arrived(fields as Variant[]));
    const ready = await new Promise<boolean>((resolve) => {
      item.on('initialized', () => resolve(true));
      item.on('err', () => resolve(false));
      item.on('terminated', () => resolve(false));
    });
    return ready && item.statusCode.isGood() ? item : undefined;
  }

  #arrived(variants: readonly Variant[]): void {
    if (this.#closed) return;
    const { memory } = this.#ports;
    const fields = new EventFields(variants);
    if (fields.type === REFRESH_START) memory.refreshBegins();
    else if (fields.type === REFRESH_END) this.#tell(memory.refreshEnds());
    else if (fields.type === REFRESH_REQUIRED || fields.type === QUEUE_OVERFLOW) void this.#refresh();
    else {
      const event = fields.condition();
      if (event) this.#tell(memory.take(event));
    }
  }

  #tell(told: readonly Told[]): void {
    for (const one of told) this.#pace.push(`${one.event.key} ${one.name}`, one);
  }

  #event({ name, event, refreshed }: Told, leftOut: number): void {
    const { deps } = this.#ports;
    const { key: _, trunk: __, condition, source, more, ...state } = event;
    deps.event({
      kind: 'alarm',
      name: `device-alarm.${name}`,
      subject: [deps.id, source, condition].filter((part) => part !== '').join('/'),
      detail: {
        ...state,
        condition,
        source,
        ...more,
        ...(refreshed && { refreshed }),
        ...(leftOut > 0 && { notToldBefore: leftOut }),
      },
    });
  }

  /** Asks for the present state of all conditions (OPC UA Part 9, 5.5.7); one such request at a time. */
  async #refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#callRefresh().finally(() => {
      this.#refreshing = undefined;
      if (!this.#again || this.#closed) return;
      this.#again = false;
      void this.#refresh();
    });
    return this.#refreshing;
  }

  async #callRefresh(): Promise<void> {
    const { session, library, deps } = this.#ports;
    const subscriptionId = this.#subscription?.subscriptionId ?? 0;
    const inputArguments = [new library.Variant({ dataType: UINT32, value: subscriptionId })];
    const request = { objectId: CONDITION_TYPE, methodId: CONDITION_REFRESH, inputArguments };
    try {
      const { statusCode } = await session.call(request);
      if (statusCode.isGood()) return;
      deps.log.info(
        { source: deps.id, status: statusCode.name },
        'the server tells no present state of its conditions',
      );
    } catch (error) {
      deps.log.warn(
        { source: deps.id, error: messageOf(error) },
        'the present state of conditions was not told',
      );
    }
  }
}
