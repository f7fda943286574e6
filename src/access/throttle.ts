import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';

/** Attempts that are answered at once: people mistype. */
const FREE = 2;
const FIRST_MS = 500;
/** Nobody is ever locked out (IEC 62443-3-3 clause 4.2): a delay ends here, whoever caused it. */
const MOST_MS = 15_000;
export const FORGOTTEN_MS = 15 * 60_000;
const MOST_KEYS = 1024;
/** Waiting at once: from one address, and in all. */
const MOST_OF_ONE = 4;
const MOST_WAITING = 32;

/** Failures in a row, of an account or from an address. */
export interface Failed {
  readonly count: number;
  /** Since the last one. */
  readonly agoMs: number;
}

/** Where failures are remembered; those of a quarter of an hour ago need not be. */
export interface Failures {
  of(key: string): Failed | undefined | Promise<Failed | undefined>;
  /** One more; the first again after {@link FORGOTTEN_MS}. */
  add(key: string): void | Promise<void>;
  forget(key: string): void | Promise<void>;
}

/**
 * Lets attempts to sign in wait the longer the more failed before, of the same account and from the same address. Those
 * of one address come one after the other, so that asking many at once gains nothing.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #failures: Failures;
  readonly #queues = new Map<string, { last: Promise<unknown>; waiting: number }>();
  #waiting = 0;

  /** @param failures where several processes share them; this one's own when absent */
  constructor(clock: Clock, failures: Failures = new OwnFailures(clock)) {
    this.#clock = clock;
    this.#failures = failures;
  }

  /**
   * @param account as typed, whether there is one or not; @param work answers undefined for a failure
   * @throws Fault `access.too-many` where too many wait already; what `work` throws
   */
  async attempt<T>(
    address: string,
    account: string,
    work: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const from = networkOf(address);
    const queue = this.#queues.get(from) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= MOST_OF_ONE || this.#waiting >= MOST_WAITING) throw tooMany();
    this.#queues.set(from, queue);
    queue.waiting++;
    this.#waiting++;
    const mine = queue.last.then(() => this.#inTurn([`@${from}`, `=${account}`], work));
    queue.last = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      this.#waiting--;
      if (--queue.waiting === 0) this.#queues.delete(from);
    }
  }

  async #inTurn<T>(keys: readonly string[], work: () => Promise<T | undefined>): Promise<T | undefined> {
    const delays = await Promise.all(keys.map(async (key) => delayMs(await this.#failures.of(key))));
    const waitMs = Math.max(...delays);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    const done = await work();
    for (const key of keys) {
      if (done === undefined) await this.#failures.add(key);
      else await this.#failures.forget(key);
    }
    return done;
  }
}

function delayMs(failed: Failed | undefined): number {
  if (!failed || failed.count < FREE || failed.agoMs > FORGOTTEN_MS) return 0;
  return Math.min(MOST_MS, FIRST_MS * 2 ** (failed.count - FREE));
}

/** In memory, so many at most. */
class OwnFailures implements Failures {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, { readonly count: number; readonly lastUs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(key: string): Failed | undefined {
    const known = this.#byKey.get(key);
    return known && { count: known.count, agoMs: (this.#clock.steadyUs() - known.lastUs) / 1000 };
  }

  add(key: string): void {
    const known = this.of(key);
    const count = known && known.agoMs <= FORGOTTEN_MS ? known.count + 1 : 1;
    this.#byKey.delete(key); // to the end: the first ones are forgotten first
    this.#byKey.set(key, { count, lastUs: this.#clock.steadyUs() });
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > MOST_KEYS && oldest !== undefined) this.#byKey.delete(oldest);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

const tooMany = (): Fault =>
  new Fault('access.too-many', 'too many attempts to sign in wait already', {
    hint: 'try again in some seconds; nobody is locked out, and the local panel and `holdfast` on the box go on working',
  });

/** Whoever has one IPv6 address has 2^64 of them. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
