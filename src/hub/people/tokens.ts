import type { Kysely } from 'kysely';
import { exists, mustBeName, unknown } from '#access/names.ts';
import { digestOf, newSecret } from '#access/secrets.ts';
import { fleetTokenText } from '#trust/hub/token.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { WallClock } from '../wall-clock.ts';
import { type Grant, grantsText, type TokenRow } from './rows.ts';

export interface FleetTokenAsked {
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Ends after this long; never when absent. */
  readonly validForMs?: number | undefined;
}

/** API tokens of the hub, for programs. */
export class FleetTokens {
  readonly #queries: Kysely<Tables>;
  readonly #pin: string;
  readonly #ports: WallClock;

  /** @param pin of the hub, which a token carries: who has one need not be told whom to trust */
  constructor(queries: Kysely<Tables>, pin: string, ports: WallClock) {
    this.#queries = queries;
    this.#pin = pin;
    this.#ports = ports;
  }

  async list(): Promise<TokenRow[]> {
    return await this.#queries.selectFrom('api_tokens').selectAll().orderBy('name').execute();
  }

  /** @returns the token, which is kept nowhere @throws Fault `access.name`, `access.exists` */
  async create({ name, grants, validForMs }: FleetTokenAsked, by: string): Promise<string> {
    mustBeName(name);
    const text = fleetTokenText({ secret: newSecret(), pin: this.#pin });
    const now = new Date(this.#ports.nowMs());
    const expires = validForMs === undefined ? null : new Date(now.getTime() + validForMs);
    await this.#queries.transaction().execute(async (tx) => {
      const { numInsertedOrUpdatedRows: added } = await tx
        .insertInto('api_tokens')
        .values({ name, digest: digestOf(text), grants: grantsText(grants), by, created: now, expires })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (added === 0n) throw exists('token', name);
      const detail = { grants: JSON.parse(grantsText(grants)), expires: expires?.toISOString() ?? null };
      await addEvent(tx, now, {
        kind: 'security',
        name: 'security.token-created',
        subject: name,
        by,
        detail,
      });
    });
    return text;
  }

  /** @throws Fault `access.unknown-token` */
  async revoke(name: string, by: string): Promise<void> {
    await this.#queries.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('api_tokens')
        .where('name', '=', name)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw unknown('token', name, 'holdfast hub token list');
      const now = new Date(this.#ports.nowMs());
      await addEvent(tx, now, { kind: 'security', name: 'security.token-revoked', subject: name, by });
    });
  }

  /** @returns undefined for what is none, or is over */
  async of(text: string): Promise<TokenRow | undefined> {
    const found = await this.#queries
      .selectFrom('api_tokens')
      .selectAll()
      .where('digest', '=', digestOf(text))
      .executeTakeFirst();
    const isOver = found?.expires && found.expires.getTime() <= this.#ports.nowMs();
    return isOver ? undefined : found;
  }
}
