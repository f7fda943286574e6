import type { Fault } from '#kernel/fault.ts';
import type { Delivery, Inbox } from '#plugin/api.ts';

interface Entry {
  readonly delivery: Delivery;
  readonly bytes: number;
}

interface Waiter {
  readonly resolve: (delivery: Delivery) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A bounded queue for protocols that push.
 *
 * It is full from `limitBytes` on and counts as drained at half of it, so that a peer is not paused and resumed for
 * every delivery. `onDrain` holds one callback (a later one replaces it), called at each drain. What is pushed after
 * `fail` is not taken: its `settled` gets the fault.
 * @param limitBytes queued bytes at which the queue is full, above 0
 */
export function createInbox(limitBytes: number): Inbox {
  if (!(limitBytes > 0)) throw new RangeError(`an inbox needs a limit above 0 bytes, not ${limitBytes}`);
  const queue = new Fifo<Entry>();
  const waiting: Waiter[] = [];
  let bytes = 0;
  let full = false;
  let fault: Fault | undefined;
  let resume: (() => void) | undefined;

  const next = (entry: Entry): Delivery => {
    bytes -= entry.bytes;
    if (full && bytes <= limitBytes / 2) {
      full = false;
      resume?.();
    }
    return entry.delivery;
  };

  return {
    push(delivery, size) {
      if (fault) {
        delivery.settled?.(fault);
        return false;
      }
      const waiter = waiting.shift();
      if (waiter) {
        waiter.resolve(delivery);
        return !full;
      }
      queue.push({ delivery, bytes: size });
      bytes += size;
      if (bytes >= limitBytes) full = true;
      return !full;
    },

    get full() {
      return full;
    },

    onDrain(callback) {
      resume = callback;
    },

    async take(signal) {
      signal.throwIfAborted();
      const entry = queue.shift();
      if (entry) return next(entry);
      if (fault) throw fault;
      return waitIn(waiting, signal);
    },

    fail(reason) {
      fault ??= reason;
      for (const waiter of waiting.splice(0)) waiter.reject(fault);
    },
  };
}

function waitIn(waiting: Waiter[], signal: AbortSignal): Promise<Delivery> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const place = waiting.indexOf(waiter);
      if (place >= 0) waiting.splice(place, 1);
      reject(signal.reason);
    };
    const done = () => signal.removeEventListener('abort', onAbort);
    const waiter: Waiter = {
      resolve: (delivery) => {
        done();
        resolve(delivery);
      },
      reject: (reason) => {
        done();
        reject(reason);
      },
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.push(waiter);
  });
}

/** First in, first out, at constant cost: `Array.shift` of a long queue is not. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
