import { useMemo } from 'react';
import type { DetectorStatus, EndedAlert } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { ALERTS, useAlerts } from '../../data/site.ts';

const MOST = 100;
const EVERY_MS = 30_000;

/** What a detector found once; without an end while it stands. */
export type Finding = Pick<EndedAlert, 'text' | 'sinceUs' | 'verdict'> & {
  readonly endedUs?: number;
  readonly lastedMs?: number;
};

/** Findings of a detector, the newest first. */
export function useFindings({ id }: Pick<DetectorStatus, 'id'>): {
  readonly findings: readonly Finding[];
  readonly isKnown: boolean;
  readonly error: Error | undefined;
} {
  const { data: standing } = useAlerts();
  const { data: ended, error } = usePolled(
    `${ALERTS} ended of ${id}`,
    async (signal) => (await api.endedAlerts({ prefix: id, limit: MOST }, signal)).items,
    EVERY_MS,
  );
  const findings = useMemo(
    () =>
      [...(standing ?? []), ...(ended ?? [])]
        .filter(({ rule }) => rule === id) // others may begin as it does
        .toSorted((a, b) => b.sinceUs - a.sinceUs),
    [standing, ended, id],
  );
  return { findings, isKnown: ended !== undefined, error };
}
