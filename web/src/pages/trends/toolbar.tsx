import { useEffect, useState } from 'react';
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

/** The ends of what is seen, by the clocks of the site. */
function FromTo({
  span,
  zone,
  live,
  onWhen,
}: {
  readonly span: Span;
  readonly zone: Zone;
  readonly live: boolean;
  readonly onWhen: (when: When) => void;
}) {
  const [typed, setTyped] = useState<{ readonly from?: string; readonly to?: string }>({});
  const shown = { from: zone.field(span.from), to: zone.field(span.to) };
  // What was typed holds until the picture has taken it, or has gone elsewhere.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another span is another start
  useEffect(() => {
    if (!live) setTyped({});
  }, [span.from, span.to, live]);
  const from = typed.from ?? shown.from;
  const to = typed.to ?? shown.to;
  const next = { from: zone.timeOf(from), to: zone.timeOf(to) };
  const isFit = next.to > next.from;
  const isChanged = typed.from !== undefined || typed.to !== undefined;
  const field = (name: 'from' | 'to', label: string, value: string) => (
    <label>
      <span className="unseen">{label}</span>
      <input
        type="datetime-local"
        step={1}
        className="ix-form-control"
        aria-invalid={!isFit}
        value={value}
        onChange={(event) => setTyped((known) => ({ ...known, [name]: event.target.value }))}
      />
    </label>
  );
  return (
    <form
      className="trends-ends"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isFit) return;
        setTyped({});
        onWhen(next);
      }}
    >
      {field('from', 'From', from)}
      <span aria-hidden="true">–</span>
      {field('to', 'To', to)}
      <span className="quiet" title="Time zone of the site">
        {zone.name}
      </span>
      {isChanged && (
        <button
          type="submit"
          className="tool"
          disabled={!isFit}
          title={isFit ? '' : 'The end lies before the start'}
        >
          Show
        </button>
      )}
    </form>
  );
}
