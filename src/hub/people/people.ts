import { type Kysely, sql, type Transaction } from 'kysely';
import { exists, folded, mustBeName, unknown } from '#access/names.ts';
import { hashOf, isPassword, mustBeStrong } from '#access/password.ts';
import { digestOf, newCode, plainCode } from '#access/secrets.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { WallClock } from '../wall-clock.ts';
import { type Grant, grantsText, isAdministrator, isOwnAdministrator, type PersonRow } from './rows.ts';

/** Whom a provider of sign-ins vouches for. */
export interface Vouched {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly grants: readonly Grant[];
}

const FORGOTTEN_MS = 90 * 86_400_000;
const LIST = 'holdfast hub users list';
/** Time enough to get from the log of a hub to a terminal. */
const FIRST_CODE_MS = 24 * 3_600_000;
/** 80 bits, for some hours. */
const CODE_GROUPS = 4;

/** Users of the hub, the same at all its processes. A change and the event that tells of it are one transaction. */
export class People {
  readonly #queries: Kysely<Tables>;
  readonly #ports: WallClock;

  constructor(queries: Kysely<Tables>, ports: WallClock) {
    this.#queries = queries;
    this.#ports = ports;
  }

  async list(): Promise<PersonRow[]> {
    return await this.#queries.selectFrom('people').selectAll().orderBy('key').execute();
  }

  /** @returns undefined where name or password is wrong, after the same time whichever it is */
  async check(name: string, password: string): Promise<PersonRow | undefined> {
    const found = await this.#find(this.#queries, name);
    return (await isPassword(password, found?.password ?? undefined)) ? found : undefined;
  }

