import { moment } from './format.ts';
import { isLive, type When } from './trend/span.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

const LENGTHS: readonly (readonly [string, number])[] = [
  ['5 min', 5 * MINUTE_S],
  ['1 h', HOUR_S],
  ['8 h', 8 * HOUR_S],
  ['24 h', DAY_S],
  ['7 d', 7 * DAY_S],
  ['30 d', 30 * DAY_S],
];

/** How far back is shown; a stretch that was chosen in the picture stands still until one goes back to now. */
export function RangePicker({
  when,
  onWhen,
}: {
  readonly when: When;
  readonly onWhen: (when: When) => void;
}) {
  return (
    <fieldset className="range">
      <legend className="unseen">Range</legend>
      {!isLive(when) && (
        <span className="quiet">
          {moment(when.from * 1000, when.to * 1000)} – {moment(when.to * 1000, when.to * 1000)}
        </span>
      )}
      {LENGTHS.map(([text, lastS]) => (
        <button
          key={text}
          type="button"
          aria-pressed={isLive(when) && when.lastS === lastS}
          onClick={() => onWhen({ lastS })}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
