import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';

/** A wrong token is answered late, so that guessing is slow; nobody is ever locked out (IEC 62443-3-3 clause 4.2). */
const THROTTLE_MS = 500;
/** Above this many waiting at once, further wrong tokens are answered at once: a flood must not hold memory. */
const MOST_WAITING = 32;
const TELL_AGAIN_US = 60e6;
/** Peers remembered; on a loopback port there is one. */
const MOST_PEERS = 256;

/** Checks the token of every request, and tells of failures without letting them fill the record of events. */
export class SignIn {
  readonly #expected: Buffer;
  readonly #clock: Clock;
  readonly #tell: (peer: string, failures: number, path: string) => void;
  readonly #failures = new Map<string, { toldUs: number; since: number }>();
  #waiting = 0;

  /** @param tell called with the first failure of a peer and then once a minute, with the count since */
  constructor(token: string, clock: Clock, tell: (peer: string, failures: number, path: string) => void) {
    this.#expected = Buffer.from(`Bearer ${token}`);
    this.#clock = clock;
    this.#tell = tell;
  }

  isRight(authorization: string | undefined): boolean {
    const given = Buffer.from(authorization ?? '');
    return given.length === this.#expected.length && timingSafeEqual(given, this.#expected);
  }

  /** Counts a failure and lets its sender wait. @param path without the query, which may hold secrets */
  async failed(peer: string, path: string): Promise<void> {
    this.#count(peer, path);
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting++;
    await this.#clock.sleep(THROTTLE_MS);
    this.#waiting--;
  }

  #count(peer: string, path: string): void {
    const nowUs = this.#clock.steadyUs();
    const known = this.#failures.get(peer);
    if (known && nowUs - known.toldUs < TELL_AGAIN_US) {
      known.since++;
      return;
    }
    if (!known && this.#failures.size >= MOST_PEERS) this.#failures.clear();
    this.#failures.set(peer, { toldUs: nowUs, since: 0 });
    this.#tell(peer, (known?.since ?? 0) + 1, path);
  }
}
