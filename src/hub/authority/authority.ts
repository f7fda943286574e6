import { type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Selectable } from 'kysely';
import type { Log } from '#kernel/log.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { HUB_NAME, pinOf } from '#trust/hub/chain.ts';
import type { HubSigner } from '#trust/hub/statement.ts';
import { type Issuer, issue, newKey, pemOf } from '#trust/issue.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { DAY_MS, type Keys, makeIssuing, row, spanFrom } from './issuing.ts';
import { changeKeys, holdKeys } from './kept-keys.ts';
import { Sealing } from './sealing.ts';
import { outside, Signer } from './signer.ts';
import { spoken } from './speaker.ts';

/** Nothing at a plant may stop because a date passed: what sites are pinned to outlives the plant's equipment. */
const ROOT_DAYS = 40 * 365;
/** A site renews at half of it; one that was off for longer comes back over a path of its own. */
const SITE_DAYS = 90;
const SERVER_DAYS = 30;

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
  /** What the hub says is signed with this, until it is replaced: issuing may cost more than saying. */
  speaker(nowMs: number): Promise<HubSigner>;
  /** Whether one of ours issued it. */
  hasIssued(certificate: X509Certificate): boolean;
  /** Whether the key that issues is in the database. */
  readonly hasKey: boolean;
  /** How keys lie in the database. */
  readonly sealing: Sealing;
  /** Who has the key that issues, where that is not in the database. */
  readonly signer: Signer | undefined;
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
  /** Program that has the key which issues; that is in the database when absent. */
  readonly signer?: string | undefined;
  nowMs(): number;
}

/** The authority of this database, made with its first hub. */
export async function openAuthority(
  { queries }: Pick<Database, 'queries'>,
  ports: AuthorityPorts,
): Promise<Authority> {
  const sealing = await Sealing.open(ports.keyFile);
  const keys = { sealing, signer: ports.signer === undefined ? undefined : new Signer(ports.signer) };
  const authority = await queries.transaction().execute(async (tx) => {
    await holdKeys(tx);
    const known = await tx.selectFrom('authorities').selectAll().orderBy('made').execute();
    const rows = known.length > 0 ? known : await makeAuthority(ports, keys);
    if (rows !== known) await tx.insertInto('authorities').values(rows).execute();
    const isSealedNow = (await changeKeys(tx, (text) => sealing.sealed(text))) > 0;
    if (isSealedNow) ports.log.info({}, 'the keys in the database are sealed from now on');
    return authorityOf(rows, keys);
  });
  if (ports.signer !== undefined && authority.hasKey)
    ports.log.warn(
      {},
      'the key that issues is in the database, not in the HSM: `holdfast hub new-issuer` replaces it',
    );
  const file = join(ports.dir, ROOT_KEY_FILE);
  if (existsSync(file)) {
    const what = 'the key of the root is in this file only: carry it away, lock it up, and delete it here';
    ports.log.warn({ file }, what);
  }
  return authority;
}

type Row = Selectable<Tables['authorities']>;

async function makeAuthority({ dir, nowMs }: AuthorityPorts, keys: Keys) {
  const now = nowMs();
  const rootKey = await newKey();
  const rootPem = await issue({
    commonName: 'Holdfast root',
    key: rootKey,
    ...spanFrom(now, ROOT_DAYS),
    purpose: { kind: 'authority', below: 1 },
  });
  const root = { key: rootKey, certificate: new X509Certificate(rootPem) };
  const issuing = await makeIssuing(root, keys, now);
  // Before the rows: a key that is nowhere could never issue again. One without rows is replaced by the next start.
  await replaceDurablyAside(join(dir, ROOT_KEY_FILE), pemOf(rootKey), 0o600);
  return [row('root', root.certificate, null, now), { ...issuing, made: new Date(now + 1) }];
}

function authorityOf(rows: readonly Row[], { sealing, signer }: Keys): Authority {
  const all = rows.map(({ certificate, ...rest }) => ({
    ...rest,
    certificate: new X509Certificate(certificate),
  }));
  const root = all.find(({ kind }) => kind === 'root')?.certificate;
  const issuing = all.filter(({ kind }) => kind === 'issuing');
  const last = issuing.at(-1);
  if (!root || !last) throw new Error('the authority of the hub lacks its root, or one that issues');
  // Only who issues needs it: commands that look do without the file, and without the HSM.
  let opened: Issuer | undefined;
  const issuer = (): Issuer => {
    const { certificate, key } = last;
    opened ??= key === null ? outside(certificate, signer) : { key: sealing.keyOf(key), certificate };
    return opened;
  };
  const issueServer: Authority['issueServer'] = async (names, nowMs) => {
    const key = await newKey();
    const span = spanFrom(nowMs, SERVER_DAYS);
    const purpose = { kind: 'server', names: [...new Set([HUB_NAME, ...names])] } as const;
    const pem = await issue({ commonName: 'Holdfast hub', key, ...span, purpose, by: issuer() });
    const chain = `${pem}${last.certificate}${root}`;
    return { key: pemOf(key), chain, renewAtMs: nowMs + (SERVER_DAYS / 2) * DAY_MS };
  };
  return {
    certificates: all.map(({ certificate }) => certificate),
    pin: pinOf(root),
    async issueSite(site, key, nowMs) {
      const purpose = { kind: 'client', uri: siteUri(site) } as const;
      return new X509Certificate(
        await issue({ commonName: site, key, ...spanFrom(nowMs, SITE_DAYS), purpose, by: issuer() }),
      );
    },
    issueServer,
    speaker: spoken((nowMs) => issueServer([], nowMs)),
    hasIssued: (one) =>
      issuing.some(({ certificate }) => one.checkIssued(certificate) && one.verify(certificate.publicKey)),
    hasKey: last.key !== null,
    sealing,
    signer,
  };
}

/** How a site is called in its certificate, beside the common name. */
const siteUri = (site: string): string => `urn:holdfast:site:${site}`;
