import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Kysely } from 'kysely';
import { Fault } from '#kernel/fault.ts';
import type { Authority } from '../authority/authority.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { WallClock } from '../wall-clock.ts';
import type { Caller } from './gate.ts';
import { endActive, ended, keyDigest, rowFor } from './rows.ts';
import { refused, takeToken } from './tokens.ts';

/** A certificate's life: what was given before the backup and is older has ended by itself. */
const LONGEST_ADOPTION_MS = 90 * 86_400_000;

/** Identities of sites: given with a token, renewed with what they replace, ended by people or by what replaces them. */
export class Identities {
  readonly #queries: Kysely<Tables>;
  readonly #authority: Authority;
  readonly #ports: WallClock;

  constructor({ queries }: Pick<Database, 'queries'>, authority: Authority, ports: WallClock) {
    this.#queries = queries;
    this.#authority = authority;
    this.#ports = ports;
  }

  get #now(): Date {
    return new Date(this.#ports.nowMs());
  }

  /**
   * Lets a box in as the site of its token. What the site had before is retired: this box takes its place.
   * @throws Fault `hub.token`
   */
  async join(secret: string, key: KeyObject): Promise<X509Certificate> {
    const now = this.#now;
    const waiting = await takeToken(this.#queries, secret, now);
    if (waiting.serial !== null) return await this.#again(this.#queries, waiting.serial, key);
    // Before the transaction: an HSM may take its time, and connections to the database are few. Without a row it lets nobody in.
    const certificate = await this.#authority.issueSite(waiting.site, key, now.getTime());
    return await this.#queries.transaction().execute(async (tx) => {
      const token = await takeToken(tx, secret, now);
      if (token.serial !== null) return await this.#again(tx, token.serial, key);
      const { site, made_by: by } = token;
      const labels = JSON.stringify(token.labels);
      await tx
        .insertInto('sites')
        .values({ id: site, labels, joined: now })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ labels, retired: null }))
        .execute();
      const replaced = await endActive(tx, site, { state: 'retired', by, why: 'replaced', now });
      await tx
        .insertInto('identities')
        .values(rowFor(site, certificate, key, now))
        .execute();
      await tx
        .updateTable('join_tokens')
        .set({ used: now, serial: certificate.serialNumber })
        .where('digest', '=', token.digest)
        .execute();
      const detail = { serial: certificate.serialNumber, replaced };
      await addEvent(tx, now, { kind: 'security', name: 'security.site-joined', subject: site, by, detail });
      return certificate;
    });
  }

  /** The answer was lost on its way: the same box gets the same certificate. */
  async #again(queries: Kysely<Tables>, serial: string, key: KeyObject): Promise<X509Certificate> {
    const given = await queries
      .selectFrom('identities')
      .select(['certificate', 'key_digest', 'state'])
      .where('serial', '=', serial)
      .executeTakeFirstOrThrow();
    if (given.key_digest !== keyDigest(key) || given.state !== 'active') throw refused('has been used');
    return new X509Certificate(given.certificate);
  }

  /** The old one holds until the new one is shown for the first time: an answer may be lost. */
  async renew({ site, serial }: Caller, key: KeyObject): Promise<X509Certificate> {
    const now = this.#now;
    const certificate = await this.#authority.issueSite(site, key, now.getTime());
    await this.#queries.transaction().execute(async (tx) => {
      // Held, so that who revokes the site meanwhile finds the new one as well.
      const old = await tx
        .selectFrom('identities')
        .select('state')
        .where('serial', '=', serial)
        .forUpdate()
        .executeTakeFirstOrThrow();
      if (old.state !== 'active') throw ended(site, old.state);
      await tx
        .insertInto('identities')
        .values(rowFor(site, certificate, key, now))
        .execute();
    });
    return certificate;
  }

  /**
   * The database comes from a backup: certificates of known sites that it has lost are taken up for a while.
   * @throws Fault `hub.usage`
   */
  async adopt({ forMs, by }: { readonly forMs: number; readonly by: string }): Promise<Date> {
    if (!(forMs > 0 && forMs <= LONGEST_ADOPTION_MS)) {
      throw new Fault('hub.usage', 'certificates are taken up for 90 days at most', {
        retry: 'never',
        hint: 'as long as the site lasts that is away longest: --for 30d',
      });
    }
    const now = this.#now;
    const until = new Date(now.getTime() + forMs);
    await this.#queries.transaction().execute(async (tx) => {
      await tx.insertInto('adoptions').values({ until, by }).execute();
      const detail = { until: until.toISOString() };
      await addEvent(tx, now, {
        kind: 'security',
        name: 'security.database-restored',
        subject: 'hub',
        by,
        detail,
      });
    });
    return until;
  }

  /**
   * Ends all identities of a site at once, on open connections too.
   * @param how `revoked`: somebody may have the key; `retired`: the site is no more
   * @returns how many there were @throws Fault `hub.unknown-site`
   */
  async end(
    site: string,
    how: 'revoked' | 'retired',
    { by, why }: { by: string; why: string },
  ): Promise<number> {
    const now = this.#now;
    return await this.#queries.transaction().execute(async (tx) => {
      const known = await tx
        .selectFrom('sites')
        .select('id')
        .where('id', '=', site)
        .forUpdate()
        .executeTakeFirst();
      if (!known) {
        throw new Fault('hub.unknown-site', `there is no site ${site}`, {
          retry: 'never',
          hint: '`holdfast hub sites` lists them',
        });
      }
      if (how === 'retired')
        await tx.updateTable('sites').set({ retired: now }).where('id', '=', site).execute();
      // What could still let a box in goes too.
      await tx
        .updateTable('join_tokens')
        .set({ expires: now })
        .where('site', '=', site)
        .where('expires', '>', now)
        .execute();
      const count = await endActive(tx, site, { state: how, by, why, now });
      const detail = { why, identities: count };
      await addEvent(tx, now, { kind: 'security', name: `security.site-${how}`, subject: site, by, detail });
      return count;
    });
  }
}
