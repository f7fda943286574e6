import type { FilledJournal, KeptPast } from './space.ts';

/** A certificate whose end concerns the site. Times are wall clock, µs since 1970. */
export interface CertificateFact {
  /** Whose, for people: `API`, `opcua`, the address of a peer, a file. */
  readonly subject: string;
  /**
   * `given`: somebody must renew it. `authority`: the site's own, which renews what it issues. `own`: of the site as a
   * client, trusted by hand at machines. `peer`: of a machine, trusted by hand here; its dates only warn.
   */
  readonly kind: 'given' | 'authority' | 'own' | 'peer';
  readonly validToUs?: number;
  /** Why its end is not known. */
  readonly unreadable?: string;
}

export interface TokenFact {
  readonly name: string;
  readonly leftMs: number;
}

/** What keeps the wall clock right, as far as it can be read. */
export interface TimeSync {
  readonly state: 'synchronised' | 'unsynchronised' | 'unknown';
  /** Who says so, and what. */
  readonly why: string;
  /** When it was synchronised last, wall clock. */
  readonly lastUs?: number;
  /** By how much the clock would be wrong without corrections, where the time service measured it. */
  readonly driftPpm?: number;
}

export interface ClockFact {
  readonly sync: TimeSync;
  /** Of the data sheet. */
  readonly statedPpm?: number;
  /** How far it may be behind before times of devices are replaced, `settings.clock.maxAheadMs`. */
  readonly toleranceMs: number;
  /** The last step of the wall clock that this run saw: how long ago, and by how much. */
  readonly corrected?: { readonly agoUs: number; readonly byMs: number };
}

/** Where the data folder lies. */
export interface DiskFact {
  /** Undefined where it cannot be read. */
  readonly freeBytes: number | undefined;
  /** By how much everybody else fills the file system a day; negative where they free it. */
  readonly othersPerDay?: number;
}

export interface FlashFact {
  /** Of the data sheet. */
  readonly enduranceBytes?: number;
  /** Used up, 0 to 1, at most: eMMC tells it in steps of a tenth. */
  readonly usedShare?: number;
  /** What the device says of itself, or why it says nothing. */
  readonly device: string;
  /** Written a day by the whole process. */
  readonly writtenPerDay?: number;
  /** Written by this site since it was first started, as far as that was counted. */
  readonly writtenBytes: number;
}

/** Everything that the budget is calculated from: gathered once, and nothing is asked afterwards. */
export interface Facts {
  /** Wall clock, µs since 1970. */
  readonly nowUs: number;
  readonly leastDays: number;
  readonly certificates: readonly CertificateFact[];
  /** API tokens that have an end; why nobody knows of them where the accounts cannot be read. */
  readonly tokens: readonly TokenFact[] | string;
  readonly journal: FilledJournal;
  /** Absent while it is switched off. */
  readonly historian?: KeptPast;
  readonly disk: DiskFact;
  readonly clock: ClockFact;
  readonly flash: FlashFact;
  /** Entries of the journal so far, and a day. */
  readonly sequence: { readonly seq: number; readonly perDay?: number };
}
