import type { DetectorStatus } from '#contract/client.ts';
import { STATES } from '../../parts/detectors/words.ts';

type Shown = Pick<DetectorStatus, 'state' | 'fault' | 'whyRest' | 'waitsFor'>;

/** A full disc finds something, a hollow one nothing, a dashed one nothing yet; what cannot tell is a square on its tip. */
export function DetectorState({
  detector: { state, fault, whyRest, waitsFor },
}: {
  readonly detector: Shown;
}) {
  const [text, about] = STATES[state];
  return (
    <span className="detector-state" data-state={state} title={waitsFor ?? fault ?? whyRest ?? about}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {state === 'found' || state === 'watching' || state === 'warming-up' ? (
          <circle cx="8" cy="8" r="5.5" />
        ) : state === 'resting' ? (
          <path d="M5.5 3v10M10.5 3v10" />
        ) : (
          <path d="M8 1 15 8 8 15 1 8z" />
        )}
      </svg>
      {text}
    </span>
  );
}

/** Its figure in words: 1 is at the limit. */
export const ratioText = (ratio: number | null): string => (ratio === null ? '–' : ratio.toFixed(2));
