import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { Pool } from 'pg';
import type { WebhookSettings } from '#contract/hub-file.ts';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { unreached, unreachedText } from '#kernel/unreached.ts';
import { PostError, post, type Reply } from '#wire/http/post.ts';
import { WebhookAddresses } from './addresses.ts';
import { signed } from './cloud-event.ts';
import {
  bound,
  type Delivery,
  type DueHook,
  distribute,
  dueHooks,
  type Failure,
  forget,
  putFailed,
  putTaken,
  take,
} from './queue.ts';

export interface SenderPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** The first event of a webhook that nobody took. */
  died(hook: string, error: string): void;
  /** Too many waited: so many of the oldest are gone. Told once an hour. */
  dropped(hook: string, events: number): void;
}

export interface SenderPolicy {
  readonly lookMs: number;
  /** How often it is looked whether too much waits. */
  readonly boundMs: number;
  readonly timeoutMs: number;
  /** Between attempts of one event; after the last one it is dead. Together three days, after Standard Webhooks. */
  readonly pausesMs: readonly number[];
  /** A receiver that fails is left alone for so long at most, and longer each time. */
  readonly restMs: number;
}

const MIN = 60_000;
const POLICY: SenderPolicy = {
  lookMs: 1000,
  boundMs: 30_000,
  timeoutMs: 15_000,
  pausesMs: [
    5000,
    MIN,
    5 * MIN,
    30 * MIN,
    120 * MIN,
    300 * MIN,
    600 * MIN,
    840 * MIN,
    1200 * MIN,
    1440 * MIN,
  ],
  restMs: 5 * MIN,
};
/** A receiver may ask for this much patience. */
const MOST_WAIT_MS = 1440 * MIN;
const AT_ONCE = 8;
const DEAD_DAYS = 30;
const TELL_EVERY_US = 3600e6;
const FORGET_EVERY_US = 3600e6;

/** Posts events to those who asked for them; several hubs share the work. Each is told at least once. */
export class WebhookSender implements AsyncDisposable {
  readonly #ports: SenderPorts;
  readonly #policy: SenderPolicy;
  readonly #addresses: WebhookAddresses;
  readonly #caFile: string | undefined;
  readonly #stop = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #loop: Promise<void>;
  readonly #mostWaiting: number;
  /** Since it was told last. */
  readonly #dropped = new Map<string, { atUs: number; events: number }>();
  #boundAtUs = 0;
  #forgetAtUs = 0;
  #complaint: string | undefined;

  constructor(settings: WebhookSettings, ports: SenderPorts, policy: Partial<SenderPolicy> = {}) {
    this.#ports = ports;
    this.#policy = { ...POLICY, ...policy };
    this.#addresses = new WebhookAddresses(settings);
    this.#caFile = settings.caFile;
    this.#mostWaiting = settings.mostWaiting;
    this.#loop = this.#run();
  }

