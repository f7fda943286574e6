import { FromTo } from '../../parts/trend/from-to.tsx';
import { isLive, type Span, type When, zoomed } from '../../parts/trend/span.ts';
import type { Zone } from '../../parts/trend/zone.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

const LENGTHS: readonly (readonly [string, number])[] = [
  ['15 min', 15 * MINUTE_S],
  ['1 h', HOUR_S],
  ['8 h', 8 * HOUR_S],
  ['24 h', DAY_S],
  ['7 d', 7 * DAY_S],
  ['30 d', 30 * DAY_S],
];

const EARLIER: readonly (readonly [string, number])[] = [
  ['a day before', DAY_S],
  ['a week before', 7 * DAY_S],
  ['4 weeks before', 28 * DAY_S],
];

/** What of the past is shown: up to now, or a stretch that stands still. */
export function Toolbar({
  when,
  span,
  zone,
  earlierS,
  onWhen,
  onEarlier,
}: {
  readonly when: When;
  readonly span: Span;
  readonly zone: Zone;
  readonly earlierS: number | undefined;
  readonly onWhen: (when: When) => void;
  readonly onEarlier: (earlierS: number | undefined) => void;
}) {
  const live = isLive(when);
  const lengthS = span.to - span.from;
  const middle = (span.from + span.to) / 2;
  const zoom = (factor: number) => onWhen(live ? { lastS: lengthS * factor } : zoomed(span, middle, factor));
  return (
    <div className="trends-bar">
      <button
        type="button"
        className="tool live"
        aria-pressed={live}
        title={live ? 'It goes on by itself' : 'Go back to now'}
        onClick={() => onWhen({ lastS: lengthS })}
      >
        <span className="live-dot" aria-hidden="true" />
        {live ? 'Live' : 'Go live'}
      </button>
      <fieldset className="range">
        <legend className="unseen">Length</legend>
        {LENGTHS.map(([text, lastS]) => (
          <button
            key={text}
            type="button"
            aria-pressed={live && Math.abs(when.lastS - lastS) < 0.5}
            onClick={() => onWhen({ lastS })}
          >
            {text}
          </button>
        ))}
      </fieldset>
      <FromTo span={span} zone={zone} live={live} onWhen={onWhen} />
      <fieldset className="range">
        <legend className="unseen">Zoom</legend>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(2)}>
          −
        </button>
      </fieldset>
      <select
        className="trends-earlier"
        aria-label="Compare with an earlier time"
        value={earlierS ?? ''}
        onChange={({ target: { value } }) => onEarlier(value === '' ? undefined : Number(value))}
      >
        <option value="">no comparison</option>
        {EARLIER.map(([text, seconds]) => (
          <option key={text} value={seconds}>
            with {text}
          </option>
        ))}
      </select>
    </div>
  );
}
