import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';

/** Attempts that are answered at once: people mistype. */
const FREE = 2;
const FIRST_MS = 500;
/** Nobody is ever locked out (IEC 62443-3-3 clause 4.2): a delay ends here, whoever caused it. */
const MOST_MS = 15_000;
const FORGOTTEN_US = 15 * 60e6;
const MOST_KEYS = 1024;
/** Waiting at once: from one address, and in all. */
const MOST_OF_ONE = 4;
const MOST_WAITING = 32;

/**
 * Lets attempts to sign in wait the longer the more failed before, of the same account and from the same address. Those
 * of one address come one after the other, so that asking many at once gains nothing.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; lastUs: number }>();
  readonly #queues = new Map<string, { last: Promise<unknown>; waiting: number }>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
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
    const delayMs = Math.max(...keys.map((key) => this.#delayMs(key)));
    if (delayMs > 0) await this.#clock.sleep(delayMs);
    const done = await work();
    for (const key of keys) {
      if (done === undefined) this.#failed(key);
      else this.#failures.delete(key);
    }
    return done;
  }

  #delayMs(key: string): number {
    const known = this.#failures.get(key);
    if (!known || known.count < FREE) return 0;
    if (this.#clock.steadyUs() - known.lastUs > FORGOTTEN_US) return 0;
    return Math.min(MOST_MS, FIRST_MS * 2 ** (known.count - FREE));
  }

  #failed(key: string): void {
    const nowUs = this.#clock.steadyUs();
    const known = this.#failures.get(key);
    const count = known && nowUs - known.lastUs <= FORGOTTEN_US ? known.count + 1 : 1;
    this.#failures.delete(key); // to the end: the first ones are forgotten first
    this.#failures.set(key, { count, lastUs: nowUs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_KEYS && oldest !== undefined) this.#failures.delete(oldest);
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