  /** What is under way is broken off; it is told again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#busy.values());
  }

  async #run(): Promise<void> {
    const { clock, pool } = this.#ports;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await distribute(pool)));
        for (const hook of await dueHooks(pool)) this.#serve(hook);
        await this.#bound();
        await this.#forget();
        this.#complaint = undefined;
      } catch (error) {
        this.#complain(messageOf(error));
      }
      await clock.sleep(this.#policy.lookMs, signal).catch(() => {});
    }
  }

  async #bound(): Promise<void> {
    const { clock, pool, dropped } = this.#ports;
    const nowUs = clock.steadyUs();
    if (nowUs < this.#boundAtUs) return;
    this.#boundAtUs = nowUs + this.#policy.boundMs * 1000;
    for (const { hook, events } of await bound(pool, this.#mostWaiting)) {
      const told = this.#dropped.get(hook) ?? { atUs: Number.NEGATIVE_INFINITY, events: 0 };
      told.events += events;
      this.#dropped.set(hook, told);
    }
    for (const [hook, told] of this.#dropped) {
      if (told.events === 0 || nowUs - told.atUs < TELL_EVERY_US) continue;
      dropped(hook, told.events);
      this.#dropped.set(hook, { atUs: nowUs, events: 0 });
    }
  }

  async #forget(): Promise<void> {
    const { clock, pool } = this.#ports;
    if (clock.steadyUs() < this.#forgetAtUs) return;
    this.#forgetAtUs = clock.steadyUs() + FORGET_EVERY_US;
    await forget(pool, DEAD_DAYS);
  }

  /** A receiver that is slow holds up no other. */
  #serve(hook: DueHook): void {
    if (this.#busy.has(hook.name) || this.#stop.signal.aborted) return;
    const work = this.#all(hook)
      .catch((error) => this.#complain(messageOf(error)))
      .finally(() => this.#busy.delete(hook.name));
    this.#busy.set(hook.name, work);
  }

  async #all(hook: DueHook): Promise<void> {
    const { pool } = this.#ports;
    for (;;) {
      const due = await take(pool, hook.name, AT_ONCE, this.#policy.timeoutMs * 3);
      const results = await Promise.all(due.map((one) => this.#one(hook, one)));
      if (due.length < AT_ONCE || this.#stop.signal.aborted || results.includes(false)) return;
    }
  }

  /** @returns whether it was taken */
  async #one(hook: DueHook, delivery: Delivery): Promise<boolean> {
    const { pool, log } = this.#ports;
    const failure = await this.#post(hook, delivery);
    if (this.#stop.signal.aborted && failure) return false;
    if (!failure) {
      await putTaken(pool, hook.name, delivery.id);
      return true;
    }
    log.info({ webhook: hook.name, event: delivery.event, why: failure.error }, 'a webhook was not taken');
    if (await putFailed(pool, hook.name, delivery.id, failure)) this.#ports.died(hook.name, failure.error);
    return false;
  }

  async #post(hook: DueHook, { event, body, attempts }: Delivery): Promise<Failure | undefined> {
    const timeout = AbortSignal.timeout(this.#policy.timeoutMs);
    const signal = AbortSignal.any([this.#stop.signal, timeout]);
    try {
      const url = new URL(hook.url);
      this.#addresses.judge(url);
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'holdfast',
        ...signed(hook.secret, event, this.#ports.clock.nowUs() / 1000, body),
      };
      const lookup = this.#addresses.lookup(url.protocol);
      const reply = await post(url, headers, Buffer.from(body), await this.#authorities(), signal, lookup);
      return this.#judged(reply, hook, attempts);
    } catch (error) {
      const cause = error instanceof PostError ? error.cause : error;
      const why = timeout.aborted ? `no answer within ${this.#policy.timeoutMs} ms` : reasonOf(cause);
      return this.#again(why, hook, attempts, 0);
    }
  }

  #judged(
    { status, location, retryAfterS = 0 }: Reply,
    hook: DueHook,
    attempts: number,
  ): Failure | undefined {
    if (status >= 200 && status < 300) return undefined;
    const to = location === undefined ? '' : ', which leads elsewhere and is not followed';
    const error = `it answered ${status}${to}`;
    if (status === 410) return { error, againMs: undefined, restMs: 0, isGone: true };
    const isBusy = status === 408 || status === 429 || status >= 500;
    const failure = this.#again(error, hook, attempts, retryAfterS * 1000);
    return isBusy ? failure : { ...failure, restMs: 0 };
  }

  #again(error: string, { failures }: DueHook, attempts: number, leastMs: number): Failure {
    const { pausesMs, restMs } = this.#policy;
    const pause = pausesMs[attempts - 1];
    const jitter = 0.9 + Math.random() / 5;
    const waitMs = Math.min(leastMs, MOST_WAIT_MS);
    return {
      error,
      againMs: pause === undefined ? undefined : Math.max(pause * jitter, waitMs),
      restMs: Math.max(waitMs, Math.min(restMs, 1000 * 2 ** Math.min(failures, 20))),
      isGone: false,
    };
  }

  async #authorities(): Promise<Buffer | undefined> {
    if (this.#caFile === undefined) return undefined;
    const own = await readFile(this.#caFile, 'utf8');
    return Buffer.from([...rootCertificates, own].join('\n'));
  }

  /** The database may be away for long: each reason once. */
  #complain(why: string): void {
    if (this.#complaint !== why && !this.#stop.signal.aborted)
      this.#ports.log.warn({ why }, 'webhooks are not sent just now; they wait');
    this.#complaint = why;
  }
}

const reasonOf = (error: unknown): string =>
  unreached(error) ? unreachedText('it', error) : messageOf(error);
