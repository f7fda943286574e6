import { type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Log } from '#kernel/log.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { HUB_NAME, pinOf } from '#trust/hub/chain.ts';
import { issue, newKey, type Pair, pemOf } from '#trust/issue.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { Sealing } from './sealing.ts';

const DAY_MS = 86_400_000;
/** Nothing at a plant may stop because a date passed: what sites are pinned to outlives the plant's equipment. */
const ROOT_DAYS = 40 * 365;
const ISSUING_DAYS = 10 * 365;
/** A site renews at half of it; one that was off for longer comes back over a path of its own. */
const SITE_DAYS = 90;
const SERVER_DAYS = 30;
/** Clocks of sites run behind. */
const BEFORE_DAYS = 2;
/** Any number that nobody else in this database uses for an advisory lock: `root` in ASCII. */
const LOCK = 0x726f6f74;

/** Written once, when the authority is made, for people to carry away. */
const ROOT_KEY_FILE = 'root-key.pem';

/** Who says who is a site and who is the hub. The same for all hubs on one database. */
export interface Authority {
  /** Root first, then those that issue, the newest last. */
  readonly certificates: readonly X509Certificate[];
  /** What sites know the hub by. */
  readonly pin: string;
  /** @returns DER of a certificate for the key of a site */
  issueSite(site: string, key: KeyObject, nowMs: number): Promise<X509Certificate>;
  /** A new key with its certificate and those above, for a hub that is reached by these names and addresses. */
  issueServer(names: readonly string[], nowMs: number): Promise<ServerCertificate>;
  /** Whether one of ours issued it. */
  hasIssued(certificate: X509Certificate): boolean;
  /** How keys lie in the database. */
  readonly sealing: Sealing;
}

/** All PEM. */
export interface ServerCertificate {
  readonly key: string;
  /** The hub's, then up to the root: a site that joins knows nothing but the hash of the root's key. */
  readonly chain: string;
  readonly renewAtMs: number;
}

export interface AuthorityPorts {
  /** Folder of the hub, for the key of the root. */
  readonly dir: string;
  readonly log: Log;
  /** File with what seals the keys in the database; they lie there plain when absent. */
  readonly keyFile?: string | undefined;
  nowMs(): number;
}

/** The authority of this database, made with its first hub. */
export async function openAuthority(
  { queries }: Pick<Database, 'queries'>,
  ports: AuthorityPorts,
): Promise<Authority> {
  const sealing = await Sealing.open(ports.keyFile);
  const authority = await queries.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const known = await tx.selectFrom('authorities').selectAll().orderBy('made').execute();
    const rows = known.length > 0 ? known : await makeAuthority(ports, sealing);
    if (rows !== known) await tx.insertInto('authorities').values(rows).execute();
    if (await sealAll(tx, sealing)) ports.log.info({}, 'the keys in the database are sealed from now on');
    return authorityOf(rows, sealing);
  });
  const file = join(ports.dir, ROOT_KEY_FILE);
  if (existsSync(file)) {
    const what = 'the key of the root is in this file only: carry it away, lock it up, and delete it here';
    ports.log.warn({ file }, what);
  }
  return authority;
}

type Row = Selectable<Tables['authorities']>;

async function makeAuthority({ dir, nowMs }: AuthorityPorts, sealing: Sealing) {
  const now = nowMs();
  const rootKey = await newKey();
  const rootPem = await issue({
    commonName: 'Holdfast root',
    key: rootKey,
    ...spanFrom(now, ROOT_DAYS),
    purpose: { kind: 'authority', below: 1 },
  });
  const root = { key: rootKey, certificate: new X509Certificate(rootPem) };
  const key = await newKey();
  const issuing = await issue({
    commonName: 'Holdfast issuing',
    key,
    ...spanFrom(now, ISSUING_DAYS),
    purpose: { kind: 'authority', below: 0 },
    by: root,
  });
  // Before the rows: a key that is nowhere could never issue again. One without rows is replaced by the next start.
  await replaceDurablyAside(join(dir, ROOT_KEY_FILE), pemOf(rootKey), 0o600);
  return [
    row('root', root.certificate, null, now),
    row('issuing', new X509Certificate(issuing), sealing.textOf(key), now + 1),
  ];
}

/** Those that lie plain although there is a file to seal them with. @returns whether there were any */
async function sealAll(tx: Transaction<Tables>, sealing: Sealing): Promise<boolean> {
  let isNew = false;
  const plain = async (text: string | null, put: (sealed: string) => Promise<unknown>) => {
    const sealed = text === null ? undefined : sealing.sealed(text);
    if (sealed === undefined) return;
    await put(sealed);
    isNew = true;
  };
  for (const { serial, key } of await tx.selectFrom('authorities').select(['serial', 'key']).execute())
    await plain(key, (sealed) =>
      tx.updateTable('authorities').set({ key: sealed }).where('serial', '=', serial).execute(),
    );
  for (const { id, key } of await tx.selectFrom('parcel_keys').select(['id', 'key']).execute())
    await plain(key, (sealed) =>
      tx.updateTable('parcel_keys').set({ key: sealed }).where('id', '=', id).execute(),
    );
  return isNew;
}

const row = (kind: 'root' | 'issuing', certificate: X509Certificate, key: string | null, madeMs: number) => ({
  serial: certificate.serialNumber,
  kind,
  certificate: certificate.raw,
  key,
  made: new Date(madeMs),
});

function authorityOf(rows: readonly Row[], sealing: Sealing): Authority {
  const certificates = rows.map(({ certificate }) => new X509Certificate(certificate));
  const root = certificates[rows.findIndex(({ kind }) => kind === 'root')];
  const issuers = rows.flatMap(({ key }, i) => {
    const certificate = certificates[i];
    return key !== null && certificate ? [{ key, certificate }] : [];
  });
  const last = issuers.at(-1);
  if (!root || !last) throw new Error('the authority of the hub lacks its root, or a key that issues');
  const above = `${last.certificate}${root}`;
  // Only who issues needs it: commands that look do without the file.
  let opened: Pair | undefined;
  const issuer = (): Pair => {
    opened ??= { key: sealing.keyOf(last.key), certificate: last.certificate };
    return opened;
  };
  return {
    certificates,
    pin: pinOf(root),
    async issueSite(site, key, nowMs) {
      const purpose = { kind: 'client', uri: siteUri(site) } as const;
      return new X509Certificate(
        await issue({ commonName: site, key, ...spanFrom(nowMs, SITE_DAYS), purpose, by: issuer() }),
      );
    },
    async issueServer(names, nowMs) {
      const key = await newKey();
      const span = spanFrom(nowMs, SERVER_DAYS);
      const purpose = { kind: 'server', names: [...new Set([HUB_NAME, ...names])] } as const;
      const pem = await issue({ commonName: 'Holdfast hub', key, ...span, purpose, by: issuer() });
      return { key: pemOf(key), chain: `${pem}${above}`, renewAtMs: nowMs + (SERVER_DAYS / 2) * DAY_MS };
    },
    hasIssued: (one) =>
      issuers.some(({ certificate }) => one.checkIssued(certificate) && one.verify(certificate.publicKey)),
    sealing,
  };
}

const spanFrom = (nowMs: number, days: number) => ({
  fromMs: nowMs - BEFORE_DAYS * DAY_MS,
  toMs: nowMs + days * DAY_MS,
});

/** How a site is called in its certificate, beside the common name. */
const siteUri = (site: string): string => `urn:holdfast:site:${site}`;
