import type { X509Certificate } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Fault } from '#kernel/fault.ts';
import { commonNameOf } from '#trust/certificate.ts';
import type { Authority } from '../authority/authority.ts';
import type { Database } from '../database/database.ts';
import { tell } from '../database/news.ts';
import type { IdentityRow, Tables } from '../database/tables.ts';
import { addEvent, type HubEvent } from '../events.ts';
import type { WallClock } from '../wall-clock.ts';
import { endActive, ended, rowFor } from './rows.ts';

/** Who showed a certificate that holds. */
export interface Caller {
  readonly site: string;
  readonly serial: string;
  readonly validToMs: number;
  /** Its time is over: all that it may do is renew. */
  readonly isExpired: boolean;
  /** The start of the site's program that spoke with it last, and its number. */
  readonly instance: string | null;
  readonly starts: number;
}

/** `last_seen` is for people; more often than this it need not be written. */
const SEEN_MS = 60_000;
/** A connection that was on its way when its certificate was replaced is no copy. */
const GRACE_MS = 600_000;
/** Starts of one certificate's time that are remembered: a clone comes back within seconds. */
const MOST_PAST = 20;

/** Judges who dials: by the rows of the identities, not by what a TLS library thinks of a certificate. */
export class Gate {
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
   * Whose certificate it is. That the peer has its key has been shown by TLS.
   * @throws Fault `hub.foreign-certificate`, `hub.identity-ended`
   */
  async judge(certificate: X509Certificate): Promise<Caller> {
    const now = this.#now;
    const row = this.#authority.hasIssued(certificate)
      ? ((await this.#rowOf(certificate.serialNumber)) ?? (await this.#adopt(certificate, now)))
      : undefined;
    if (row?.fingerprint !== certificate.fingerprint256) {
      throw new Fault('hub.foreign-certificate', 'the certificate was not issued by this hub', {
        retry: 'never',
        hint: 'join with a token of this hub: holdfast edge join URL TOKEN',
      });
    }
    if (row.state !== 'active') {
      await this.#tellOld(row, now);
      throw ended(row.site, row.state, row.why);
    }
    if (row.first_used === null) await this.#firstUse(row, now);
    const seenBefore = new Date(now.getTime() - SEEN_MS);
    await this.#queries
      .updateTable('identities')
      .set({ last_seen: now })
      .where('serial', '=', row.serial)
      .where((is) => is.or([is('last_seen', 'is', null), is('last_seen', '<', seenBefore)]))
      .execute();
    const { site, serial, valid_to: validTo, instance, starts } = row;
    return { site, serial, validToMs: validTo.getTime(), isExpired: validTo < now, instance, starts };
  }

  async #rowOf(serial: string): Promise<IdentityRow | undefined> {
    return await this.#queries
      .selectFrom('identities')
      .selectAll()
      .where('serial', '=', serial)
      .executeTakeFirst();
  }

  /**
   * One of ours without a row: rows never go, so the database is older than it, brought back from a backup. Where somebody
   * has said so, a site that is known and in good standing goes on with it. Otherwise not: a row is what keeps whoever has
   * read the key that issues from making identities.
   */
  async #adopt(certificate: X509Certificate, now: Date): Promise<IdentityRow | undefined> {
    const open = await this.#queries
      .selectFrom('adoptions')
      .select('id')
      .where('until', '>', now)
      .limit(1)
      .executeTakeFirst();
    if (!open) return undefined;
    const site = commonNameOf(certificate);
    return await this.#queries.transaction().execute(async (tx) => {
      const known = await tx
        .selectFrom('sites')
        .innerJoin('identities', 'identities.site', 'sites.id')
        .select('state')
        .where('sites.id', '=', site)
        .where('retired', 'is', null)
        .orderBy('issued', 'desc')
        .executeTakeFirst();
      if (!known || known.state === 'revoked') return undefined;
      const row = await tx
        .insertInto('identities')
        .values(rowFor(site, certificate, certificate.publicKey, now))
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      const detail = { serial: certificate.serialNumber };
      if (row)
        await addEvent(tx, now, {
          kind: 'security',
          name: 'security.identity-adopted',
          subject: site,
          detail,
        });
      return row;
    });
  }

  /** The box has it on its disk now: those before it end. */
  async #firstUse({ site, serial, issued }: IdentityRow, now: Date): Promise<void> {
    await this.#queries.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('identities')
        .set({ first_used: now })
        .where('serial', '=', serial)
        .where('first_used', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return;
      await endActive(tx, site, {
        state: 'retired',
        by: null,
        why: 'renewed',
        now,
        except: serial,
        until: issued,
      });
    });
  }

  /** A certificate that its own site has replaced: what shows it is a copy of the box as it was before. Told once. */
  async #tellOld({ serial, site, why, ended: at, cloned }: IdentityRow, now: Date): Promise<void> {
    const isLate = at !== null && now.getTime() - at.getTime() > GRACE_MS;
    if (why !== 'renewed' || cloned !== null || !isLate) return;
    await this.#tellClone(this.#queries, serial, site, now, { name: 'security.old-identity-used' });
  }

  async #tellClone(
    queries: Kysely<Tables>,
    serial: string,
    site: string,
    now: Date,
    { name, detail = {} }: Pick<HubEvent, 'name' | 'detail'>,
  ): Promise<void> {
    const { numUpdatedRows } = await queries
      .updateTable('identities')
      .set({ cloned: now })
      .where('serial', '=', serial)
      .where('cloned', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await addEvent(queries, now, { kind: 'security', name, subject: site, detail: { serial, ...detail } });
  }

  /**
   * Takes an instance of a site, one start of its program, as the one that speaks for it. A start leaves those before it
   * behind; one of these that comes back lives beside it, so there are two boxes with one identity.
   * @returns the number of the start, from 1 on @throws Fault `hub.cloned`
   */
  async admit({ site, serial, ...last }: Caller, instance: string): Promise<number> {
    // The most by far, as when all come back at once. Where a later start came since, its news cuts this one.
    if (last.instance === instance) return last.starts;
    const now = this.#now;
    const start = await this.#queries.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('identities')
        .select(['instance', 'past_instances', 'starts'])
        .where('serial', '=', serial)
        .forUpdate()
        .executeTakeFirstOrThrow();
      if (row.instance === instance) return row.starts;
      if (row.past_instances.includes(instance)) {
        const detail = { refused: instance, speaks: row.instance };
        await this.#tellClone(tx, serial, site, now, { name: 'security.identity-cloned', detail });
        return undefined;
      }
      const starts = row.starts + 1;
      const past = row.instance === null ? [] : [...row.past_instances, row.instance].slice(-MOST_PAST);
      await tx
        .updateTable('identities')
        .set({ instance, starts, past_instances: past })
        .where('serial', '=', serial)
        .execute();
      await tell(tx, { kind: 'start', serial, start: starts });
      return starts;
    });
    if (start !== undefined) return start;
    throw new Fault('hub.cloned', `another box speaks for ${site} with the same identity`, {
      hint: `find the copy and switch it off; or let the right one join anew: holdfast hub join-token --site ${site}`,
    });
  }

  /** Sites that are connected, for people who ask when they were seen last. */
  async seen(serials: readonly string[]): Promise<void> {
    if (serials.length === 0) return;
    await this.#queries
      .updateTable('identities')
      .set({ last_seen: this.#now })
      .where('serial', '=', sql<string>`ANY(${serials})`)
      .execute();
  }

  /** Those of some serial numbers that may no longer be used. */
  async endedOf(serials: readonly string[]): Promise<string[]> {
    const rows = await this.#queries
      .selectFrom('identities')
      .select('serial')
      .where('serial', '=', sql<string>`ANY(${serials})`)
      .where('state', '<>', 'active')
      .execute();
    return rows.map(({ serial }) => serial);
  }
}
