/** What a process of simulated sites is started with. */
export interface CrowdConfig {
  readonly hub: string;
  readonly pin: string;
  /** JSON file of {@link Identity}s. */
  readonly identities: string;
  /** Which of them are here. */
  readonly from: number;
  readonly to: number;
  readonly tags: number;
  /** Of each site. */
  readonly samplesPerS: number;
  /** Seconds of samples that wait when the site connects. */
  readonly backlogS: number;
}

export interface Identity {
  readonly site: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM; all sites of a bench have one key. */
  readonly key: string;
}

/** `go` makes samples arrive; `report` asks for a {@link CrowdReport}; `end` closes all connections. */
export type ToCrowd = 'go' | 'report' | 'end';

/** Since the last one. */
export interface CrowdReport {
  readonly connected: number;
  /** Connections that ended without being told to. */
  readonly lost: number;
  /** Confirmed. */
  readonly samples: number;
  /** Not confirmed yet. */
  readonly waiting: number;
  /** From leaving the site to its confirmation, ms, sorted. */
  readonly historyMs: readonly number[];
  readonly liveMs: readonly number[];
}

export type FromCrowd =
  | { readonly kind: 'connected' }
  | { readonly kind: 'report'; readonly report: CrowdReport };
