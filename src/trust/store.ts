import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import type { Identity, IdentityRequest, Judgement, PeerCertificate, TrustPorts } from './api.ts';
import { fingerprintOf, plainFingerprint, readCertificate, warningsOf } from './certificate.ts';
import { identityIn } from './identity.ts';
import {
  certificatePath,
  certificatesDir,
  certificateText,
  indexPath,
  indexText,
  loadIndex,
} from './index-file.ts';
import { type Entry, Ledger } from './ledger.ts';

/** Digits of a fingerprint that name it for people; nobody trusts one whose first digits merely look the same. */
const SHORT = 16;
const LEAST_PREFIX = 4;
const UNREADABLE_LIMIT = 200;

/** The store's folder within the data folder of a site. */
export const trustDir = (dataDir: string): string => join(dataDir, 'trust');

/**
 * Opens the store. Reads two kinds of files and writes nothing before there is something to keep.
 * @param dir see {@link trustDir}
 */
export function openTrust(dir: string, ports: TrustPorts): TrustStore {
  return new TrustStore(dir, ports);
}

/**
 * Certificates of peers that people trust or reject by command. Judging is done in memory; the disk follows, and a
 * decision is durable before it is confirmed.
 */
export class TrustStore {
  /** Why the index of the last run could not be read. */
  readonly damage: string | undefined;
  readonly #dir: string;
  readonly #ports: TrustPorts;
  readonly #ledger: Ledger;
  readonly #listeners = new Set<(peer: string, state: Judgement) => void>();
  readonly #identities = new Map<string, Promise<Identity>>();
  /** Certificate files to write before the index, and to remove after it. */
  readonly #unwritten = new Map<string, string>();
  readonly #unreadable = new Map<string, string>();
  /** Fingerprints whose decision is not durable yet: whoever judges them meanwhile does not tell of it. */
  readonly #deciding = new Set<string>();
  #dirty = false;
  #orphans = true;
  /** Kept for whoever looks into it, before the first write of a new one. */
  #damagedIndex: boolean;
  #saving: Promise<void> | undefined;

