import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { issue, newKey, type Pair, pemOf } from './issue.ts';
import { isPrivate } from './name-constraints.ts';

/** What browsers and programs meet at the API of a site. All of it PEM. */
export interface WebCertificate {
  readonly key: string;
  /** That of the site, then the authority. */
  readonly certificate: string;
  /** What people trust once: it stays when the site's certificate is renewed. */
  readonly authority: string;
  /** Names and addresses that it does not vouch for, although they were asked for. */
  readonly leftOut: readonly string[];
  /** Why it could not be kept: the next start makes another one, which must be trusted anew. */
  readonly fault?: Fault;
}

const DAY_MS = 86_400_000;
/** People trust the authority by hand; nothing at a plant may stop because a date passed. */
const AUTHORITY_DAYS = 20 * 365;
/** Browsers refuse what is valid for longer than 398 days. */
const SITE_DAYS = 397;
/** Renewed with this left: a site that is switched off for a season comes back with a valid one. */
const RENEW_DAYS = 130;
const BEFORE_DAYS = 2;
/** A box without a battery wakes up in 1970. No site is older than this. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

/** Where they are kept within the folder of the trust store. */
export const webDir = (trustDir: string): string => join(trustDir, 'web');

/**
 * The site's own certificate for its API, issued by an authority of its own that may vouch for this site only. Made when
 * it is not there, renewed when its end comes near or when the names and addresses are others.
 * @param must names that people wrote down: for one that the authority may not vouch for, another authority is made
 * @param may names and addresses of the box, as far as the authority may vouch for them
 */
export async function webCertificate(
  dir: string,
  {
    site,
    must,
    may,
  }: { readonly site: string; readonly must: readonly string[]; readonly may: readonly string[] },
  nowMs: number,
): Promise<WebCertificate> {
  const store = new Store(dir);
  const authority = await store.authority(site, must, may, Math.max(nowMs, EARLIEST_MS));
  const isPermitted = (name: string) =>
    (isIP(name) !== 0 && isPrivate(name)) || authority.permits.includes(name);
  const names = [...new Set([...must, ...may])].filter(isPermitted).toSorted();
  const leftOut = may.filter((name) => !isPermitted(name));
  const known = await store.site();
  const good = known && isGood(known.certificate, authority.certificate, names, nowMs);
  const made = good ? known : await store.makeSite(site, names, authority, Math.max(nowMs, EARLIEST_MS));
  return {
    key: pemOf(made.key),
    certificate: `${made.certificate.toString()}${authority.certificate.toString()}`,
    authority: authority.certificate.toString(),
    leftOut,
    ...(store.fault && { fault: store.fault }),
  };
}

interface Authority extends Pair {
  /** Names that it may vouch for. */
  readonly permits: readonly string[];
}

function isGood(one: X509Certificate, by: X509Certificate, names: readonly string[], nowMs: number): boolean {
  const leftMs = Date.parse(one.validTo) - nowMs;
  // One that was made while the clock ran ahead is not valid yet, once the clock is right.
  const isValid = leftMs > RENEW_DAYS * DAY_MS && Date.parse(one.validFrom) <= nowMs;
  return isValid && one.verify(by.publicKey) && sameNames(one, names);
}

function sameNames({ subjectAltName = '' }: X509Certificate, names: readonly string[]): boolean {
  const written = subjectAltName.split(', ').map((one) => one.replace(/^(DNS|IP Address):/, ''));
  const plain = (name: string) => (isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name);
  const normal = (all: readonly string[]) =>
    all
      .map((one) => plain(one.toLowerCase()))
      .toSorted()
      .join();
  return normal(written.map(compact)) === normal(names);
}

/** Node writes IPv6 addresses in full: `FE80:0:0:0:…`. */
const compact = (name: string): string =>
  name.includes(':') ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;

/** The four files; what the disk refuses is used all the same, and told. */
class Store {
  fault: Fault | undefined;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async authority(
    site: string,
    must: readonly string[],
    may: readonly string[],
    nowMs: number,
  ): Promise<Authority> {
    const known = await this.#read('authority');
    const permits = known ? permitted(known.text) : [];
    const lacks = must.some((name) => !permits.includes(name) && !(isIP(name) !== 0 && isPrivate(name)));
    if (known && !lacks) return { ...known, permits };
    const names = [...new Set([...permits, ...must, ...may.filter((name) => isIP(name) === 0)])];
    const key = await newKey();
    const pem = await issue({
      commonName: `Holdfast ${site} authority`,
      key,
      ...spanOf(nowMs, AUTHORITY_DAYS),
      purpose: { kind: 'authority', below: 0, permits: names },
    });
    await this.#keep('authority', key, `${names.map((name) => `Permits: ${name}\n`).join('')}${pem}`);
    return { key, certificate: new X509Certificate(pem), permits: names };
  }

  async site(): Promise<Pair | undefined> {
    return await this.#read('site');
  }

  async makeSite(site: string, names: readonly string[], by: Authority, nowMs: number): Promise<Pair> {
    // A new key with each: an old one that leaked ends with its certificate.
    const key = await newKey();
    const span = spanOf(nowMs, SITE_DAYS);
    const pem = await issue({
      commonName: `Holdfast ${site}`,
      key,
      ...span,
      purpose: { kind: 'server', names },
      by,
    });
    await this.#keep('site', key, pem);
    return { key, certificate: new X509Certificate(pem) };
  }

  /** Undefined where there is none that can be used. */
  async #read(name: string): Promise<(Pair & { readonly text: string }) | undefined> {
    try {
      const [text, keyText] = await Promise.all([
        readFile(join(this.#dir, `${name}.pem`), 'utf8'),
        readFile(join(this.#dir, `${name}.key`), 'utf8'),
      ]);
      const key = createPrivateKey(keyText);
      const certificate = new X509Certificate(text);
      return certificate.checkPrivateKey(key) ? { key, certificate, text } : undefined;
    } catch {
      return undefined;
    }
  }

  /** The certificate last: after a power cut between them nothing fits, and both are made anew. */
  async #keep(name: string, key: KeyObject, text: string): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await replaceDurablyAside(join(this.#dir, `${name}.key`), pemOf(key), 0o600);
      await replaceDurablyAside(join(this.#dir, `${name}.pem`), text, 0o600);
    } catch (cause) {
      this.fault = new Fault('trust.web', `the certificate of the API is not kept: ${messageOf(cause)}`, {
        hint: `make room, or ${this.#dir} writable: the next start makes another one, to be trusted anew`,
        cause,
      });
    }
  }
}

const permitted = (text: string): string[] =>
  [...text.matchAll(/^Permits: (.*)$/gm)].map(([, name = '']) => name);

/** Clocks of browsers run behind. */
const spanOf = (nowMs: number, days: number) => ({
  fromMs: nowMs - BEFORE_DAYS * DAY_MS,
  toMs: nowMs + (days - BEFORE_DAYS) * DAY_MS,
});
