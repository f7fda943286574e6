import type { Kysely } from 'kysely';
import { Fault } from '#kernel/fault.ts';
import { joinDigest, newJoinSecret } from '#trust/hub/token.ts';
import type { Labels, Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';

/* Tokens that let one box in as one site, once. */

export interface TokenAsked {
  readonly site: string;
  readonly labels: Labels;
  readonly ttlMs: number;
  readonly by: string;
}

/** As in site files. */
const SITE = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL = /^[a-z][a-z0-9_.-]{0,62}$/;
const LONGEST_VALUE = 200;
const LONGEST_TTL_MS = 30 * 86_400_000;

/** @returns the secret, which is kept nowhere @throws Fault `hub.usage` */
export async function makeToken(queries: Kysely<Tables>, asked: TokenAsked, now: Date): Promise<string> {
  check(asked);
  const { site, labels, ttlMs, by } = asked;
  const secret = newJoinSecret();
  await queries.transaction().execute(async (tx) => {
    const expires = new Date(now.getTime() + ttlMs);
    await tx
      .insertInto('join_tokens')
      .values({
        digest: joinDigest(secret),
        site,
        labels: JSON.stringify(labels),
        made: now,
        made_by: by,
        expires,
      })
      .execute();
    const detail = { expires: expires.toISOString() };
    await addEvent(tx, now, {
      kind: 'security',
      name: 'security.join-token-made',
      subject: site,
      by,
      detail,
    });
  });
  return secret;
}

function check({ site, labels, ttlMs }: TokenAsked): void {
  if (!SITE.test(site))
    throw usage(
      `${site} is no name of a site`,
      'lower-case letters, digits, _ and -; a letter first; 63 at most',
    );
  for (const [name, value] of Object.entries(labels)) {
    if (!LABEL.test(name)) throw usage(`${name} is no name of a label`, 'as in --label region=north');
    if (value.length > LONGEST_VALUE)
      throw usage(`the label ${name} is longer than ${LONGEST_VALUE}`, 'shorten it');
  }
  if (!(ttlMs > 0 && ttlMs <= LONGEST_TTL_MS))
    throw usage('a join token is valid for 30 days at most', 'make it when the box is there: --ttl 1h');
}

const usage = (what: string, hint: string): Fault => new Fault('hub.usage', what, { retry: 'never', hint });

/** One that waits for its box. */
export interface WaitingToken {
  /** Names it, and lets nobody in: the begin of a digest. */
  readonly id: string;
  readonly site: string;
  readonly labels: Labels;
  readonly made: Date;
  readonly by: string;
  readonly expires: Date;
}

const ID_LENGTH = 16;

/** Those that no box has used and that have not ended, the newest first. */
export async function waitingTokens(queries: Kysely<Tables>, now: Date): Promise<WaitingToken[]> {
  const rows = await queries
    .selectFrom('join_tokens')
    .select(['digest', 'site', 'labels', 'made', 'made_by as by', 'expires'])
    .where('used', 'is', null)
    .where('expires', '>', now)
    .orderBy('made', 'desc')
    .execute();
  return rows.map(({ digest, ...row }) => ({ id: digest.slice(0, ID_LENGTH), ...row }));
}

/** Before a box has used it. @throws Fault `hub.unknown-join-token` */
export async function endToken(
  queries: Kysely<Tables>,
  { id, by }: { readonly id: string; readonly by: string },
  now: Date,
): Promise<void> {
  await queries.transaction().execute(async (tx) => {
    const ended = await tx
      .updateTable('join_tokens')
      .set({ expires: now })
      .where((is) => is.fn('starts_with', ['digest', is.val(id)]), '=', id.length === ID_LENGTH)
      .where('used', 'is', null)
      .where('expires', '>', now)
      .returning('site')
      .executeTakeFirst();
    if (!ended) {
      throw new Fault('hub.unknown-join-token', 'there is no such join token that waits for a box', {
        retry: 'never',
        hint: 'it has been used or has ended meanwhile; `holdfast hub sites` tells who has joined',
      });
    }
    const event = { kind: 'security', name: 'security.join-token-revoked', subject: ended.site, by } as const;
    await addEvent(tx, now, event);
  });
}

export interface TakenToken {
  readonly digest: string;
  readonly site: string;
  readonly labels: Labels;
  readonly made_by: string;
  /** The certificate that it has been used for. */
  readonly serial: string | null;
}

/**
 * The token of a secret, held until the transaction ends where there is one, so that it is used once. One that was used is found, too: whoever
 * lost the answer asks again, and may have it again.
 * @throws Fault `hub.token`
 */
export async function takeToken(queries: Kysely<Tables>, secret: string, now: Date): Promise<TakenToken> {
  const token = await queries
    .selectFrom('join_tokens')
    .select(['digest', 'site', 'labels', 'made_by', 'serial', 'expires'])
    .where('digest', '=', joinDigest(secret))
    .forUpdate()
    .executeTakeFirst();
  if (!token) throw refused('is not known to this hub');
  if (token.expires < now) throw refused(`ended at ${token.expires.toISOString()}`);
  return token;
}

export const refused = (why: string): Fault =>
  new Fault('hub.token', `the join token ${why}`, {
    retry: 'never',
    hint: 'make another one at the hub: holdfast hub join-token --site NAME',
  });