  /** @throws Fault `access.name`, `access.exists`, `access.weak-password` */
  async add(
    { name, grants, password }: { name: string; grants: readonly Grant[]; password: string },
    by: string,
  ): Promise<PersonRow> {
    mustBeName(name);
    mustBeStrong(password, [name]);
    const hash = await hashOf(password);
    return await this.#change(
      { name: 'security.user-added', subject: name, by, detail: of(grants) },
      (tx, now) => this.#insert(tx, now, { name, grants, hash: JSON.stringify(hash) }),
    );
  }

  /** @throws Fault `access.unknown-user`, `access.last-administrator` */
  async setGrants(name: string, grants: readonly Grant[], by: string): Promise<PersonRow> {
    const event = { name: 'security.user-changed', subject: name, by, detail: of(grants) };
    return await this.#change(event, async (tx, now) => {
      const found = await this.#known(tx, name);
      if (!isAdministrator(grants)) await mustNotBeLast(tx, found);
      return await updated(tx, found.key, { grants: grantsText(grants), changed: now });
    });
  }

  /** His sessions end. @throws Fault `access.unknown-user`, `access.weak-password` */
  async setPassword(name: string, password: string, by: string): Promise<PersonRow> {
    mustBeStrong(password, [name]);
    const hash = await hashOf(password);
    return await this.#change({ name: 'security.password-changed', subject: name, by }, async (tx, now) => {
      const { key } = await this.#known(tx, name);
      await tx.deleteFrom('people_sessions').where('person', '=', key).execute();
      return await updated(tx, key, { password: JSON.stringify(hash), changed: now });
    });
  }

  /** His sessions end. @throws Fault `access.unknown-user`, `access.last-administrator` */
  async remove(name: string, by: string): Promise<void> {
    await this.#change({ name: 'security.user-removed', subject: name, by }, async (tx) => {
      const found = await this.#known(tx, name);
      await mustNotBeLast(tx, found);
      await tx.deleteFrom('people').where('key', '=', found.key).execute();
    });
  }

  /**
   * A code that makes the first administrator, at any process of the hub.
   * @returns undefined where there is an administrator
   */
  async firstCode(): Promise<string | undefined> {
    if ((await this.list()).some(isOwnAdministrator)) return undefined;
    const code = newCode(CODE_GROUPS);
    const expires = new Date(this.#ports.nowMs() + FIRST_CODE_MS);
    await this.#queries
      .insertInto('first_codes')
      .values({ digest: digestOf(plainCode(code)), expires })
      .execute();
    return code;
  }

  /**
   * Uses such a code up, and all others with it; where the user is refused, it stays.
   * @returns undefined where it is wrong, over, or there is an administrator @throws Fault as {@link add}
   */
  async makeFirst(code: string, name: string, password: string): Promise<PersonRow | undefined> {
    const digest = digestOf(plainCode(code));
    const isGood = (queries: Kysely<Tables>) =>
      queries
        .selectFrom('first_codes')
        .select('digest')
        .where('digest', '=', digest)
        .where('expires', '>', new Date(this.#ports.nowMs()))
        .executeTakeFirst();
    if (!(await isGood(this.#queries))) return undefined;
    mustBeName(name);
    mustBeStrong(password, [name]);
    const hash = JSON.stringify(await hashOf(password));
    const grants = [{ role: 'administrator' }] as const;
    const event = { name: 'security.user-added', subject: name, by: 'first-code', detail: of(grants) };
    try {
      return await this.#change(event, async (tx, now) => {
        if (!(await isGood(tx))) throw new UsedUp();
        await tx.deleteFrom('first_codes').execute();
        return await this.#insert(tx, now, { name, grants, hash });
      });
    } catch (error) {
      if (error instanceof UsedUp) return undefined;
      throw error;
    }
  }

  /**
   * Takes up, or again, whom a provider of sign-ins vouches for, with what he may now. Whom it has not vouched for in a
   * quarter of a year is forgotten.
   */
  async vouchedFor({ issuer, subject, name, grants }: Vouched): Promise<PersonRow> {
    const now = new Date(this.#ports.nowMs());
    await this.#queries
      .deleteFrom('people')
      .where('issuer', 'is not', null)
      .where('changed', '<', new Date(now.getTime() - FORGOTTEN_MS))
      .execute();
    const set = { name: `oidc:${name}`, grants: grantsText(grants), changed: now };
    return await this.#queries
      .insertInto('people')
      .values({ key: keyOf({ issuer, subject }), issuer, subject, password: null, created: now, ...set })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(set))
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /** Whoever may nothing any more: his sessions end. */
  async forget(known: Pick<Vouched, 'issuer' | 'subject'>): Promise<void> {
    await this.#queries.deleteFrom('people').where('key', '=', keyOf(known)).execute();
  }

  async #insert(
    tx: Transaction<Tables>,
    now: Date,
    { name, grants, hash }: { name: string; grants: readonly Grant[]; hash: string },
  ): Promise<PersonRow> {
    const row = await tx
      .insertInto('people')
      .values({
        ...{ key: folded(name), name, grants: grantsText(grants), password: hash },
        ...{ created: now, changed: now },
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!row) throw exists('user', name);
    if (isAdministrator(grants)) await tx.deleteFrom('first_codes').execute();
    return row;
  }

  async #find(queries: Kysely<Tables>, name: string): Promise<PersonRow | undefined> {
    return await queries.selectFrom('people').selectAll().where('key', '=', folded(name)).executeTakeFirst();
  }

  async #known(tx: Transaction<Tables>, name: string): Promise<PersonRow> {
    const found = await this.#find(tx, name);
    if (found) return found;
    throw unknown('user', name, LIST);
  }

  /** One at a time over all processes: two administrators must not remove each other. */
  async #change<T>(
    event: { name: string; subject: string; by: string; detail?: { readonly [key: string]: Json } },
    work: (tx: Transaction<Tables>, now: Date) => Promise<T>,
  ): Promise<T> {
    const now = new Date(this.#ports.nowMs());
    return await this.#queries.transaction().execute(async (tx) => {
      await sql`LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
      const done = await work(tx, now);
      await addEvent(tx, now, { kind: 'security', ...event });
      return done;
    });
  }
}

/** A colon is in no name of a user of the hub's own. */
const keyOf = ({ issuer, subject }: Pick<Vouched, 'issuer' | 'subject'>): string =>
  `oidc:${digestOf(`${issuer}\n${subject}`)}`;

class UsedUp extends Error {}

const of = (grants: readonly Grant[]): { readonly [key: string]: Json } => ({
  grants: grants.map(({ role, sites }) => ({ role, ...(sites !== undefined && { sites }) })),
});

const updated = (
  tx: Transaction<Tables>,
  key: string,
  set: { grants?: string; password?: string; changed: Date },
): Promise<PersonRow> =>
  tx.updateTable('people').set(set).where('key', '=', key).returningAll().executeTakeFirstOrThrow();

/**
 * A fleet that somebody administers stays so: whoever is left could not undo it. Whom others vouch for does not count, as
 * they may be away.
 */
async function mustNotBeLast(tx: Transaction<Tables>, person: PersonRow): Promise<void> {
  if (!isOwnAdministrator(person)) return;
  const { key, name } = person;
  const others = await tx
    .selectFrom('people')
    .select(['grants', 'password'])
    .where('key', '<>', key)
    .execute();
  if (others.some(isOwnAdministrator)) return;
  throw new Fault('access.last-administrator', `${name} is the last administrator of the whole fleet`, {
    retry: 'never',
    hint: 'make somebody else administrator first',
  });
}
