import type { RefObject } from 'react';
import type { StageHandle } from './stage.tsx';

const STEP = 1.5;

/** How a picture is looked at, for those who do not know its keys and gestures. */
export function Tools({
  stage,
  frame,
}: {
  readonly stage: RefObject<StageHandle | null>;
  readonly frame: RefObject<HTMLElement | null>;
}) {
  const whole = () =>
    void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return (
    <fieldset className="range picture-tools">
      <legend className="unseen">View</legend>
      <button type="button" aria-label="Smaller" onClick={() => stage.current?.zoom(1 / STEP)}>
        −
      </button>
      <button type="button" aria-label="Larger" onClick={() => stage.current?.zoom(STEP)}>
        +
      </button>
      <button type="button" onClick={() => stage.current?.fit()}>
        Fit
      </button>
      <button type="button" onClick={whole}>
        Full screen
      </button>
    </fieldset>
  );
}
