import type { SiteEvent } from '#kernel/event.ts';

/** What a plugin is told of a certificate; the shape that `PeerTrust` of the plugin contract asks for. */
export type Judgement = 'trusted' | 'waiting' | 'changed' | 'rejected';

export interface IdentityRequest {
  /** Names the files: `opcua`. */
  readonly protocol: string;
  readonly commonName: string;
  /** In the subject alternative name (OPC UA Part 6, 6.2.2). */
  readonly uri?: string;
}

export interface Identity {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** The URI in the certificate, by which the application calls itself; the one of the first request, for good. */
  readonly uri?: string;
}

/** A certificate as it was met at one peer. Times are µs since 1970 on the wall clock. */
export interface PeerCertificate {
  /** SHA-256 of the DER, 64 hex digits. */
  readonly fingerprint: string;
  /** Where it was met, such as `opc.tcp://10.0.0.7:4840`. */
  readonly peer: string;
  readonly state: Judgement;
  /** Trusted because the site file names its fingerprint, not by command. */
  readonly pinned: boolean;
  readonly subject: string;
  readonly issuer: string;
  readonly validFromUs: number;
  readonly validToUs: number;
  readonly firstSeenUs: number;
  /** Of the state. */
  readonly sinceUs: number;
  /** Who trusted or rejected it. */
  readonly by?: string;
  /** What to look at before trusting it; never a reason to refuse by itself. */
  readonly warnings: readonly string[];
}

export interface TrustPorts {
  /** Wall clock, µs since 1970. */
  nowUs(): number;
  /** Security events; absent where no site runs: then decisions are told at its next start. */
  onEvent?(event: SiteEvent): void;
  /**
   * Whether this process may write now; absent: always. A second one beside a running site only looks: the site has
   * the list in its memory, and meets the same certificates itself.
   */
  mayKeep?(): boolean;
  /** What could not be kept on the disk; the judgements go on from memory. */
  onFault?(error: unknown): void;
}