  constructor(dir: string, ports: TrustPorts) {
    this.#dir = dir;
    this.#ports = ports;
    const { entries, damage } = loadIndex(dir);
    this.#ledger = new Ledger(entries);
    this.damage = damage;
    this.#damagedIndex = damage !== undefined;
    if (damage !== undefined) this.#event('security.trust-damaged', dir, { damage, waiting: entries.length });
    for (const entry of entries) this.#tell(entry);
    // Without a site nothing is repaired: the damage is for its audit.
    if (damage !== undefined && ports.onEvent) this.#dirty = true;
    if (this.#dirty) this.#saveAside();
  }

  /** See `PeerTrust.judge`. Never waits, never throws. */
  judge(peer: string, certificate: Uint8Array, pinned: readonly string[] = []): Judgement {
    const read = readCertificate(certificate);
    if (!read) return this.#unreadableAt(peer, certificate);
    const { entry, same, dropped } = this.#ledger.judge(peer, read, pinned, this.#ports.nowUs());
    if (!same) {
      this.#dirty = true;
      this.#unwritten.set(read.fingerprint, read.pem);
      for (const one of dropped) this.#forget(one);
    }
    if (!this.#deciding.has(read.fingerprint)) this.#tell(entry);
    if (this.#dirty) this.#saveAside();
    return this.#ledger.stateOf(entry);
  }

  /** See `PeerTrust.identity`. @throws Fault `trust.identity` */
  identity(request: IdentityRequest): Promise<Identity> {
    const key = JSON.stringify(request);
    const made = this.#identities.get(key) ?? identityIn(this.#dir, request, this.#ports.nowUs() / 1000);
    this.#identities.set(key, made);
    made.catch(() => this.#identities.delete(key));
    return made;
  }

  /** Waiting ones first, then in the order of first sight. */
  list(): PeerCertificate[] {
    const nowUs = this.#ports.nowUs();
    const all = [...this.#ledger.entries].map((entry) => this.#ledger.view(entry, nowUs));
    return all.sort((a, b) => RANK[a.state] - RANK[b.state]);
  }

  /**
   * The one fingerprint that begins so.
   * @param prefix hex digits, colons allowed @throws Fault `trust.unknown-certificate`, `trust.ambiguous`
   */
  find(prefix: string): string {
    const wanted = plainFingerprint(prefix);
    const known = new Set([...this.#ledger.entries].map(({ fingerprint }) => fingerprint));
    const found = [...known].filter((one) => one.startsWith(wanted));
    if (wanted.length < LEAST_PREFIX || !/^[0-9a-f]+$/.test(wanted))
      throw new Fault('trust.unknown-certificate', `'${prefix}' is no fingerprint`, {
        hint: `give ${LEAST_PREFIX} or more of its hex digits, as \`holdfast certificates\` shows them`,
      });
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    const candidates = (found.length === 0 ? [...known] : found).map((one) => this.#candidate(one));
    if (found.length > 1)
      throw new Fault('trust.ambiguous', `'${prefix}' begins several fingerprints`, {
        hint: `give more digits: ${candidates.join('; ')}`,
      });
    throw new Fault(
      'trust.unknown-certificate',
      `no certificate has a fingerprint that begins with '${prefix}'`,
      {
        hint:
          candidates.length === 0
            ? 'none was met so far'
            : `there are: ${candidates.slice(0, 10).join('; ')}`,
      },
    );
  }

  /**
   * Trusts a certificate at every peer where it was met; durable when this resolves.
   * @throws Fault see {@link find}; `trust.not-kept`: then nothing changed
   */
  async trust(prefix: string, by: string): Promise<PeerCertificate[]> {
    return await this.#decide(prefix, (fingerprint, nowUs) => this.#ledger.trust(fingerprint, by, nowUs));
  }

  /** Rejects it wherever it was met, pinned or not. @throws Fault as {@link trust} */
  async reject(prefix: string, by: string): Promise<PeerCertificate[]> {
    return await this.#decide(prefix, (fingerprint, nowUs) => ({
      decided: this.#ledger.reject(fingerprint, by, nowUs),
      dropped: [],
    }));
  }

  /** Where a certificate was met, and itself as PEM. @throws Fault see {@link find} */
  async detail(prefix: string): Promise<{ readonly seen: PeerCertificate[]; readonly pem: string }> {
    const fingerprint = this.find(prefix);
    const seen = this.list().filter((one) => one.fingerprint === fingerprint);
    return { seen, pem: this.#unwritten.get(fingerprint) ?? (await this.#readPem(fingerprint)) };
  }

  /** Called with each peer whose certificate was trusted or rejected by command. */
  onDecided(listener: (peer: string, state: Judgement) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when all that is known is on the disk, or could not be brought there. */
  async saved(): Promise<void> {
    await this.#saving?.catch(() => {});
  }

  async #readPem(fingerprint: string): Promise<string> {
    const path = certificatePath(this.#dir, fingerprint);
    const read = readCertificate(await readFile(path, 'utf8').catch(() => ''));
    if (read?.fingerprint === fingerprint) return read.pem;
    throw new Fault('trust.unknown-certificate', `${path} is missing or damaged`, {
      hint: 'it is written again when a peer shows it for the first time',
    });
  }

  async #decide(
    prefix: string,
    act: (fingerprint: string, nowUs: number) => { decided: Entry[]; dropped: Entry[] },
  ): Promise<PeerCertificate[]> {
    const fingerprint = this.find(prefix);
    if (this.#ports.mayKeep?.() === false)
      throw new Fault('trust.not-kept', 'a running site keeps these certificates', { hint: 'ask that site' });
    const before = [...this.#ledger.entries];
    const { decided, dropped } = act(fingerprint, this.#ports.nowUs());
    this.#dirty = true;
    for (const one of dropped) this.#forget(one);
    this.#deciding.add(fingerprint);
    try {
      await this.#save();
    } catch (error) {
      const touched = new Set([...decided, ...dropped].map(({ peer }) => peer));
      this.#ledger.putBack(before.filter(({ peer }) => touched.has(peer)));
      throw new Fault('trust.not-kept', `the decision cannot be kept: ${messageOf(error)}`, {
        hint: 'make room, or the folder writable; nothing was changed',
        cause: error,
      });
    } finally {
      this.#deciding.delete(fingerprint);
    }
    for (const one of decided) {
      const entry = this.#ledger.current(one);
      if (!entry) continue;
      this.#tell(
        entry,
        dropped.find(({ peer }) => peer === entry.peer),
      );
      for (const listener of this.#listeners) listener(entry.peer, this.#ledger.stateOf(entry));
    }
    await this.#save();
    return this.list().filter((one) => one.fingerprint === fingerprint);
  }

  /** A security event (IEC 62443-3-3 SR 1.8, SR 2.8) at first sight and with each change of state, never at each retry. */
  #tell(entry: Entry, instead?: Entry): void {
    const state = this.#ledger.stateOf(entry);
    if (entry.told === state || !this.#ports.onEvent) return;
    const { fingerprint, subject, peer, by, pinned, decision } = entry;
    const trusted = instead ?? (state === 'changed' ? this.#ledger.trustedFor(peer) : undefined);
    const who = decision === 'none' ? (pinned ? 'site-file' : undefined) : by;
    const warnings = warningsOf(entry, this.#ports.nowUs());
    this.#ledger.told(entry);
    this.#dirty = true;
    this.#event(
      `security.certificate-${state}`,
      peer,
      {
        fingerprint,
        subject,
        ...(trusted && { before: trusted.fingerprint }),
        ...(warnings.length > 0 && { warnings }),
      },
      who,
    );
  }

  /** What is no certificate is kept out of the list: nobody can judge it. Told once for each peer and content. */
  #unreadableAt(peer: string, certificate: Uint8Array): Judgement {
    const digest = fingerprintOf(certificate);
    if (this.#unreadable.get(peer) !== digest) {
      if (this.#unreadable.size >= UNREADABLE_LIMIT) this.#unreadable.clear();
      this.#unreadable.set(peer, digest);
      const detail = { bytes: certificate.length, why: 'it cannot be read as an X.509 certificate' };
      this.#event('security.certificate-rejected', peer, detail);
    }
    return 'rejected';
  }

  #forget({ fingerprint }: Entry): void {
    for (const other of this.#ledger.entries) if (other.fingerprint === fingerprint) return;
    this.#unwritten.delete(fingerprint);
    this.#orphans = true;
  }

  #event(name: string, subject: string, detail: NonNullable<SiteEvent['detail']>, by?: string): void {
    const timeUs = this.#ports.nowUs();
    this.#ports.onEvent?.({
      kind: 'security',
      name,
      subject,
      timeUs,
      detail,
      ...(by !== undefined && { by }),
    });
  }

  #candidate(fingerprint: string): string {
    const entries = [...this.#ledger.entries].filter((entry) => entry.fingerprint === fingerprint);
    return `${fingerprint.slice(0, SHORT)} ${entries.map(({ peer }) => peer).join(', ')}`;
  }

  #saveAside(): void {
    this.#save().catch((error) => this.#ports.onFault?.(error));
  }

  /** One at a time; what changes meanwhile is taken along by the one under way. */
  #save(): Promise<void> {
    if (this.#ports.mayKeep?.() === false) return Promise.resolve();
    this.#saving ??= this.#write();
    return this.#saving;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(certificatesDir(this.#dir), { recursive: true, mode: 0o700 });
      while (this.#dirty) {
        this.#dirty = false;
        await this.#writeOnce();
      }
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      this.#saving = undefined;
    }
  }

  /** Certificates first: after a power cut the index names none that is not there. */
  async #writeOnce(): Promise<void> {
    if (this.#damagedIndex)
      await rename(indexPath(this.#dir), `${indexPath(this.#dir)}.damaged`).catch(() => {});
    this.#damagedIndex = false;
    const entries = [...this.#ledger.entries];
    const pems = [...this.#unwritten];
    for (const [fingerprint, pem] of pems) {
      const peers = entries.filter((entry) => entry.fingerprint === fingerprint).map(({ peer }) => peer);
      await replaceDurablyAside(certificatePath(this.#dir, fingerprint), certificateText(pem, peers), 0o600);
    }
    await replaceDurablyAside(indexPath(this.#dir), indexText(entries), 0o600);
    for (const [fingerprint, pem] of pems)
      if (this.#unwritten.get(fingerprint) === pem) this.#unwritten.delete(fingerprint);
    if (this.#orphans) await this.#removeOrphans();
  }

  /** Files of forgotten certificates; also those that a power cut left behind. */
  async #removeOrphans(): Promise<void> {
    this.#orphans = false;
    const kept = new Set([...this.#ledger.entries].map(({ fingerprint }) => `${fingerprint}.pem`));
    const dir = certificatesDir(this.#dir);
    for (const name of await readdir(dir)) if (!kept.has(name)) await rm(join(dir, name), { force: true });
  }
}

const RANK: Readonly<Record<Judgement, number>> = { changed: 0, waiting: 1, trusted: 2, rejected: 3 };
