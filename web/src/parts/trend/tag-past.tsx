import { useMemo, useState } from 'react';
import { Problem } from '../../data/problem.ts';
import { useStatus } from '../../data/site.ts';
import { number } from '../format.ts';
import { Refusal } from '../refusal.tsx';
import { Chart } from './chart.tsx';
import { type Curve, type Kind, kindOf } from './curve.ts';
import { type Loaded, NOTHING_LOADED } from './loader.ts';
import type { Line } from './piece.ts';
import type { Pointed } from './plot.ts';
import { readingAt } from './reading.ts';
import type { When } from './span.ts';
import { Zone } from './zone.ts';

/** What is known of a tag that says how it is drawn. */
export type Drawn = Kind & { readonly path: string };

/**
 * The past of one tag in a page about something else: moved and zoomed as Trends are, but for the wheel, which stays with the
 * page unless Ctrl is held.
 * @param name what its line is called
 */
export function TagPast({
  tag: { path, type, unit, states },
  name,
  height,
  when,
  onWhen,
}: {
  readonly tag: Drawn;
  readonly name: string;
  readonly height: number;
  readonly when: When;
  readonly onWhen: (when: When) => void;
}) {
  const { data: status } = useStatus();
  const zone = useMemo(() => new Zone(status?.timeZone), [status?.timeZone]);
  const [{ lines, isAsking, error }, setLoaded] = useState<Loaded>(NOTHING_LOADED);
  const [pointed, setPointed] = useState<Pointed>();
  const origins = useMemo(() => [{ key: path, tag: path }], [path]);
  const curve = useMemo(
    (): Curve => ({ ...kindOf({ type, unit, states }), key: path, name, axis: 0, trace: 0, isHidden: false }),
    [path, name, type, unit, states],
  );
  const curves = useMemo(() => [curve], [curve]);
  const line = lines.get(path);
  if (error instanceof Problem && error.code === 'history.off')
    return <p className="quiet">This site keeps no past.</p>;
  return (
    <figure className="trend">
      <div className="trend-plot" data-asking={isAsking || undefined}>
        <Chart
          origins={origins}
          curves={curves}
          when={when}
          onWhen={onWhen}
          zone={zone}
          height={height}
          label={inWords(curve, line)}
          isInPage
          onLoaded={setLoaded}
          onPoint={setPointed}
        />
      </div>
      <figcaption className="trend-legend">
        <span>
          <span className="trend-key" /> {name}{' '}
          <strong className="number">{valueIn(curve, line, pointed?.time)}</strong>
        </span>
        {pointed && <span className="quiet">{zone.text(pointed.time)}</span>}
        {line && line.holes.length > 0 && (
          <span className="quiet">
            <span className="trend-key" data-hole /> nothing known
          </span>
        )}
        {line && line.doubts.length > 0 && (
          <span className="quiet">
            <span className="trend-key" data-doubt /> uncertain
          </span>
        )}
      </figcaption>
      {error && <Refusal error={error} />}
    </figure>
  );
}

/** Under the pointer; the newest one where nobody points. */
function valueIn(curve: Curve, line: Line | undefined, time = line?.times.at(-1)): string {
  const value = line && time !== undefined ? readingAt(line, time).value : undefined;
  return value === undefined ? '–' : textOf(curve, value);
}

const textOf = ({ states, unit }: Curve, value: number): string =>
  states?.[value] ?? `${number(value)}${unit === '' ? '' : ` ${unit}`}`;

/** For who does not see the picture. */
function inWords(curve: Curve, line: Line | undefined): string {
  const { name } = curve;
  let [least, most, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const value of line?.values ?? []) {
    if (value === null) continue;
    [least, most, last] = [Math.min(least, value), Math.max(most, value), value];
  }
  if (!line || least > most) return `${name}: nothing known`;
  const missing = line.holes.length === 0 ? '' : `, ${line.holes.length} stretches without values`;
  return `${name}: from ${textOf(curve, least)} to ${textOf(curve, most)}, last ${textOf(curve, last)}${missing}`;
}
