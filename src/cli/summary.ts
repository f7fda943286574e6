import type { SiteStatus } from '#contract/api.ts';

/** What `holdfast demo --json` says at its end. */
export interface DemoSummary {
  readonly sources: { readonly [id: string]: { readonly kind: string; readonly samples: number } };
  readonly decisions: number;
  readonly decisionP99Ms: number;
  /** Writes that left for a machine, however they ended. */
  readonly writes: number;
  readonly journaled: number;
  readonly gaps: number;
}

export function demoSummary(status: SiteStatus): DemoSummary {
  const { confirmed, sent, failed, unknown } = status.writes;
  return {
    sources: Object.fromEntries(
      Object.entries(status.sources).map(([id, { kind, samples }]) => [id, { kind, samples }]),
    ),
    decisions: status.decisions.count,
    decisionP99Ms: Math.round(status.decisions.p99Ms * 1e4) / 1e4,
    writes: confirmed + sent + failed + unknown,
    journaled: status.journal.durableRows,
    gaps: status.journal.gaps,
  };
}
