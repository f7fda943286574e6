import type { Judgement, PeerCertificate } from './api.ts';
import { oneLine, plainFingerprint, type Read, warningsOf } from './certificate.ts';

/** What people decided of a certificate at a peer, and what the store knows of it; plain data, as the index keeps it. */
export interface Entry extends Omit<Read, 'pem'> {
  readonly peer: string;
  readonly decision: 'none' | 'trusted' | 'rejected';
  /** Named by the site file when it was judged last. Never a decision: without the pin it waits again. */
  readonly pinned: boolean;
  readonly firstSeenUs: number;
  readonly sinceUs: number;
  readonly by?: string | undefined;
  /** The state that the last security event told; differs after decisions that were taken while no site ran. */
  readonly told?: Judgement | undefined;
}

/** A site meets a few dozen peers; beyond these somebody plays with us, and the disk must not pay for it. */
const WAITING_LIMIT = 200;
/** A peer that shows a new certificate each time must not push out those of the others. */
const WAITING_LIMIT_PER_PEER = 8;

/**
 * Which certificate is trusted at which peer. Pure: no clock, no files. Nothing in here becomes trusted but by
 * {@link Ledger.trust} or by a pin given to {@link Ledger.judge}.
 */
export class Ledger {
  /** In the order of first sight, which a clock that jumps cannot change. */
  readonly #entries = new Map<string, Entry>();

  constructor(entries: Iterable<Entry> = []) {
    for (const entry of entries) this.#entries.set(keyOf(entry), entry);
  }

  get entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** @returns the entry, whether it is as it was before, and the entries that made room for it */
  judge(
    peer: string,
    read: Omit<Read, 'pem'>,
    pinned: readonly string[],
    nowUs: number,
  ): { entry: Entry; same: boolean; dropped: Entry[] } {
    const before = this.#entries.get(keyOf({ peer, ...read }));
    const isPinned = pinned.some((pin) => plainFingerprint(pin) === read.fingerprint);
    if (before?.pinned === isPinned) return { entry: before, same: true, dropped: [] };
    const { fingerprint, subject, issuer, validFromUs, validToUs } = read;
    const entry: Entry = before
      ? { ...before, pinned: isPinned, sinceUs: nowUs }
      : {
          ...{ fingerprint, peer: oneLine(peer), subject, issuer, validFromUs, validToUs },
          ...{ decision: 'none', pinned: isPinned, firstSeenUs: nowUs, sinceUs: nowUs },
        };
    this.#entries.set(keyOf(entry), entry);
    return { entry, same: false, dropped: this.#makeRoom(entry.peer) };
  }

  /**
   * A rejection outweighs a pin: who rejects by command does so now and on purpose, and less trust is the safe side.
   * Changed is what waits beside a certificate that is trusted for the same peer.
   */
  stateOf(entry: Entry): Judgement {
    if (entry.decision === 'rejected') return 'rejected';
    if (isTrusted(entry)) return 'trusted';
    return this.trustedFor(entry.peer) ? 'changed' : 'waiting';
  }

  trustedFor(peer: string): Entry | undefined {
    for (const entry of this.#entries.values()) if (entry.peer === peer && isTrusted(entry)) return entry;
    return undefined;
  }

  /**
   * Trusts a certificate at every peer where it was met. One that was trusted for such a peer before is forgotten: met
   * again, it is a changed one.
   * @returns the entries as they are now, and the forgotten ones
   */
  trust(fingerprint: string, by: string, nowUs: number): { decided: Entry[]; dropped: Entry[] } {
    const decided = this.#decide(fingerprint, 'trusted', by, nowUs);
    const peers = new Set(decided.map(({ peer }) => peer));
    const dropped = [...this.#entries.values()].filter(
      (other) => other.fingerprint !== fingerprint && peers.has(other.peer) && other.decision === 'trusted',
    );
    for (const entry of dropped) this.#entries.delete(keyOf(entry));
    return { decided, dropped };
  }

  reject(fingerprint: string, by: string, nowUs: number): Entry[] {
    return this.#decide(fingerprint, 'rejected', by, nowUs);
  }

  /** An entry as it stands now; it may have been decided again, or forgotten, since it was read. */
  current(entry: Entry): Entry | undefined {
    return this.#entries.get(keyOf(entry));
  }

  /** Notes what was told of an entry. */
  told(entry: Entry): void {
    this.#entries.set(keyOf(entry), { ...entry, told: this.stateOf(entry) });
  }

  /** For what could not be kept: entries as they were. @param gone those that were not there */
  putBack(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.set(keyOf(entry), entry);
  }

  view(entry: Entry, nowUs: number): PeerCertificate {
    const { decision: _decision, told: _told, by, ...rest } = entry;
    const state = this.stateOf(entry);
    return {
      ...rest,
      state,
      ...(by !== undefined && { by }),
      warnings: warningsOf(entry, nowUs),
    };
  }

  #decide(fingerprint: string, decision: Entry['decision'], by: string, nowUs: number): Entry[] {
    const decided: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.fingerprint !== fingerprint || entry.decision === decision) continue;
      decided.push({ ...entry, decision, by, sinceUs: nowUs });
    }
    this.putBack(decided);
    return decided;
  }

  #makeRoom(peer: string): Entry[] {
    const waiting = [...this.#entries.values()].filter((one) => one.decision === 'none' && !one.pinned);
    const ofPeer = waiting.filter((one) => one.peer === peer);
    const dropped = new Set([
      ...ofPeer.slice(0, Math.max(0, ofPeer.length - WAITING_LIMIT_PER_PEER)),
      ...waiting.slice(0, Math.max(0, waiting.length - WAITING_LIMIT)),
    ]);
    for (const entry of dropped) this.#entries.delete(keyOf(entry));
    return [...dropped];
  }
}

const isTrusted = ({ decision, pinned }: Entry): boolean =>
  decision === 'trusted' || (pinned && decision !== 'rejected');

const keyOf = ({ peer, fingerprint }: Pick<Entry, 'peer' | 'fingerprint'>): string =>
  `${fingerprint} ${oneLine(peer)}`;
