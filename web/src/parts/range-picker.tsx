import { moment } from './format.ts';
import type { Range } from './use-trend.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const LENGTHS: readonly (readonly [string, number])[] = [
  ['5 min', 5 * MINUTE_MS],
  ['1 h', HOUR_MS],
  ['8 h', 8 * HOUR_MS],
  ['1 d', DAY_MS],
  ['7 d', 7 * DAY_MS],
  ['30 d', 30 * DAY_MS],
];

/** How far back is shown; a stretch that was chosen in the picture stands still until one goes back to now. */
export function RangePicker({
  range,
  onRange,
}: {
  readonly range: Range;
  readonly onRange: (range: Range) => void;
}) {
  return (
    <fieldset className="range">
      <legend className="unseen">Range</legend>
      {'from' in range && (
        <span className="quiet">
          {moment(range.from * 1000, range.to * 1000)} – {moment(range.to * 1000, range.to * 1000)}
        </span>
      )}
      {LENGTHS.map(([text, lastMs]) => (
        <button
          key={text}
          type="button"
          aria-pressed={'lastMs' in range && range.lastMs === lastMs}
          onClick={() => onRange({ lastMs })}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
