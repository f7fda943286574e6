import { useCallback } from 'react';
import type { DetectorStatus, EventView } from '#contract/client.ts';
import { api } from './api.ts';
import { useEvents } from './live.ts';
import { askAgain, type Polled, usePolled } from './poll.ts';
import { ALERTS } from './site.ts';

/** Key of all questions about detectors. */
export const DETECTORS = 'detectors';
const EVERY_MS = 5000;

const concerns = ({ kind, name }: EventView): boolean =>
  kind === 'alert' || kind === 'config' || name.startsWith('detector.');

/** All detectors; asked anew as soon as an event tells of one. */
export function useDetectors(): Polled<readonly DetectorStatus[]> {
  useEvents(
    useCallback((events: readonly EventView[]) => {
      if (events.some(concerns)) askAgain(DETECTORS);
    }, []),
  );
  return usePolled(DETECTORS, (signal) => api.detectors({}, signal), EVERY_MS);
}

/** Says of a finding what people know of it; lists and figures tell it at once. */
export async function judge(given: Parameters<typeof api.judgeAlert>[0]): Promise<void> {
  await api.judgeAlert(given);
  askAgain(ALERTS);
  askAgain(DETECTORS);
}
