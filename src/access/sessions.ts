import { randomBytes } from 'node:crypto';
import { digestOf, newSecret } from '#access/secrets.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Role } from '#kernel/rights.ts';
import { loadSessions, type SessionsData, saveSessions } from './files.ts';

export interface SessionLimits {
  /** Ends after this long without a request. */
  readonly idleMs: number;
  /** Ends after this long, however it is used. */
  readonly mostMs: number;
}

export interface Session {
  /** Names it in lists; opens nothing. */
  readonly id: string;
  /** Of its user, or of whom a code stands for. */
  readonly name: string;
  /** Of who has no account. */
  readonly role?: Role | undefined;
  /** Of the user when he signed in; where it is another one now, the session has ended. */
  readonly credential?: string | undefined;
  /** Address that signed in. */
  readonly from: string;
  /** Wall clock, µs since 1970. */
  readonly createdUs: number;
}

type Stored = SessionsData['sessions'][number];

/** Last uses go to the disk with this distance only: bytes on flash are a budget. */
const SAVE_USE_US = 5 * 60e6;
/** The oldest one goes: whoever signs in is never refused for it. */
const MOST_OF_ONE = 20;
const MOST = 1000;

/**
 * Who is signed in, over restarts. Only digests of what the browsers hold are kept. Times run on the steady clock: a
 * clock that jumps ends nobody's session and prolongs none. A disk that refuses keeps nobody from signing in.
 */
export class Sessions {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #onFault: (error: unknown) => void;
  readonly #byDigest: Map<string, Stored>;
  #saving: Promise<void> | undefined;
  #dirty = false;
  #savedUs = 0;

  constructor(dir: string, clock: Clock, limits: SessionLimits, onFault: (error: unknown) => void) {
    this.#dir = dir;
    this.#clock = clock;
    this.#limits = limits;
    this.#onFault = onFault;
    // What cannot be read is gone: people sign in again.
    const { sessions = [] } = loadSessions(dir).data ?? {};
    this.#byDigest = new Map(sessions.map((one) => [one.digest, one]));
  }

  /** @param mostMs shorter than that of the site @returns the secret that opens it, which is kept nowhere */
  begin(
    who: Pick<Stored, 'name' | 'role' | 'credential' | 'from'>,
    mostMs?: number,
  ): { readonly secret: string; readonly id: string } {
    this.#sweep();
    const secret = newSecret();
    const nowUs = this.#clock.steadyUs();
    const id = randomBytes(6).toString('hex');
    const session: Stored = {
      id,
      digest: digestOf(secret),
      ...who,
      createdUs: this.#clock.nowUs(),
      beganUs: nowUs,
      usedUs: nowUs,
      ...(mostMs !== undefined && { mostMs }),
    };
    const own = [...this.#byDigest.values()].filter(({ name }) => name === who.name);
    if (own.length >= MOST_OF_ONE) this.#byDigest.delete((own[0] as Stored).digest);
    const [oldest] = this.#byDigest.keys();
    if (this.#byDigest.size >= MOST && oldest !== undefined) this.#byDigest.delete(oldest);
    this.#byDigest.set(session.digest, session);
    this.#saveAside();
    return { secret, id };
  }

  /** The session that the secret opens, which counts as a use of it; undefined where it has ended or never was. */
  use(secret: string): Session | undefined {
    const found = this.#byDigest.get(digestOf(secret));
    if (!found || !this.#lives(found)) return undefined;
    found.usedUs = this.#clock.steadyUs();
    if (found.usedUs - this.#savedUs > SAVE_USE_US) this.#saveAside();
    return found;
  }

  /** Whether it goes on; asking is no use of it. */
  isAlive(id: string): boolean {
    for (const one of this.#byDigest.values()) if (one.id === id) return this.#lives(one);
    return false;
  }

  /** Those that go on, oldest first; times since the last use in ms. */
  list(): readonly (Session & { readonly idleMs: number })[] {
    this.#sweep();
    const nowUs = this.#clock.steadyUs();
    return [...this.#byDigest.values()].map((one) => ({
      ...one,
      idleMs: Math.round((nowUs - one.usedUs) / 1000),
    }));
  }

  get count(): number {
    return this.#byDigest.size;
  }

  /** @returns the sessions that were ended */
  end(which: (one: Session) => boolean): readonly Session[] {
    const ended = [...this.#byDigest.values()].filter(which);
    for (const { digest } of ended) this.#byDigest.delete(digest);
    if (ended.length > 0) this.#saveAside();
    return ended;
  }

  /** What is known now is on the disk, or the disk refused it. */
  async saved(): Promise<void> {
    await this.#saving;
  }

  #lives({ beganUs, usedUs, mostMs = this.#limits.mostMs }: Stored): boolean {
    const nowUs = this.#clock.steadyUs();
    return nowUs - usedUs < this.#limits.idleMs * 1000 && nowUs - beganUs < mostMs * 1000;
  }

  #sweep(): void {
    for (const one of this.#byDigest.values()) if (!this.#lives(one)) this.#byDigest.delete(one.digest);
  }

  #saveAside(): void {
    this.#dirty = true;
    this.#savedUs = this.#clock.steadyUs();
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  async #save(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        await saveSessions(this.#dir, { sessions: [...this.#byDigest.values()] });
      }
    } catch (error) {
      this.#onFault(error);
    }
  }
}
