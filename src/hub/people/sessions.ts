import { type Kysely, sql } from 'kysely';
import { digestOf, newSecret } from '#access/secrets.ts';
import type { Tables } from '../database/tables.ts';
import type { WallClock } from '../wall-clock.ts';
import type { PersonRow } from './rows.ts';

const IDLE_MS = 12 * 3_600_000;
const MOST_MS = 7 * 86_400_000;
/** A use is written down this seldom. */
const USED_MS = 60_000;

/** Of the digest of its secret: enough to tell sessions apart, and opens none. */
const ID_LENGTH = 20;

export const sessionId = (secret: string): string => digestOf(secret).slice(0, ID_LENGTH);

export interface KeptSession extends Pick<PersonRow, 'name' | 'grants'> {
  readonly id: string;
  readonly from: string;
  readonly began: Date;
  readonly used: Date;
}

/** Who is signed in, at whichever process of the hub. */
export class FleetSessions {
  readonly #queries: Kysely<Tables>;
  readonly #ports: WallClock;

  constructor(queries: Kysely<Tables>, ports: WallClock) {
    this.#queries = queries;
    this.#ports = ports;
  }

  /**
   * @param validForMs however much it is used; as all when absent
   * @returns the secret that opens it, which is kept nowhere
   */
  async begin(person: string, from: string, validForMs?: number): Promise<string> {
    const secret = newSecret();
    const now = new Date(this.#ports.nowMs());
    await this.#queries
      .deleteFrom('people_sessions')
      .where((is) => is.or([is('used', '<', before(now, IDLE_MS)), is('began', '<', before(now, MOST_MS))]))
      .execute();
    const ends = validForMs === undefined ? null : new Date(now.getTime() + validForMs);
    await this.#queries
      .insertInto('people_sessions')
      .values({ digest: digestOf(secret), person, from, began: now, used: now, ends })
      .execute();
    return secret;
  }

  /** Whose it is, which counts as a use of it; undefined where it has ended or never was. */
  async use(secret: string): Promise<PersonRow | undefined> {
    const digest = digestOf(secret);
    const now = new Date(this.#ports.nowMs());
    const found = await this.#queries
      .selectFrom('people_sessions')
      .innerJoin('people', 'people.key', 'people_sessions.person')
      .selectAll('people')
      .select('used')
      .where('digest', '=', digest)
      .where('used', '>', before(now, IDLE_MS))
      .where('began', '>', before(now, MOST_MS))
      .where((is) => is.or([is('ends', 'is', null), is('ends', '>', now)]))
      .executeTakeFirst();
    if (found && found.used < before(now, USED_MS)) {
      await this.#queries
        .updateTable('people_sessions')
        .set({ used: now })
        .where('digest', '=', digest)
        .execute();
    }
    return found;
  }

  /** Those that go on, the newest first. */
  async list(): Promise<KeptSession[]> {
    const now = new Date(this.#ports.nowMs());
    const rows = await this.#queries
      .selectFrom('people_sessions')
      .innerJoin('people', 'people.key', 'people_sessions.person')
      .select(['digest', 'name', 'grants', 'from', 'began', 'used'])
      .where('used', '>', before(now, IDLE_MS))
      .where('began', '>', before(now, MOST_MS))
      .where((is) => is.or([is('ends', 'is', null), is('ends', '>', now)]))
      .orderBy('began', 'desc')
      .execute();
    return rows.map(({ digest, ...one }) => ({ id: digest.slice(0, ID_LENGTH), ...one }));
  }

  /** @returns whose it was; undefined: there is none of this id */
  async endById(id: string): Promise<{ readonly name: string; readonly from: string } | undefined> {
    const ended = await this.#queries
      .deleteFrom('people_sessions')
      .using('people')
      .whereRef('people.key', '=', 'people_sessions.person')
      .where(sql<string>`left(digest, ${ID_LENGTH}::integer)`, '=', id)
      .returning(['people.name', 'people_sessions.from'])
      .executeTakeFirst();
    return ended;
  }

  async end(secret: string): Promise<void> {
    await this.#queries.deleteFrom('people_sessions').where('digest', '=', digestOf(secret)).execute();
  }
}

const before = (now: Date, ms: number): Date => new Date(now.getTime() - ms);
