import { type Kysely, sql } from 'kysely';
import { type Failed, type Failures, FORGOTTEN_MS } from '#access/throttle.ts';
import type { Tables } from '../database/tables.ts';
import type { WallClock } from '../wall-clock.ts';

/** Failures to sign in, over all processes of the hub: who tries several of them gains nothing. */
export class SharedFailures implements Failures {
  readonly #queries: Kysely<Tables>;
  readonly #ports: WallClock;

  constructor(queries: Kysely<Tables>, ports: WallClock) {
    this.#queries = queries;
    this.#ports = ports;
  }

  async of(key: string): Promise<Failed | undefined> {
    const found = await this.#queries
      .selectFrom('sign_in_failures')
      .select(['count', 'last'])
      .where('key', '=', key)
      .executeTakeFirst();
    return found && { count: found.count, agoMs: Math.max(0, this.#ports.nowMs() - found.last.getTime()) };
  }

  /** Old ones go with it: keys change with every attempt where somebody wishes so. */
  async add(key: string): Promise<void> {
    const last = new Date(this.#ports.nowMs());
    const old = new Date(last.getTime() - FORGOTTEN_MS);
    await this.#queries.deleteFrom('sign_in_failures').where('last', '<', old).execute();
    await this.#queries
      .insertInto('sign_in_failures')
      .values({ key, count: 1, last })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({ count: sql<number>`sign_in_failures.count + 1`, last }),
      )
      .execute();
  }

  async forget(key: string): Promise<void> {
    await this.#queries.deleteFrom('sign_in_failures').where('key', '=', key).execute();
  }
}
